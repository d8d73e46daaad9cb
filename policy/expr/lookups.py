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

from policy.expr import vectors
from policy.expr.columns import Array, Column
from policy.expr.stdlib.operators import DIFFERENT, EQUAL, IN_SET
from policy.expr.typed import Apply, Const, Input, Typed, inputs
from policy.expr.types import DOUBLE, Type
from policy.expr.units import unit
from policy.expr.vector.layout import Mode

_FEW = 4  # comparisons that cost less than a gather
_MANY = 64  # values from which vector code pays

Lookup = Callable[[Array], Any]


def answers(node: Typed, column: Column, function: Callable[..., Any], sets: Sequence[Any]) -> list[Any]:
    """The machine value of the part for every distinct value of its coded column, and last for null."""
    assert column.values is not None
    function = guarded(node, function)
    if _is_membership(node):
        return memberships(column.values, sets[0])
    if len(column.values) > _MANY and not sets and (found := _vector(node, column)) is not None:
        return [*_listed(found), function(None)]
    return [function(value, *sets) for value in column.values]


def guarded(node: Typed, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a coded column's values, for the null code too."""
    optional = all(each.optional for each in inputs(node).values() if each.type.name != "set")
    return function if optional else never_missing(function)


def never_missing(function: Callable[..., Any]) -> Callable[..., Any]:
    """For a name that is always known the code looks at no null; the null code that every column has means nothing."""
    return lambda value, *sets: None if value is None else function(value, *sets)


def _is_membership(node: Typed) -> bool:
    """Whether the part is `column in set`."""
    return (
        isinstance(node, Apply)
        and node.overload.function is IN_SET
        and all(isinstance(arg, Input) for arg in node.args)
    )


def memberships(values: Sequence[Any], members_: Any) -> list[bool | None]:
    """Whether each value is a member; None for the last, which is None, and for others without a value."""
    if not hasattr(members_, "among"):
        return [None if value is None else value in members_ for value in values]
    known = [value for value in values if value is not None]
    found = iter(members_.among(known).tolist())
    return [None if value is None else next(found) for value in values]


def members(members_: Any, type_: Type) -> Callable[[Array], Array]:
    """What generated code calls with numbers of a type: whether each is a member of a set of numbers."""
    numbers_ = list(members_)
    known = vectors.double_members(numbers_) if type_ == DOUBLE else vectors.int_members(numbers_)
    known.sort()
    if not known.size:
        return lambda data: np.zeros(len(data), bool)

    def test(data: Array) -> Array:
        places = np.searchsorted(known, data)
        return known.take(places, mode="clip") == data

    return test


def lookup(mode: Mode, found: Sequence[Any], type_: Type) -> Lookup:
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


def numbers(found: Sequence[Any], type_: Type) -> tuple[Array, Array]:
    """Machine values as a column, and where there is one."""
    known = np.array([value is not None for value in found], bool)
    if type_ == DOUBLE:
        return np.array([np.nan if value is None else value for value in found], np.float64), known
    size = unit(type_)
    return np.array([0 if value is None else value // size for value in found], np.int64), known
