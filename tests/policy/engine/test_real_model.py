"""A decision over models that real Spark saved, where records fail: a table says what its rows say."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

import policy
import scorer
from policy.engine.scorer import NO_SCORE

GOLDEN = Path(policy.__file__).parent.parent / "tests" / "golden" / "spark"


def decide_by(folder, model, output, column):
    file = folder / "policy.yaml"
    file.write_text(
        f"decision: test\ninputs: {{value: {{type: double, optional: true}}}}\n"
        f"score: {{model: {GOLDEN / model / 'model'}, output: {output}, inputs: {{{column}: value}}}}\n"
        "actions: {allow: , block: }\nbands: {allow: 0, block: 0.5}\non_error: {score: block}\n"
    )
    return policy.load(file)


@pytest.mark.parametrize("model", ["bucketizer_error-3.5", "bucketizer_skip-3.5", "bucketizer_keep-3.5"])
def test_a_row_and_a_table_fail_in_the_same_words(tmp_path, model):
    """Records on which Spark raises, which it drops, or whose number is no probability, answer alike."""
    loaded = scorer.load(str(GOLDEN / model / "model"))
    decision = decide_by(tmp_path, model, loaded.outputs.names[0], loaded.inputs.names[0])
    values = [0.5, -1e9, 1e9, None, 3.0, 0.0]
    table = decision.batch(pa.table({"value": pa.array(values, pa.float64())}))
    rows = [decision.row({"value": value}) for value in values]
    assert table["action"].to_pylist() == [one.action for one in rows]
    assert table["score"].to_pylist() == [one.score for one in rows]
    said = [one.degraded[0]["cause"] if one.degraded else None for one in rows]
    assert table["degraded"].to_pylist() == [None if text is None else f"/score: {text}" for text in said]
    if "skip" in model:
        assert NO_SCORE in said
    if "error" in model:
        assert any(text and "Bucketizer" in text for text in said)
