"""Columns of Arrow types that Spark does not have, in a statement: taken as Spark's, or refused in words."""

from __future__ import annotations

import json
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqltext import COLUMNS, Writer

import scorer
from scorer.stages.sql import FEW

STATEMENT = "SELECT x + 1 AS y FROM __THIS__ WHERE x IS NOT NULL"
LARGEST = 2**63 - 2


def saved(folder, statement):
    """Write a SQLTransformer as Spark saves it."""
    meta = {"class": "org.apache.spark.ml.feature.SQLTransformer", "uid": "sql_1", "sparkVersion": "4.0.0"}
    meta |= {"timestamp": 0, "paramMap": {"statement": statement}, "defaultParamMap": {}}
    (folder / "metadata").mkdir(parents=True, exist_ok=True)
    (folder / "metadata" / "part-00000").write_text(json.dumps(meta), "utf-8")
    return folder


@pytest.mark.parametrize("many", [1, FEW])
@pytest.mark.parametrize("typed", [True, False])
def test_unsigned_numbers_are_bigints(tmp_path, typed, many):
    """An unsigned number of 64 bits that a bigint holds is one, in a row as in a batch of any length."""
    values = [0, 7, LARGEST, None] * many
    table = pa.table({"x": pa.array(values, pa.uint64())})
    model = scorer.load(saved(tmp_path, STATEMENT), table.schema if typed else None)
    made = model.batch(table).column("y")
    assert made.type == pa.int64()
    assert made.to_pylist() == [1, 8, LARGEST + 1] * many
    assert [model.row({"x": x}) for x in values[:4]] == [{"y": 1}, {"y": 8}, {"y": LARGEST + 1}, None]


@pytest.mark.parametrize("many", [1, FEW])
@pytest.mark.parametrize("typed", [True, False])
def test_an_unsigned_number_that_is_no_bigint_is_refused(tmp_path, typed, many):
    """One above 2⁶³ − 1 is refused with its value, row by row, and stops no other."""
    values = [1, 2**63, 2**64 - 1] * many
    table = pa.table({"x": pa.array(values, pa.uint64())})
    model = scorer.load(saved(tmp_path, STATEMENT), table.schema if typed else None)
    made, status = model.try_batch(table)
    assert made.column("y").to_pylist() == [2, None, None] * many
    for value, said in list(zip(values, status.to_pylist(), strict=True))[:3]:
        if said == "ok":
            assert model.row({"x": value}) == {"y": 2}
            continue
        assert f"{value} is no bigint" in said
        with pytest.raises(scorer.RowError, match=f"{value} is no bigint"):
            model.row({"x": value})


@pytest.mark.parametrize("typed", [True, False])
def test_dates_of_64_bits_are_dates(tmp_path, typed):
    """Arrow's two types of dates give the same."""
    table = pa.table({"x": pa.array([date(2026, 11, 29)] * FEW, pa.date64())})
    model = scorer.load(saved(tmp_path, "SELECT year(x) AS y FROM __THIS__"), table.schema if typed else None)
    assert model.batch(table).column("y").to_pylist() == [2026] * FEW
    assert model.row({"x": date(2026, 11, 29)}) == {"y": 2026}


@pytest.mark.parametrize(
    "array", [pa.array([b"a"]), pa.array([[1.0]]), pa.array([1], pa.time64("us"))], ids=lambda a: str(a.type)
)
def test_a_type_that_is_none_of_sparks_is_refused_in_words(tmp_path, array):
    """A column of bytes, lists or times of day is refused with the types that are supported."""
    folder, table = saved(tmp_path, "SELECT x = x AS y FROM __THIS__"), pa.table({"x": array})
    with pytest.raises(
        scorer.ColumnError, match="supported of numbers, texts, booleans, dates and timestamps"
    ):
        scorer.load(folder, table.schema)
    _, (status,) = scorer.load(folder).try_batch(table)
    assert "supported of numbers" in status.as_py()


ROWS_TYPES = {"a": pa.int64(), "b": pa.int64(), "z": pa.int64(), "y": pa.float64()}  # what a row's values are


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    chance=st.randoms(use_true_random=False),
    family=st.sampled_from(("number", "text", "boolean", "date")),
    depth=st.integers(1, 3),
)
def test_a_column_of_nulls_is_what_each_rows_null_is(compare, tmp_path_factory, chance, family, depth):
    """Without a schema, columns that hold nothing but nulls have the types that a row's nulls have: those of their use."""
    statement = f"SELECT {Writer(chance).write(family, depth)} AS made FROM __THIS__"
    try:
        model = scorer.load(saved(tmp_path_factory.mktemp("sql"), statement))
    except scorer.ScorerError:
        return
    empty = {name for name in model.inputs.names if chance.random() < 0.5}
    arrays = {
        name: pa.array([chance.choice([v for v in values if v is not None])], ROWS_TYPES.get(name, kind))
        for name, (kind, values) in COLUMNS.items()
    }
    table = pa.table({n: pa.nulls(1) if n in empty else array for n, array in arrays.items() if n != "m"})
    if "m" in model.inputs.names:  # a row's decimal has but the digits that it needs
        return
    made, (said,) = model.try_batch(table)
    try:
        answer = model.row(table.to_pylist()[0])
    except scorer.RowError as e:
        assert said.as_py() == f"row 0, {e}", (statement, table)
        return
    assert said.as_py() == "ok", (statement, table)
    assert compare([answer["made"]], made.column("made").to_pylist(), 1e-12, 1.0) == [], (statement, table)


def test_a_null_has_a_type_that_its_use_allows(tmp_path):
    """A null that stands beside a sum of days is a date, though most sums are numbers."""
    model = scorer.load(saved(tmp_path, "SELECT d < e - 1 AS y FROM __THIS__"))
    assert model.row({"d": None, "e": date(2026, 11, 29)}) == {"y": None}
    assert model.row({"d": date(2026, 11, 27), "e": date(2026, 11, 29)}) == {"y": True}


def test_runs_are_their_values_in_a_statement(tmp_path):
    """A declared column of runs gives what its values give."""
    values = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([5, None]))
    table = pa.table({"x": values})
    model = scorer.load(saved(tmp_path, STATEMENT), table.schema)
    assert model.batch(table).column("y").to_pylist() == [6, 6]


@pytest.mark.parametrize(
    "array",
    [
        pa.RunEndEncodedArray.from_arrays(pa.array([3, 6], pa.int16()), pa.array(["a", None])),
        pa.array(list("abcdef"), pa.string_view()),
        pa.array([["a"], None, [], ["b", "c"], ["d"], ["e"]], pa.list_(pa.string_view())),
        pa.array(list("aabbcc")).dictionary_encode(),
    ],
    ids=lambda a: str(a.type),
)
@pytest.mark.parametrize("kept", [[0, 2, 3, 5], [], [1], [0, 1, 2, 3, 4, 5]])
def test_rows_are_dropped_from_columns_of_any_type(tmp_path, array, kept):
    """Where rows are dropped, a column that is only passed on keeps its type and the values of the others."""
    numbers = [place if place in kept else None for place in range(6)]
    statement = "SELECT *, x + 1 AS y FROM __THIS__ WHERE x IS NOT NULL"
    whole = pa.table({"x": pa.array(numbers, pa.int64()), "other": array})
    table = pa.concat_tables([whole.slice(0, 2), whole.slice(2)])
    made = scorer.load(saved(tmp_path, statement)).batch(table)
    assert made.schema.field("other").type == array.type
    assert made.column("other").to_pylist() == [array.to_pylist()[place] for place in kept]
    assert made.column("y").to_pylist() == [place + 1 for place in kept]
