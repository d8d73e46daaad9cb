"""A save in the layout of an older Spark answers as the same model does in the layout of today."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scorer
from scorer.vectors import dense, vector_of

DOUBLES = pa.list_(pa.float64())
VECTOR = pa.struct(
    [
        ("type", pa.int8()),
        ("size", pa.int32()),
        ("indices", pa.list_(pa.int32())),
        ("values", DOUBLES),
    ]
)


def part(folder: Path) -> Path:
    return next(p for p in sorted(folder.iterdir()) if p.name.startswith("part-"))


def stored(numbers) -> dict[str, Any]:
    """Give a dense vector as Spark stores it."""
    return {"type": 1, "size": None, "indices": None, "values": [float(x) for x in numbers]}


def plain(vector) -> list[float]:
    return dense(vector_of(vector))


def rewritten(folder: Path, change, *fields: tuple[str, pa.DataType]) -> None:
    """Replace a data folder's one row by what `change` makes of it."""
    path = part(folder)
    row = change(pq.read_table(path).to_pylist()[0])
    pq.write_table(
        pa.Table.from_pylist(row if isinstance(row, list) else [row], pa.schema(list(fields))), path
    )


def metadata(folder: Path, **changes: Any) -> None:
    """Write the metadata as Spark did before 2.4: one file of this name, defaults among the parameters."""
    path = part(folder / "metadata")
    meta = json.loads(path.read_text("utf-8"))
    meta["paramMap"] = meta.pop("defaultParamMap", {}) | meta["paramMap"] | changes.pop("params", {})
    for name in changes.pop("without", ()):
        meta["paramMap"].pop(name, None)
    path.unlink()
    path.with_name("part-00000").write_text(json.dumps(meta | changes) + "\n", "utf-8")


def logistic_2_0(model: Path) -> None:
    """Spark 2.0 kept a vector of coefficients and one intercept."""

    def change(row):
        return {
            "numClasses": 2,
            "numFeatures": row["numFeatures"],
            "intercept": plain(row["interceptVector"])[0],
            "coefficients": stored(row["coefficientMatrix"]["values"]),
        }

    sizes = [("numClasses", pa.int32()), ("numFeatures", pa.int32())]
    rewritten(model / "data", change, *sizes, ("intercept", pa.float64()), ("coefficients", VECTOR))


def labels_2(model: Path) -> None:
    """Before Spark 3.0 an indexer had one column."""
    labels = ("labels", pa.list_(pa.string()))
    rewritten(model / "data", lambda row: {"labels": row["labelsArray"][0]}, labels)


def layers_2(model: Path) -> None:
    """Before Spark 3.0 the sizes of the layers stood in the data."""
    layers = json.loads(part(model / "metadata").read_text("utf-8"))["paramMap"]["layers"]

    def change(row):
        return {"layers": layers, "weights": row["weights"]}

    rewritten(model / "data", change, ("layers", pa.list_(pa.int32())), ("weights", VECTOR))
    metadata(model, without=["layers"])


def without(*names: str):
    """Some columns came with a later Spark."""

    def change(model: Path) -> None:
        path = part(model / "data")
        pq.write_table(pq.read_table(path).drop_columns(list(names)), path)

    return change


def words_2_1(model: Path) -> None:
    """Before Spark 2.2 all vectors of words stood in one row."""
    table = pq.read_table(model / "data").to_pylist()
    index = {row["word"]: i for i, row in enumerate(table)}
    flat = [x for row in table for x in row["vector"]]
    kind = pa.schema(
        [("wordIndex", pa.map_(pa.string(), pa.int32())), ("wordVectors", pa.list_(pa.float32()))]
    )
    shutil.rmtree(model / "data")
    (model / "data").mkdir()
    row = {"wordIndex": list(index.items()), "wordVectors": flat}
    pq.write_table(pa.Table.from_pylist([row], kind), model / "data" / "part-r-00000.gz.parquet")


def centers_1_6(model: Path) -> None:
    """Before Spark 2.0 the centres were one list."""
    rows = sorted(pq.read_table(model / "data").to_pylist(), key=lambda row: row["clusterIdx"])
    centers = [stored(plain(row["clusterCenter"])) for row in rows]
    path = part(model / "data")
    kind = pa.schema([("clusterCenters", pa.list_(VECTOR))])
    pq.write_table(pa.Table.from_pylist([{"clusterCenters": centers}], kind), path)


def raw_counts_2(model: Path) -> None:
    """Before Spark 3.0 a node had no raw count; its rows came in many files, some of them empty, in any order."""
    path = part(next(model.glob("stages/*DecisionTree*/data")))
    table = pq.read_table(path).drop_columns(["rawCount"])
    table = table.take(pa.array(np.random.default_rng(1).permutation(table.num_rows)))
    for number, (low, high) in enumerate([(0, 2), (2, 2), (2, table.num_rows)]):
        pq.write_table(table.slice(low, high - low), path.with_name(f"part-r-0000{number}.snappy.parquet"))
    path.unlink()


def metadata_only(model: Path) -> None:
    """Before Spark 2.4 the defaults stood among the parameters."""
    metadata(model)


def vendor(model: Path) -> None:
    """Vendors write versions of their own, and some compress text."""
    metadata(model, sparkVersion="4.3.0.7.2.17.0-334")
    path = model / "metadata" / "part-00000"
    path.with_name("part-00000.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.write_text("")


def by_python(model: Path) -> None:
    """Python's writer names its own class."""
    metadata(model, **{"class": "pyspark.ml.pipeline.PipelineModel"})


CHANGES = [
    ("logistic", logistic_2_0),
    ("logistic_threshold", logistic_2_0),
    ("logistic_thresholds", metadata_only),
    ("string_indexer_keep", labels_2),
    ("string_indexer_skip", labels_2),
    ("perceptron", layers_2),
    ("naive_bayes_multinomial", without("sigma")),
    ("naive_bayes_bernoulli", without("sigma")),
    ("linear_regression", without("scale")),
    ("idf", without("docFreq", "numDocs")),
    ("pca", without("explainedVariance")),
    ("word2vec", words_2_1),
    ("kmeans", centers_1_6),
    ("tree_classifier", raw_counts_2),
    ("tree_regressor", raw_counts_2),
    ("glm_binomial_probit", metadata_only),
    ("glm_tweedie_1_5_default", metadata_only),
    ("min_max_scaler_bounds", metadata_only),
    ("bucketizer_keep", metadata_only),
    ("count_vectorizer_share", metadata_only),
    ("pipeline_labels_back", vendor),
    ("pipeline_nested", by_python),
]


@pytest.mark.parametrize(("name", "change"), CHANGES, ids=[f"{n}-{c.__name__}" for n, c in CHANGES])
def test_an_older_layout_gives_the_same_answers(goldens, tmp_path, name, change, compare):
    """Row and batch answer from the older layout as from today's, under the behaviour of the same Spark."""
    golden = next(g for g in goldens if g.folder.name == f"{name}-4.3")
    model = Path(shutil.copytree(golden.model_path, tmp_path / "model"))
    change(model)
    schema = golden.input.schema
    old, new = (scorer.load(p, schema=schema, as_of="4.3") for p in (model, golden.model_path))
    assert old.outputs == new.outputs
    (answers, status), (expected, known) = (m.try_batch(golden.input) for m in (old, new))
    assert status == known
    for column in new.outputs.names:
        assert compare(expected.column(column), answers.column(column)) == [], column
    for facts, said in zip(golden.rows(), known.to_pylist(), strict=True):
        if said == "ok":
            rows = [list(m.row(facts).values()) for m in (old, new)]
            assert compare(*rows) == []


@pytest.mark.parametrize("folder", ["pipeline", "model"])
def test_what_sparkr_wraps_is_the_model(goldens, tmp_path, folder):
    """A wrapper of SparkR is the model that it holds: metadata of its own beside `pipeline`, or `model` for ALS."""
    golden = next(g for g in goldens if g.folder.name == "pipeline_labels_back-4.3")
    wrapper = tmp_path / "wrapper"
    shutil.copytree(golden.model_path, wrapper / folder)
    (wrapper / "rMetadata").mkdir()
    meta = {
        "class": "org.apache.spark.ml.r.LogisticRegressionWrapper",
        "features": ["x"],
        "labels": ["a", "b"],
    }
    (wrapper / "rMetadata" / "part-00000").write_text(json.dumps(meta) + "\n")
    assert scorer.load(wrapper).version == scorer.load(golden.model_path).version


def test_a_wrapper_of_sparkr_without_its_model_is_refused(tmp_path):
    """A wrapper whose model is gone is no saved model."""
    (tmp_path / "rMetadata").mkdir()
    with pytest.raises(scorer.SavedError, match="not a saved Spark model"):
        scorer.load(tmp_path)


INTS = st.integers(-(2**31), 2**31 - 1)
SLOTS = st.dictionaries(
    st.integers(0, 2**20 - 1), st.sampled_from([0.0, -1.0, 2.5, float("nan")]), min_size=1, max_size=6
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs=st.lists(st.tuples(INTS, INTS), min_size=1, max_size=3),
    slots=SLOTS,
    spark=st.sampled_from(["2.1.0", "2.3.4"]),
)
def test_a_min_hash_of_spark_2_3_overflows_as_javas_numbers_do(tmp_path, pairs, slots, spark):
    """Up to Spark 2.3 products wrap at 32 bits and remainders keep their sign; zeros and their absence are the same."""
    folder = tmp_path / "hash"
    shutil.rmtree(folder, ignore_errors=True)
    name = "org.apache.spark.ml.feature.MinHashLSHModel"
    written_by_2(folder, name, "hash", {"inputCol": "v", "outputCol": "h"}, spark)
    (folder / "data").mkdir()
    flat = pa.table(
        {"randCoefficients": pa.array([[n for pair in pairs for n in pair]], pa.list_(pa.int32()))}
    )
    pq.write_table(flat, folder / "data" / "part-00000.snappy.parquet")
    model, places = scorer.load(folder), sorted(slots)
    value = {"type": 0, "size": 2**20, "indices": places, "values": [slots[i] for i in places]}
    with np.errstate(over="ignore"):
        hashes = [
            [
                np.fmod(np.int32(i + 1) * np.int32(a) + np.int32(b), np.int32(2_038_074_743))
                for i in places
                if slots[i]
            ]
            for a, b in pairs
        ]
    if not hashes[0]:
        with pytest.raises(scorer.RowError, match="zeros only"):
            model.row({"v": value})
        return
    expected = [[float(min(one))] for one in hashes]
    assert model.row({"v": value})["h"] == expected
    table = pa.table({"v": pa.array([value], VECTOR)})
    assert model.batch(table).column("h").to_pylist() == [expected]


def written_by_2(folder: Path, name: str, uid: str, inputs: dict[str, Any], spark: str = "2.2.0") -> None:
    """Write the metadata of a stage of Spark 2."""
    (folder / "metadata").mkdir(parents=True)
    meta = {"class": name, "timestamp": 1, "sparkVersion": spark, "uid": uid, "paramMap": inputs}
    (folder / "metadata" / "part-00000").write_text(json.dumps(meta) + "\n")


def legacy_pipeline(home: Path, first: str, params: dict[str, Any]) -> Path:
    """Write a pipeline of Spark 2.2: a stage that makes numbers of categories, and the one-hot transformer."""
    home.mkdir()
    written_by_2(home, "org.apache.spark.ml.PipelineModel", "pipe", {"stageUids": ["a", "b"]})
    name = f"org.apache.spark.ml.feature.{first}"
    written_by_2(home / "stages" / "0_a", name, "a", {"inputCol": "x", "outputCol": "i", **params})
    encoder = {"inputCol": "i", "outputCol": "v", "dropLast": False}
    written_by_2(home / "stages" / "1_b", "org.apache.spark.ml.feature.OneHotEncoder", "b", encoder)
    return home


@pytest.mark.parametrize(
    ("first", "params", "x", "expected"),
    [
        ("Bucketizer", {"splits": ["-Infinity", 0.0, 1.0, "Infinity"]}, 0.5, [0.0, 1.0, 0.0]),
        ("Bucketizer", {"splits": [0.0, 1.0, 2.0], "handleInvalid": "keep"}, 1.0, [0.0, 1.0]),
        ("Bucketizer", {"splits": [0.0, 1.0, 2.0], "handleInvalid": "keep"}, float("nan"), [0.0, 0.0]),
        ("Binarizer", {"threshold": 0.5}, 0.7, [0.0, 1.0]),
    ],
)
def test_the_one_hot_transformer_takes_its_size_from_what_its_column_means(
    tmp_path, first, params, x, expected
):
    """A bucket of NaN has no slot of its own, and what is either 0 or 1 has two, as Spark 2 has it."""
    model = scorer.load(legacy_pipeline(tmp_path / "model", first, params))
    assert model.row({"x": x})["v"] == expected
    assert model.batch(pa.table({"x": [x]})).column("v").to_pylist() == [expected]
