"""Columns of Arrow types that Spark does not have, in a statement: taken as Spark's, or refused in words."""

from __future__ import annotations

import json
from datetime import date

import pyarrow as pa
import pytest

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
