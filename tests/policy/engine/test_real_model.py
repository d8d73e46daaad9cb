"""A decision over models that real Spark saved, where records fail: a table says what its rows say."""

from __future__ import annotations

import json
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
        f'score: {{model: {GOLDEN / model / "model"}, output: "{output}", inputs: {{{column}: value}}}}\n'
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


def saved(folder, name, table=None, **params):
    """Write a stage as Spark 3.5 saves it."""
    (folder / "metadata").mkdir(parents=True)
    meta = {"class": f"org.apache.spark.ml.{name}", "uid": folder.name, "sparkVersion": "3.5.0"}
    (folder / "metadata" / "part-00000").write_text(json.dumps(meta | {"paramMap": params}))
    if table is not None:
        (folder / "data").mkdir()
        pq.write_table(table, folder / "data" / "part-00000.parquet")


@pytest.mark.parametrize(("type_", "score"), [("int", 0.0), ("double", 1.0)])
def test_a_whole_number_is_indexed_as_one_whoever_reads_it_too(tmp_path, type_, score):
    """An int is the text `1` for an indexer, and a double `1.0`, though another stage reads the number."""
    labels = pa.table({"labelsArray": pa.array([[["1", "1.0"]]])})
    saved(tmp_path / "model", "PipelineModel", stageUids=["a", "b", "c"])
    stages = tmp_path / "model" / "stages"
    saved(stages / "0_a", "feature.StringIndexerModel", labels, inputCol="x", outputCol="i")
    saved(stages / "1_b", "feature.Binarizer", inputCol="x", outputCol="y", threshold=0.5)
    saved(stages / "2_c", "feature.VectorAssembler", inputCols=["i", "y", "x"], outputCol="v")
    model = scorer.load(tmp_path / "model")
    value = 1 if type_ == "int" else 1.0
    assert model.row({"x": value})["v"] == [score, 1.0, 1.0]
    for output, expected in (("i", score), ("v[0]", score), ("v[2]", 1.0)):
        decision = decide_by(tmp_path, tmp_path, output, "x", type_)
        assert decision.row({"value": value}).score == expected
        assert decision.batch(pa.table({"value": [value] * 3}))["score"].to_pylist() == [expected] * 3
    with pytest.raises(policy.LoadError, match="E303"):
        decide_by(tmp_path, tmp_path, "i", "x", "bool")


@pytest.mark.parametrize(
    ("type_", "values"),
    [("string", ["a", "", None]), ("int", [1, 0, None]), ("double", [0.25, 1.0]), ("bool", [True, False])],
)
def test_a_feature_hasher_takes_facts_of_every_type(tmp_path, type_, values):
    """Texts and booleans are hashed with their names and numbers added, in a row and a table, as the model says."""
    saved(tmp_path / "model", "feature.FeatureHasher", inputCols=["x"], outputCol="h", numFeatures=2)
    model, slots = scorer.load(tmp_path / "model"), set()
    for slot in (0, 1):
        decision = decide_by(tmp_path, tmp_path, f"h[{slot}]", "x", type_)
        scores = [model.row({"x": value})["h"][slot] for value in values]
        assert [decision.row({"value": value}).score for value in values] == scores
        assert decision.batch(pa.table({"value": values}))["score"].to_pylist() == scores
        slots |= set(scores)
    assert len(slots) > 1


def test_a_number_is_no_text(tmp_path):
    """A number that a tokenizer would read is refused at load: every record would fail."""
    loaded = scorer.load(str(GOLDEN / TEXTS / "model"))
    with pytest.raises(policy.LoadError, match="E303"):
        decide_by(tmp_path, TEXTS, "prediction", loaded.inputs.names[0], "int")
