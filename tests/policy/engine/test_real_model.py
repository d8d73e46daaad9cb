"""A decision over models that real Spark saved, where records fail: a table says what its rows say."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import policy
import scorer
from policy.engine.scorer import NO_SCORE

GOLDEN = Path(policy.__file__).parent.parent / "tests" / "golden" / "spark"
TEXTS = "text_pipeline-4.3"


def decide_by(folder, model, output, column, type_="double"):
    file = folder / "policy.yaml"
    file.write_text(
        f"decision: test\ninputs: {{value: {{type: {type_}, optional: true}}}}\n"
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


@pytest.mark.parametrize(
    ("model", "type_"), [("string_indexer_int-4.3", "int"), ("string_indexer_double-4.3", "double")]
)
def test_a_number_may_be_a_label(tmp_path, model, type_):
    """Spark indexes the text of a number, so a fact that is one fits a label indexer, in a row and in a table."""
    loaded = scorer.load(str(GOLDEN / model / "model"))
    decision = decide_by(tmp_path, model, loaded.outputs.names[0], loaded.inputs.names[0], type_)
    said = pq.read_table(GOLDEN / model / "expected.parquet")[loaded.outputs.names[0]].to_pylist()
    given = pq.read_table(GOLDEN / model / "input.parquet")[loaded.inputs.names[0]].to_pylist()
    pairs = [(x, i) for x, i in zip(given, said, strict=True) if x is not None and abs(x) < 2**53]
    known = [value for value, _ in pairs]
    table = decision.batch(pa.table({"value": known}))
    scores = [decision.row({"value": value}).score for value in known]
    assert table["score"].to_pylist() == scores
    assert scores == [index if index in (0.0, 1.0) else None for _, index in pairs]
    assert {0.0, 1.0} & set(scores)


def test_a_number_is_no_text(tmp_path):
    """A number that a tokenizer would read is refused at load: every record would fail."""
    loaded = scorer.load(str(GOLDEN / TEXTS / "model"))
    with pytest.raises(policy.LoadError, match="E303"):
        decide_by(tmp_path, TEXTS, "prediction", loaded.inputs.names[0], "int")
