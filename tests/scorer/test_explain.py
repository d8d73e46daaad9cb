"""Why a score: contributions of the input columns."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scorer
from scorer.kernels import Forest
from scorer.kernels.forest import LEAF
from scorer.shapley import shapley

GOLDEN = Path(__file__).parents[1] / "golden"


def expectation(forest, values, cover, row, node, known):
    """Return a tree's mean where only the known slots of the row are."""
    if forest.left[node] == LEAF:
        return values[node]
    left, right, slot = forest.left[node], forest.right[node], forest.feature[node]
    if slot in known:
        side = left if row[slot] <= forest.threshold[node] else right
        return expectation(forest, values, cover, row, side, known)
    total = cover[left] + cover[right]
    share = cover[left] / total if total else 0.5
    low = expectation(forest, values, cover, row, left, known) * share
    return low + expectation(forest, values, cover, row, right, known) * (1 - share)


def by_definition(forest, values, cover, row, slots):
    """Return Shapley values as the mean over all orders in which slots become known."""
    shares = [0.0] * slots
    orders = list(itertools.permutations(range(slots)))
    for order, root in itertools.product(orders, forest.starts[:-1]):
        known = set()
        before = expectation(forest, values, cover, row, root, known)
        for slot in order:
            known.add(slot)
            after = expectation(forest, values, cover, row, root, known)
            shares[slot] += (after - before) / len(orders)
            before = after
    return shares


@st.composite
def forests(draw):
    """Draw one to three trees over four slots, with the cover of each node."""
    left, right, feature, split, sizes, cover, values = [], [], [], [], [], [], []

    def grow(start, depth, weight):
        node = len(left) - start
        left.append(-1)
        right.append(-1)
        feature.append(draw(st.integers(0, 3)))
        split.append(draw(st.sampled_from([-1.0, 0.0, 0.5, 2.0])))
        values.append(draw(st.floats(-5, 5)))
        cover.append(weight)
        if depth and draw(st.booleans()):
            share = draw(
                st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.8, 1.0])
            )  # rows of no weight leave a side at 0
            left[start + node] = grow(start, depth - 1, weight * share)
            right[start + node] = grow(start, depth - 1, weight * (1 - share))
        return node

    for _ in range(draw(st.integers(1, 3))):
        start = len(left)
        grow(start, 4, 100.0)
        sizes.append(len(left) - start)
    inner = [child >= 0 for child in left]
    ends = np.concatenate([[0], np.cumsum(inner)])
    forest = Forest.of(
        features=4, sizes=sizes, left=left, right=right, feature=feature, arity=[-1] * len(left),
        split=[x for x, kept in zip(split, inner, strict=True) if kept], split_at=ends, payload=values,
    )  # fmt: skip
    return forest, np.array(values), np.array(cover)


@settings(max_examples=60, deadline=None)
@given(forests(), st.lists(st.sampled_from([-2.0, 0.0, 0.4, 1.0, 3.0]), min_size=4, max_size=4))
def test_contributions_are_shapley_values_by_definition(drawn, row):
    """The fast algorithm gives the mean over all orders of slots, and base and shares add up to the sum."""
    forest, values, cover = drawn
    base, shares = shapley(forest, values, cover, row)
    np.testing.assert_allclose(shares, by_definition(forest, values, cover, row, 4), atol=1e-9)
    total = sum(expectation(forest, values, cover, row, root, {0, 1, 2, 3}) for root in forest.starts[:-1])
    assert math.isclose(base + sum(shares), total, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("census_lr-4.3", lambda out: out["rawPrediction"][1]),
        ("census_gbt-4.3", lambda out: out["rawPrediction"][1]),
        ("census_forest-4.3", lambda out: out["probability"][1]),
    ],
)
def test_base_and_contributions_add_up_to_the_score(name, number):
    """Base and contributions, by the columns that the caller gives, add up to the number that the model decides by."""
    rows = pq.read_table(GOLDEN / "data" / "adult.parquet").drop_columns(["_row", "Salary"])
    model = scorer.load(GOLDEN / "spark" / name / "model", schema=rows.schema)
    for facts in rows.slice(0, 5).to_pylist():
        why = model.explain(facts)
        assert set(why.contributions) <= set(rows.column_names)
        assert math.isclose(
            why.base + sum(why.contributions.values()), why.margin, rel_tol=1e-12, abs_tol=1e-12
        )
        assert math.isclose(why.margin, number(model.row(facts)), rel_tol=1e-9, abs_tol=1e-12)


ALONE = (
    "logistic",
    "multinomial",
    "linear_regression",
    "linear_svc",
    "tree_classifier_alone",
    "gbt_classifier_alone",
)


@pytest.mark.parametrize("name", ALONE)
def test_what_a_row_refuses_is_not_explained(name):
    """A vector that is too short, null or no vector raises what `row` raises, in the same words."""
    model = scorer.load(GOLDEN / "spark" / f"{name}-4.3" / "model")
    (column,) = model.inputs.names
    for value in (
        [1.0],
        None,
        "x",
        {},
        [None, 1.0, 2.0],
        {"type": 0, "size": 3, "indices": [7], "values": [1.0]},
    ):
        with pytest.raises(scorer.RowError) as refused:
            model.row({column: value})
        with pytest.raises(scorer.RowError) as again:
            model.explain({column: value})
        assert str(again.value) == str(refused.value)


@pytest.mark.parametrize("name", ALONE)
def test_every_class_is_explained_and_no_other(name):
    """Each class has an explanation that adds up to its own number; a slot that is none is refused by its name."""
    model = scorer.load(GOLDEN / "spark" / f"{name}-4.3" / "model")
    (column,) = model.inputs.names
    facts = {column: [1.0, 2.0, 3.0]}
    row, of = model.row(facts), model.explain(facts).of.partition("[")[0]
    classes = len(row[of]) if isinstance(row[of], list) else 0
    for slot in range(classes):
        why = model.explain(facts, slot)
        assert why.of == f"{of}[{slot}]"
        assert math.isclose(why.margin, row[of][slot], rel_tol=1e-9, abs_tol=1e-12)
        assert math.isclose(
            why.base + sum(why.contributions.values()), why.margin, rel_tol=1e-9, abs_tol=1e-12
        )
    for slot in (-1, classes, 99, True, 0.0, "0"):
        with pytest.raises(scorer.ColumnError, match="cannot be explained"):
            model.explain(facts, slot)


@pytest.mark.parametrize("name", ["glm_gamma_log-4.3", "glm_poisson_sqrt-4.3", "glm_binomial_probit-4.3"])
def test_a_generalized_linear_model_is_explained_before_its_link(name):
    """Base and contributions add up to Spark's link prediction: what the link makes the prediction of."""
    folder = GOLDEN / "spark" / name
    model = scorer.load(folder / "model", schema=pq.read_schema(folder / "input.parquet"))
    checked = 0
    rows, status = model.try_batch(pq.read_table(folder / "input.parquet"))
    for facts, said in zip(rows.to_pylist(), status.to_pylist(), strict=True):
        if said == "ok" and math.isfinite(facts["eta"]):
            why = model.explain(facts)
            assert why.of == "linkPrediction"
            assert math.isclose(
                why.base + sum(why.contributions.values()), why.margin, rel_tol=1e-12, abs_tol=1e-12
            )
            assert why.margin == pytest.approx(facts["eta"], rel=1e-12)
            checked += 1
    assert checked


def test_an_offset_is_a_contribution_of_its_column():
    """The offset of a generalized linear model is what its column adds to the link prediction, whatever its type."""
    checked = 0
    for name in ("glm_offset-4.3", "glm_offset-2.4", "glm_offset_decimal-4.3"):
        folder = GOLDEN / "spark" / name
        model = scorer.load(folder / "model", schema=pq.read_schema(folder / "input.parquet"))
        rows, status = model.try_batch(pq.read_table(folder / "input.parquet"))
        for facts, said in zip(rows.to_pylist(), status.to_pylist(), strict=True):
            if said != "ok" or facts["eta"] is None or not math.isfinite(facts["eta"]):
                continue
            why = model.explain(facts)
            assert why.contributions.get("o", 0.0) == float(facts["o"])
            assert math.isclose(why.base + sum(why.contributions.values()), facts["eta"], abs_tol=1e-9)
            checked += 1
    assert checked
    assert math.isnan(model.explain({**facts, "o": None}).margin)


def test_a_formula_is_explained_by_the_columns_that_it_names():
    """Behind the hidden stages of a formula each slot belongs to the columns of its own term."""
    folder = GOLDEN / "spark" / "r_formula_pipeline-4.3"
    rows = pq.read_table(folder / "input.parquet")
    model = scorer.load(folder / "model", schema=rows.schema)
    scored, status = model.try_batch(rows)
    whys = [
        model.explain(facts)
        for facts, said in zip(scored.to_pylist(), status.to_pylist(), strict=True)
        if said == "ok"
    ]
    assert {key for why in whys for key in why.contributions} == {"town", "size", "x & n"}


LINEAR = pa.schema(
    {
        "coefficients": pa.struct(
            {
                "type": pa.int8(),
                "size": pa.int32(),
                "indices": pa.list_(pa.int32()),
                "values": pa.list_(pa.float64()),
            }
        ),
        "intercept": pa.float64(),
        "scale": pa.float64(),
    }
)


def save(folder, name, params):
    """Write the metadata of a stage."""
    (folder / "metadata").mkdir(parents=True)
    meta = {
        "class": f"org.apache.spark.ml.{name}",
        "uid": folder.name[-1],
        "sparkVersion": "4.0.0",
        "paramMap": params,
    }
    (folder / "metadata" / "part-00000").write_text(json.dumps(meta))


def test_a_chosen_slot_belongs_to_the_column_that_it_came_of(tmp_path):
    """Behind a selector or a slicer each slot is explained by the column that it was before it was chosen."""
    wide = {"inputCols": ["a", "b", "c"], "outputCol": "wide"}
    slicer = {"inputCol": "wide", "outputCol": "features", "indices": [2, 0], "names": []}
    linear = {"featuresCol": "features", "predictionCol": "prediction"}
    weights = {"type": 1, "size": None, "indices": None, "values": [10.0, 100.0]}
    save(tmp_path / "stages" / "0_a", "feature.VectorAssembler", wide)
    save(tmp_path / "stages" / "1_b", "feature.VectorSlicer", slicer)
    save(tmp_path / "stages" / "2_c", "regression.LinearRegressionModel", linear)
    (tmp_path / "stages" / "2_c" / "data").mkdir()
    data = pa.Table.from_pylist([{"coefficients": weights, "intercept": 1.0, "scale": 1.0}], LINEAR)
    pq.write_table(data, tmp_path / "stages" / "2_c" / "data" / "part-0.parquet")
    save(tmp_path, "PipelineModel", {"stageUids": ["a", "b", "c"]})
    model = scorer.load(tmp_path)
    why = model.explain({"a": 2.0, "b": 3.0, "c": 5.0})
    assert (why.base, dict(why.contributions)) == (1.0, {"a": 200.0, "c": 50.0})


def test_one_against_the_rest_is_explained_class_by_class():
    """The raw score of a class is what the model of the class gives, and is explained as that model is."""
    model = scorer.load(GOLDEN / "spark" / "deciding_rest_logistic_alone-4.3" / "model")
    (column,) = model.inputs.names
    facts = {column: [1.0] * 3}
    raw = model.row(facts, columns=["rawPrediction"])["rawPrediction"]
    for slot, expected in enumerate(raw):
        why = model.explain(facts, slot)
        assert why.of == f"rawPrediction[{slot}]"
        assert math.isclose(why.base + sum(why.contributions.values()), expected, abs_tol=1e-9)


def test_what_cannot_be_explained_is_told_what_can():
    """The refusal names the last stage, and the classes that have explanations."""
    model = scorer.load(GOLDEN / "spark" / "kmeans-4.3" / "model")
    with pytest.raises(scorer.UnsupportedError, match=r"KMeansModel.*LogisticRegression.*trees"):
        model.explain({})
