"""Python values and text to columns of a given type: nothing is rounded, cut or guessed on the way."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

Kinds: TypeAlias = "pa.DataType | tuple[pa.DataType, ...]"
"""The type of a column; or types, of which the first that fits the column's first values is taken."""


class CellError(Exception):
    """One value that its column cannot hold. row: its place among the values."""

    def __init__(self, row: int, expected: str, got: str) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.row = row


def from_values(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Values as JSON has them to a column. Raises CellError for the first that is of another type.

    An int is a double if the column says so; nothing else changes its type. Times are RFC 3339 text.
    """
    accepted = _accepted(kind)
    if accepted is not None and not accepted.issuperset(map(type, values)):
        row = next(row for row, value in enumerate(values) if type(value) not in accepted)
        raise CellError(row, spoken(kind), shown(values[row]))
    if _is_time(kind):
        return from_text(pa.array(values, pa.string()), kind)
    if pa.types.is_list(kind):
        return _from_lists(values, kind)
    try:
        return pa.array(values, kind)
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        return _one_by_one(values, kind)


def settle(kinds: Kinds, convert: Callable[[pa.DataType], pa.Array]) -> pa.Array:
    """The column in the first type that its values fit. Raises the CellError of the first."""
    first, *others = kinds if isinstance(kinds, tuple) else (kinds,)
    try:
        return convert(first)
    except CellError:
        for kind in others:
            with suppress(CellError):
                return convert(kind)
        raise


def _one_by_one(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_floating(kind):  # an integer of more than 53 bits becomes the nearest double
        values = [value if value is None else _float(row, value) for row, value in enumerate(values)]
    for row, value in enumerate(values):
        try:
            pa.array([value], kind)
        except (pa.ArrowException, OverflowError, ValueError, TypeError):
            raise CellError(row, spoken(kind), shown(value)) from None
    return pa.array(values, kind)


def _from_lists(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    ends = [0, *accumulate(0 if value is None else len(value) for value in values)]
    flat = [item for value in values if value is not None for item in value]
    try:
        items = from_values(flat, kind.value_type)
    except CellError as error:
        row = bisect_right(ends, error.row) - 1
        raise CellError(row, spoken(kind), shown(values[row])) from None
    starts = [None if value is None else end for value, end in zip(values, ends, strict=False)]
    return pa.ListArray.from_arrays(pa.array([*starts, ends[-1]], pa.int32()), items, type=kind)


def _float(row: int, value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise CellError(row, "double", shown(value)) from None


def from_text(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Cells of text to a column; an empty cell is null, but in a column of strings it is what it is.

    Raises CellError for the first cell that does not read as the type: numbers without spaces or separators,
    true and false, RFC 3339 times, JSON for lists and structs.
    """
    if kind == pa.string():
        return texts
    filled = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    if pa.types.is_nested(kind):
        return _from_json(filled, kind)
    try:
        return filled.cast(kind)
    except pa.ArrowException:
        row = _first_bad(filled, lambda part: part.cast(kind))
        raise CellError(row, spoken(kind), shown(filled[row].as_py())) from None


def _from_json(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    values = []
    for row, text in enumerate(texts.to_pylist()):
        try:
            values.append(None if text is None else msgspec.json.decode(text))
        except (msgspec.DecodeError, RecursionError):
            raise CellError(row, f"{spoken(kind)} as JSON", shown(text)) from None
    return from_values(values, kind)


def _first_bad(array: pa.Array, convert: Callable[[pa.Array], Any]) -> int:
    """The first row that cannot be converted, by halving."""
    low, high = 0, len(array)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            convert(array.slice(low, middle - low))
        except pa.ArrowException:
            high = middle
        else:
            low = middle
    return low


def _accepted(kind: pa.DataType) -> set[type] | None:
    none = type(None)
    if pa.types.is_boolean(kind):
        return {bool, none}
    if pa.types.is_integer(kind):
        return {int, none}
    if pa.types.is_floating(kind):
        return {float, int, none}
    if pa.types.is_string(kind) or _is_time(kind):
        return {str, none}
    if pa.types.is_list(kind):
        return {list, none}
    return None


def _is_time(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def spoken(kind: pa.DataType) -> str:
    """A type in the words of a message."""
    if pa.types.is_boolean(kind):
        return "bool (true or false)"
    if pa.types.is_integer(kind):
        return "int" if kind == pa.int64() else f"int ({kind})"
    if pa.types.is_floating(kind):
        return "double"
    if pa.types.is_timestamp(kind):
        return "timestamp (RFC 3339, such as 2026-01-31T12:00:00Z)"
    if pa.types.is_date(kind):
        return "date (such as 2026-01-31)"
    return str(kind)


def shown(value: Any, limit: int = 60) -> str:
    """A value in a message, as JSON, cut to `limit` characters."""
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
