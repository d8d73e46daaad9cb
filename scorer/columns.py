"""The columns of a batch while it is scored, and the book of rows that failed or were dropped.

A column is `Numbers` (one number a row), `Vectors`, or an Arrow array (text, lists of text).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scorer.errors import ColumnError
from scorer.vectors import Floats, Mask, Vectors, as_arrow, from_arrow, vectors_of


class Ragged(ColumnError):
    """A column whose vectors differ in size, or which holds something else."""


class Single(float):
    """One row's value of Spark's `float`: the number, whose text has the digits of single precision."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Numbers:
    """One number in each row: `values` (rows,) of any numeric type; `valid` (rows,) tells nulls, None if none.

    `source` is the Arrow array that the numbers came from, for stages that need the type of the column.
    """

    values: npt.NDArray[Any]
    valid: Mask | None = None
    source: pa.Array | None = None

    def floats(self) -> Floats:
        """Return the numbers as doubles; a null is NaN."""
        out = self.values.astype(np.float64, copy=False)
        return out if self.valid is None else np.where(self.valid, out, np.nan)

    def nulls(self) -> Mask:
        """Return (rows,) true where the row holds null."""
        return np.zeros(len(self.values), bool) if self.valid is None else ~self.valid

    def rows(self) -> list[Any]:
        """Return each row's value as one row's functions take it."""
        if self.source is not None and pa.types.is_float32(self.source.type):
            return [None if value is None else Single(value) for value in self.source.to_pylist()]
        if self.source is not None:
            return list(self.source.to_pylist())
        out: list[Any] = self.values.tolist()
        if self.valid is None:
            return out
        return [value if ok else None for value, ok in zip(out, self.valid.tolist(), strict=True)]


Column = Any  # Numbers, Vectors or an Arrow array: a stage's `accepts` says which


def values(column: Column) -> list[Any]:
    """Return a column's values, row by row."""
    if isinstance(column, Numbers | Vectors):
        return column.rows()
    return list(column.to_pylist())


def read(array: pa.Array) -> Column:
    """Turn an Arrow array into a column."""
    kind = array.type
    if pa.types.is_dictionary(kind) and not _is_text(kind.value_type):
        return read(array.dictionary_decode())
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _numbers(array)
    if pa.types.is_decimal(kind):
        return Numbers(*_numpy(array.cast(pa.string()).cast(pa.float64())), array)  # by digits: exact
    if pa.types.is_null(kind):
        return Numbers(np.full(len(array), np.nan), np.zeros(len(array), bool), array)
    if pa.types.is_struct(kind) or (hasattr(kind, "value_type") and _is_number(kind.value_type)):
        return _vectors(array)
    return array


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _vectors(array: pa.Array) -> Vectors:
    try:
        return from_arrow(array)
    except (TypeError, ValueError, KeyError) as e:
        raise Ragged(f"a column of type {array.type} does not hold vectors of one size: {e}") from None


def _numbers(array: pa.Array) -> Numbers:
    numbers, valid = _numpy(array)
    plain = array.type in (pa.float64(), pa.int64())
    return Numbers(numbers, valid, None if plain else array)


def _numpy(array: pa.Array) -> tuple[npt.NDArray[Any], Mask | None]:
    if array.null_count == 0:
        return array.to_numpy(zero_copy_only=False), None
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    filler: Any = False if pa.types.is_boolean(array.type) else 0
    return array.fill_null(filler).to_numpy(zero_copy_only=False), valid


def gather(rows: Sequence[Any], kind: pa.DataType | None, size: int | None = None) -> Column:
    """Gather rows' values into a column of a known type (None: what the values are)."""
    if kind is not None and pa.types.is_list(kind) and kind.value_type == pa.float64():
        return vectors_of(rows, size)
    if kind == pa.float64():
        valid = np.fromiter((row is not None for row in rows), bool, len(rows))
        numbers = np.fromiter((0.0 if row is None else row for row in rows), np.float64, len(rows))
        return Numbers(numbers, None if valid.all() else valid)
    if kind is not None and pa.types.is_list(kind):
        return pa.array(rows, kind)  # tokens or items, be they numbers
    return read(pa.array(rows, kind))


def to_arrow(column: Column) -> pa.Array:
    """Write a column as Arrow: vectors as `list<double>`."""
    if isinstance(column, Vectors):
        return as_arrow(column)
    if isinstance(column, Numbers):
        if column.source is not None:
            return column.source
        mask = None if column.valid is None else ~column.valid
        return pa.array(column.values, mask=mask)
    return column


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one row has no result: the step that refused, which of its inputs, its value, one sentence."""

    step: int
    position: int
    value: Any
    reason: str


class Rows:
    """The book of a batch: which rows failed or were dropped, the first cause of each."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.faults: dict[int, Fault] = {}
        self.dropped: Mask = np.zeros(count, bool)
        self._step = 0
        self._inputs: Sequence[Column] = ()

    def at(self, step: int, inputs: Sequence[Column]) -> Rows:
        """Say which step is at work, so that what it reports is written to its account."""
        self._step, self._inputs = step, inputs
        return self

    def fail(self, where: Mask, reason: Callable[[Any], str], position: int = 0) -> None:
        """Report the rows on which Spark would raise; `reason` makes the sentence from the value."""
        if not where.any():
            return
        numbers = [i for i in np.flatnonzero(where).tolist() if i not in self.faults and not self.dropped[i]]
        for i in numbers:
            value = self._value(position, i)
            self.faults[i] = Fault(self._step, position, value, reason(value))

    def note(self, row: int, reason: str, position: int) -> None:
        """Report one row."""
        if row not in self.faults and not self.dropped[row]:
            self.faults[row] = Fault(self._step, position, self._value(position, row), reason)

    def drop(self, where: Mask) -> None:
        """Report the rows that `handleInvalid="skip"` drops."""
        if self.faults:
            where = where.copy()
            where[list(self.faults)] = False
        self.dropped |= where

    def _value(self, position: int, row: int) -> Any:
        column = self._inputs[position] if position < len(self._inputs) else None
        if column is None:
            return None
        if isinstance(column, Numbers):
            if column.valid is not None and not column.valid[row]:
                return None
            return column.values[row].item() if column.source is None else column.source[row].as_py()
        if isinstance(column, Vectors):
            return f"a vector of {column.size} slots"
        return column[row].as_py()
