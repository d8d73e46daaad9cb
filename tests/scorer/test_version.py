"""A model's version is a hash of the values that decide, and of nothing else."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorer import ledger
from scorer.ledger import digest

INNER = pa.struct([("type", pa.int8()), ("values", pa.list_(pa.float64())), ("name", pa.string())])
VALUES = st.none() | st.fixed_dictionaries(
    {
        "type": st.none() | st.integers(-9, 9),
        "values": st.none() | st.lists(st.none() | st.sampled_from([0.0, 1.5, float("nan")]), max_size=3),
        "name": st.none() | st.sampled_from(["", "a", "b\x1f", "'"]),
    }
)
ROWS = st.lists(VALUES, max_size=6)


def hidden(rows, under):
    """Return rows as structs under whose nulls stand other values."""
    filled = pa.array([under if row is None else row for row in rows], INNER)
    mask = pa.array([row is None for row in rows], pa.bool_())
    return pa.StructArray.from_arrays([filled.field(i) for i in range(3)], fields=list(INNER), mask=mask)


@given(rows=ROWS, under=VALUES.filter(lambda value: value is not None))
def test_what_lies_under_a_null_is_not_hashed(rows, under):
    """Values under a null struct, which no reader sees, do not change a table's hash."""
    column = hidden(rows, under)
    assert column.to_pylist() == pa.array(rows, INNER).to_pylist() or any("nan" in str(row) for row in rows)
    assert digest(pa.table({"x": column})) == digest(pa.table({"x": pa.array(rows, INNER)}))


@given(one=ROWS, other=ROWS)
def test_other_values_have_another_hash(one, other):
    """Two tables have one hash if and only if they hold the same values."""
    a, b = (pa.table({"x": pa.array(rows, INNER)}) for rows in (one, other))
    assert (digest(a) == digest(b)) == (str(a.to_pylist()) == str(b.to_pylist()))


@given(
    rows=st.lists(st.lists(st.tuples(st.text("ab", max_size=2), st.integers(0, 3)), max_size=3), max_size=5),
    start=st.integers(0, 4),
)
def test_a_part_of_a_table_is_hashed_as_itself(rows, start):
    """Rows that were cut out of a longer column have the hash of the same rows alone, in maps too."""
    kind = pa.map_(pa.string(), pa.int32())
    part = pa.array(rows, kind).slice(min(start, len(rows)))
    assert digest(pa.table({"x": part})) == digest(pa.table({"x": pa.array(part.to_pylist(), kind)}))


@given(rows=ROWS, step=st.integers(1, 4), under=VALUES.filter(lambda value: value is not None))
def test_a_table_in_chunks_is_hashed_as_in_one(rows, step, under):
    """Into which chunks a column is cut does not show in the hash; an empty chunk does not either."""
    column = hidden(rows, under)
    cut = [column.slice(start, step) for start in range(0, len(rows), step)] + [column.slice(0, 0)]
    assert digest(pa.table({"x": pa.chunked_array(cut)})) == digest(pa.table({"x": column}))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_texts_are_hashed_alike_whatever_the_step(size, monkeypatch):
    """How many texts are hashed at a time does not show in the hash."""
    table = pa.table({"x": ["a", None, "", "b", "c\x1f", "d"]})
    before = digest(table)
    monkeypatch.setattr(ledger, "HASHED", size)
    assert digest(table) == before
