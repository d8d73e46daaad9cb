"""Models that others saved with Spark 2.1 to 4.0 give the outputs that were published with them."""

from __future__ import annotations

import csv
import json
import os
import warnings
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import scorer

CASES = (
    Path(os.environ.get("SCOREGATE_CASES", Path(__file__).parents[3] / "shared" / "cases")) / "spark-saves"
)
MODELS = (
    "DecisionTree",
    "FPGrowth",
    "GBT",
    "GLM",
    "IsotonicRegressionDecr",
    "IsotonicRegressionIncr",
    "KMeans",
    "LinearRegression",
    "LinearSVC",
    "LogisticRegression",
    "ModelChain",
    "NaiveBayes",
    "NeuralNetwork",
    "RandomForest",
)
TYPES = {
    "integer": pa.int32(),
    "long": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
}
NULLS = ("", "N/A", "NA")

pytestmark = pytest.mark.cases


def pipelines() -> list[Path]:
    return sorted(CASES.glob("spark-*/pipeline/*"))


def name_of(path: Path) -> str:
    return f"{path.parents[1].name}-{path.name}"


def data_of(path: Path) -> str:
    """Return the name of the data set: what follows the model's name."""
    return next(path.name.removeprefix(m) for m in MODELS if path.name.startswith(m))


@pytest.fixture(params=pipelines() or [None], ids=lambda p: name_of(p) if p else "none")
def pipeline(request, missing_classes):
    """Give one pipeline; skip it, by name, if its classes are not supported yet."""
    if request.param is None:
        pytest.skip(f"no cases by others: {CASES} is absent (set SCOREGATE_CASES)")
    if missing := missing_classes(request.param):
        pytest.skip(f"not yet supported: {', '.join(missing)}")
    return request.param


def value(text: str, kind: str) -> Any:
    if text in NULLS:
        return None
    if kind == "boolean":
        return {"0": False, "1": True, "FALSE": False, "TRUE": True}[text.upper()]
    return {"integer": int, "long": int, "double": float, "string": str}[kind](text)


def table(home: Path, data: str) -> pa.Table:
    """Read a data set with the types that its schema gives."""
    if data.endswith("Vec"):
        return vectors(home / "libsvm" / f"{data.removesuffix('Vec')}.libsvm")
    kinds = {
        f["name"]: f["type"] for f in json.loads((home / "schema" / f"{data}.json").read_text())["fields"]
    }
    with (home / "csv" / f"{data}.csv").open(newline="", encoding="utf-8") as lines:
        rows = [{n: value(t, kinds[n]) for n, t in row.items()} for row in csv.DictReader(lines)]
    return pa.Table.from_pylist(rows, pa.schema([(n, TYPES[k]) for n, k in kinds.items()]))


def vectors(path: Path) -> pa.Table:
    """Read labels and vectors in the format of libsvm."""
    rows = []
    for line in path.read_text().splitlines():
        label, *pairs = line.split()
        rows.append((float(label), {int(i) - 1: float(x) for i, x in (pair.split(":") for pair in pairs)}))
    size = 1 + max(i for _, slots in rows for i in slots)
    features = [[slots.get(i, 0.0) for i in range(size)] for _, slots in rows]
    return pa.table(
        {"label": [label for label, _ in rows], "features": pa.array(features, pa.list_(pa.float64()))}
    )


def published(path: Path) -> list[dict[str, str]]:
    with (path.parents[1] / "csv" / f"{path.name}.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def column(model: scorer.Model, *, vector: bool) -> str | None:
    """Return the last prediction of the pipeline, or its last vector of probabilities."""
    found = [
        f.name for f in model.outputs if f.name in model._plan.main and pa.types.is_list(f.type) == vector
    ]
    return next((n for n in reversed(found) if not vector or "robability" in n), None)


def answers(model: scorer.Model, rows: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    """Say a model's answers in the words of the published files: labels, and `probability(label)`."""
    prediction, probability = column(model, vector=False), column(model, vector=True)
    labels, classifies = model.labels(), any(name.startswith("probability(") for name in names)

    def said(row: dict[str, Any], name: str) -> Any:
        if name.startswith("probability("):
            label = name[len("probability(") : -1]
            given = row[probability] if probability else (1.0 - row[prediction], row[prediction])
            return given[labels.index(label) if labels and label in labels else int(label)]
        number = row[prediction] if probability or not classifies else float(row[prediction] > 0.5)
        return labels[int(number)] if labels is not None and (probability or classifies) else number

    return [{name: said(row, name) for name in names} for row in rows]


def alike(text: str, answer: Any) -> bool:
    """Compare a published text with an answer: numbers within 1e-11 of the larger, or of 1e-9 near nothing."""
    if isinstance(answer, str):
        return text == answer
    number = float(text)
    return number == answer or abs(number - answer) <= 1e-11 * max(abs(number), abs(answer), 1e-2)


def test_published_outputs_are_given(pipeline, compare):
    """Every row of a published output is given by the model, in a batch and row by row."""
    home, data = pipeline.parents[1], data_of(pipeline)
    if not (home / "csv" / f"{pipeline.name}.csv").exists():
        pytest.skip("no outputs were published with it")
    given, expected = table(home, data), published(pipeline)
    model = scorer.load(pipeline, schema=given.schema)
    batch = model.batch(given)
    assert batch.num_rows == len(expected)
    names = list(expected[0])
    wanted = [n for n in batch.column_names if n not in given.column_names]
    for number, (row, said) in enumerate(
        zip(answers(model, batch.select(wanted).to_pylist(), names), expected, strict=True)
    ):
        assert {n: row[n] for n in names if not alike(said[n], row[n])} == {}, (number, said)
    step = max(1, given.num_rows // 200)
    some = [model.row(facts) for facts in given.to_pylist()[::step]]
    kept = batch.select(list(model.outputs.names)).to_pylist()[::step]
    assert (
        compare(
            [[r[n] for n in model.outputs.names] for r in kept],
            [[r[n] for n in model.outputs.names] for r in some],
            1e-12,
            1.0,
        )
        == []
    )


def test_pipelines_that_wait_for_a_class_are_listed(missing_classes):
    """Each pipeline runs or waits for a class that is named; custom classes of others are refused by name."""
    if not pipelines():
        pytest.skip(f"no cases by others: {CASES} is absent (set SCOREGATE_CASES)")
    waiting = {name_of(p): missing_classes(p) for p in pipelines() if missing_classes(p)}
    if waiting:
        names = sorted({c.rpartition(".")[2] for found in waiting.values() for c in found})
        warnings.warn(
            f"{len(waiting)} of {len(pipelines())} pipelines wait for {', '.join(names)}", stacklevel=1
        )
    for path in pipelines():
        custom = [c for c in missing_classes(path) if not c.startswith("org.apache.spark.")]
        if missing_classes(path):
            with pytest.raises(scorer.ScorerError) as caught:
                scorer.load(path)
            assert any(c in str(caught.value) for c in missing_classes(path)), (path, custom)


@pytest.mark.parametrize(
    "path", sorted(CASES.glob("spark-own-tests/*")) or [None], ids=lambda p: p.name if p else "none"
)
def test_models_of_sparks_own_tests_load(path, missing_classes):
    """The old saves that Spark's own tests load are loaded, and answer."""
    if path is None:
        pytest.skip(f"no cases by others: {CASES} is absent (set SCOREGATE_CASES)")
    if missing := missing_classes(path):
        pytest.skip(f"not yet supported: {', '.join(missing)}")
    model = scorer.load(path)
    (name,) = model.inputs.names
    vector = pa.types.is_list(model.inputs.field(name).type)
    texts = vector and pa.types.is_string(model.inputs.field(name).type.value_type)
    facts = {name: ["a", "b", "a"] if texts else [0.0] * 692 if vector else "a"}
    row = model.row(facts)
    assert row is not None
    assert all(value is not None for value in row.values())
    again = model.batch(pa.table({name: pa.array([facts[name]], model.inputs.field(name).type)})).to_pylist()[
        0
    ]
    assert {n: again[n] for n in row} == row
