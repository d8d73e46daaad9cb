"""A part that reads one coded column has one answer for each distinct value: worked out once, then looked up by code.

The null code is the last, so nulls cost nothing. A table with few true entries becomes comparisons of codes, which are
ten times faster than a gather.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policy.expr.columns import Array, Column
from policy.expr.stdlib.operators import DIFFERENT, EQUAL
from policy.expr.typed import Apply, Const, Input, Typed
from policy.expr.vector import Mode

_FEW = 4  # comparisons that cost less than a gather
_MANY = 64  # values from which vector code pays

Lookup = Callable[[Array], Any]


def answers(node: Typed, column: Column, function: Callable[..., Any], sets: Sequence[Any]) -> list[Any]:
    """The machine value of the part for every distinct value of its coded column, and last for null."""
    assert column.values is not None
    if len(column.values) > _MANY and not sets and (found := _vector(node, column)) is not None:
        return [*_listed(found), function(None)]
    return [function(value, *sets) for value in column.values]


def lookup(mode: Mode, found: Sequence[Any], type_: str) -> Lookup:
    """What generated code calls with codes: a mask of a bool, or numbers, or where there are numbers."""
    if mode in ("truth", "falsity"):
        return mask(found, mode == "truth")
    data, known = numbers(found, type_)
    table = data if mode == "number" else known
    return lambda codes: table.take(codes.astype(np.intp), mode="clip")


def _listed(found: Any) -> list[Any]:
    values: list[Any] = found.to_pylist() if isinstance(found, pa.Array | pa.ChunkedArray) else found.tolist()
    return values


def _vector(node: Typed, column: Column) -> Any:
    """The part over all distinct values at once by the twins of its functions; None if one has no twin."""
    if isinstance(node, Input):
        text = column.text
        return text if text is not None and column.type.name == "string" and not text.null_count else None
    if not isinstance(node, Apply) or sum(not isinstance(arg, Const) for arg in node.args) != 1:
        return None
    if isinstance(node.args[0], Const):
        return None
    first = _vector(node.args[0], column)
    function = node.overload.function
    rest = [arg.value for arg in node.args if isinstance(arg, Const)]
    if first is None or not isinstance(first, pa.Array):
        return None
    if function in (EQUAL, DIFFERENT) and pa.types.is_string(first.type):
        return (pc.equal if function is EQUAL else pc.not_equal)(first, pa.scalar(rest[0], first.type))
    return function.vector(first, *rest) if function.vector is not None else None


def mask(found: Sequence[Any], wanted: bool) -> Lookup:
    """A test of codes for the answers that are the wanted bool."""
    table = np.array([value is wanted for value in found], bool)
    codes = np.flatnonzero(table)
    if not codes.size:
        return lambda _codes: False
    if codes.size == table.size:
        return lambda _codes: True
    if codes.size <= _FEW:
        return _among([int(code) for code in codes])
    others = np.flatnonzero(~table)
    if others.size <= _FEW:
        test = _among([int(code) for code in others])
        return lambda codes_: ~test(codes_)
    return lambda codes_: table.take(codes_.astype(np.intp), mode="clip")


def _among(codes: list[int]) -> Lookup:
    first, *rest = codes
    if not rest:
        return lambda given: given == first

    def test(given: Array) -> Array:
        found = given == first
        for code in rest:
            found |= given == code
        return found

    return test


def numbers(found: Sequence[Any], type_: str) -> tuple[Array, Array]:
    """Machine values as a column, and where there is one."""
    known = np.array([value is not None for value in found], bool)
    if type_ == "double":
        return np.array([np.nan if value is None else value for value in found], np.float64), known
    unit = 1000 if type_ in ("timestamp", "duration") else 1
    return np.array([0 if value is None else value // unit for value in found], np.int64), known
