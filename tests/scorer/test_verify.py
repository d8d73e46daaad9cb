"""The verifier: Spark's own answers agree with ours, and the tiers are those of the table."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scorer
from scorer import compare, tiers

README = Path(scorer.__file__).parent / "README.md"
NAMES = (
    "gbt_classifier-4.3",
    "forest_regressor-4.3",
    "fp_growth-4.3",
    "min_hash-4.3",
    "census_lr_skip-4.3",
)
VALUES = st.one_of(st.none(), st.floats(allow_nan=True), st.sampled_from([0.0, 1.0, 1.0 + 1e-15]))
VECTORS = st.lists(st.one_of(st.none(), st.lists(st.floats(-2, 2), max_size=3)), min_size=1, max_size=6)


def test_the_tiers_are_those_of_the_table():
    """The classes whose sums may differ are those that the table calls sums; likewise those that Spark starts at random."""
    rows = re.findall(
        r"^\| `(org\.apache\.spark[\w.]+)` \| (\w+) \|", README.read_text("utf-8"), re.MULTILINE
    )
    for word, classes in (("sums", tiers.SUMS), ("random", tiers.RANDOM.keys())):
        assert {name for name, tier in rows if tier == word} == classes & {name for name, _ in rows}
    assert {name for name, tier in rows if tier == "equal"}.isdisjoint(tiers.SUMS)


def test_what_spark_answered_is_verified(goldens):
    """Golden answers of real Spark are found equal: trees, sums, sets, hashes, dropped rows."""
    cases = [case for case in goldens if case.folder.name in NAMES]
    assert len(cases) >= 4
    for case in cases:
        kept = case.input.filter(pa.array([status == "ok" for status in case.status]))
        for name in case.columns:
            kept = kept.append_column(name, case.expected.column(name))
        model = scorer.load(case.model_path, schema=case.input.schema)
        verifier = scorer.Verifier(model, kept.column_names)
        verifier.update(kept.slice(0, 3))
        verifier.update(kept.slice(3))
        verdict = verifier.verdict()
        assert verdict.equal, (case.folder.name, verdict.first)
        assert verdict.rows == kept.num_rows
        assert set(case.columns) == {check.column for check in verdict.columns}


def test_a_class_whose_sums_differ_passes_its_tolerance_on(goldens):
    """What comes after a sum may differ by as much; what comes of lookups alone may not differ at all."""
    census = next(case for case in goldens if case.folder.name == "census_lr-4.3")
    model = scorer.load(census.model_path)
    names = [*model.inputs.names, "workclass_index", "probability"]
    allowed = {check.column: check.tolerance for check in scorer.Verifier(model, names).verdict().columns}
    assert allowed == {"workclass_index": 0.0, "probability": 1e-12}
    with pytest.raises(scorer.ColumnError, match="none of the model's columns"):
        scorer.Verifier(model, ["age"])


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=8))
def test_numbers_are_compared_as_their_values_are(pairs):
    """The distance of columns of numbers is that of their values, one by one."""
    ours, theirs = (pa.array(side, pa.float64()) for side in zip(*pairs, strict=True))
    found = compare.distances(ours, theirs)
    np.testing.assert_array_equal(found, [compare._distance(a, b) for a, b in pairs])


@given(VECTORS, st.data())
def test_vectors_are_compared_as_their_values_are(ours, data):
    """The distance of columns of vectors is the largest of their slots, and infinite for other lengths."""
    change = st.sampled_from(["same", "slot", "length", "null"])
    theirs = []
    for vector in ours:
        how = data.draw(change)
        if vector and how == "slot":
            theirs.append([vector[0] + 0.5, *vector[1:]])
        elif how == "length":
            theirs.append([*(vector or []), 1.0])
        else:
            theirs.append(None if how == "null" else vector)
    kind = pa.list_(pa.float64())
    found = compare.distances(pa.array(ours, kind), pa.array(theirs, kind))
    expected = [compare._distance(a, b) for a, b in zip(ours, theirs, strict=True)]
    np.testing.assert_array_equal(found, expected)


STRUCT = pa.struct(
    [
        ("type", pa.int8()),
        ("size", pa.int32()),
        ("indices", pa.list_(pa.int32())),
        ("values", pa.list_(pa.float64())),
    ]
)
STRUCTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from([0, 1, None, 7]),
        "size": st.sampled_from([2, 0, -1, None, 2**31 - 1]),
        "indices": st.none() | st.lists(st.none() | st.integers(-1, 3), max_size=3),
        "values": st.none() | st.lists(st.none() | st.floats(), max_size=3),
    }
)
COLUMNS = st.one_of(
    st.lists(st.none() | STRUCTS, min_size=3, max_size=3).map(lambda rows: pa.array(rows, STRUCT)),
    st.lists(st.none() | st.lists(st.none() | st.floats(), max_size=3), min_size=3, max_size=3).map(
        lambda rows: pa.array(rows, pa.list_(pa.float64()))
    ),
    st.sampled_from([pa.nulls(3), pa.array(["a", None, "c"]), pa.array([True] * 3), pa.array([[["a"]]] * 3)]),
)


@pytest.fixture(scope="module")
def scored(goldens):
    """A model and three rows that it scored."""
    path = next(g.model_path for g in goldens if g.folder.name == "logistic-4.3")
    model = scorer.load(path)
    rows = pa.table({model.inputs.names[0]: [[1.0, 2.0, 3.0], [0.5, 1.0, 2.0], [0.0, 0.0, 0.0]]})
    return model, model.batch(rows)


@given(column=COLUMNS)
def test_whatever_a_column_holds_it_is_compared(scored, column):
    """A column of anything, vectors or not, is a verdict: equal only where it holds the same numbers."""
    model, table = scored
    place = table.schema.get_field_index("probability")
    verifier = scorer.Verifier(model, table.column_names)
    verifier.update(table.set_column(place, "probability", column))
    (check,) = [one for one in verifier.verdict().columns if one.column == "probability"]
    same = [a == b for a, b in zip(compare.plain(column), table["probability"].to_pylist(), strict=True)]
    assert check.differing == same.count(False)
    assert (check.differing == 0) == (check.first is None)


@pytest.mark.parametrize("twice", ["probability", "features"])
def test_a_column_that_stands_twice_is_not_compared(scored, twice):
    """What the table has twice is told, and the other columns are compared."""
    model, table = scored
    if twice == "features":
        with pytest.raises(scorer.ColumnError, match="several times"):
            scorer.Verifier(model, table.append_column(twice, table[twice]).column_names)
        return
    doubled = table.append_column(twice, table[twice])
    verifier = scorer.Verifier(model, doubled.column_names)
    verifier.update(doubled)
    assert verifier.verdict().missing == {twice: "in the table several times"}
    assert verifier.verdict().equal


@pytest.mark.parametrize("tolerance", [-1.0, float("nan")])
def test_a_tolerance_is_a_distance(scored, tolerance):
    """A tolerance below zero, or NaN, would call every column different, or none."""
    with pytest.raises(ValueError, match="at least 0"):
        scorer.Verifier(scored[0], scored[1].column_names, tolerance)
