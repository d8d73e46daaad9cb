"""Arithmetic and comparison. Whatever CEL calls an error (overflow, division by zero) is unknown."""

from __future__ import annotations

import operator as py
from typing import Any

from policy.expr.functions import operator
from policy.expr.machine import MAX_INT, MAX_LIST, MAX_TEXT, MAX_TIME, MIN_INT, MIN_TIME

_IN_INT = (MIN_INT, MAX_INT)
_IN_TIME = (MIN_TIME, MAX_TIME)
_NUMBER = ()
_TIMES = ("(timestamp, timestamp)", "(duration, duration)")
_SAME = (
    "(int, int)",
    "(double, double)",
    "(int, double)",
    "(double, int)",
    "(bool, bool)",
    "(string, string)",
)


def divide(left: int, right: int) -> int | None:
    """Rounded toward zero, as in C and CEL."""
    if right == 0:
        return None
    quotient = left // right if (left < 0) == (right < 0) else -(-left // right)
    return quotient if quotient <= MAX_INT else None


def remainder(left: int, right: int) -> int | None:
    """With the sign of the left side; the least int by -1 overflows, as its quotient does."""
    if right == 0 or (right == -1 and left == MIN_INT):
        return None
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def ratio(left: float, right: float) -> float | None:
    """IEEE 754: a division by zero is infinite; unknown if it is not a number."""
    if right:
        value = left / right
        return value if value == value else None
    if left == 0.0:
        return None
    return float("inf") if (left > 0) == (_sign(right) > 0) else float("-inf")


def _sign(zero: float) -> int:
    return -1 if str(zero)[0] == "-" else 1


def joined(left: Any, right: Any) -> Any:
    """Bounded, so that no chain of macros can double a value without end."""
    limit = MAX_TEXT if type(left) is str else MAX_LIST
    return left + right if len(left) + len(right) <= limit else None


def lists_equal(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool | None:
    """False if lengths or two known items differ, else unknown if any item is."""
    if len(left) != len(right):
        return False
    unknown = False
    for one, other in zip(left, right, strict=True):
        same = _items_equal(one, other)
        if same is False:
            return False
        unknown |= same is None
    return None if unknown else True


def _items_equal(one: Any, other: Any) -> bool | None:
    if one is None or other is None:
        return None
    if type(one) is tuple:
        return lists_equal(one, other)
    return bool(one == other)


def member(item: Any, items: tuple[Any, ...]) -> bool | None:
    """True if an item is equal, else unknown if any is unknown."""
    unknown = False
    for each in items:
        same = _items_equal(each, item)
        if same:
            return True
        unknown |= same is None
    return None if unknown else False


def at(items: tuple[Any, ...], index: int) -> Any:
    """The item at a place from 0."""
    return items[index] if 0 <= index < len(items) else None


def _contains(item: Any, items: Any) -> bool:
    return item in items


def within(address: int, network: tuple[int, int, int]) -> bool:
    """Whether an address lies in a range."""
    return network[0] <= address <= network[1]


ADD = operator(
    "_+_",
    "(int, int) -> int",
    row=py.add,
    template="{0} + {1}",
    bounds=_IN_INT,
    doc="The sum of two ints; unknown if it needs more than 64 bits.",
    examples=["1 + 2 == 3"],
)
operator(
    "_+_",
    "(double, double) -> double",
    row=py.add,
    template="{0} + {1}",
    bounds=_NUMBER,
    doc="The sum of two doubles.",
    examples=["0.5 + 0.25 == 0.75"],
)
operator(
    "_+_",
    "(string, string) -> string",
    "(list(A), list(A)) -> list(A)",
    row=joined,
    partial=True,
    doc="Two strings, or two lists, one after the other; unknown beyond "
    f"{MAX_TEXT:,} characters or {MAX_LIST:,} items.",
    examples=["'log' + 'in' == 'login'", "[1] + [2, 3] == [1, 2, 3]"],
)
operator(
    "_+_",
    "(timestamp, duration) -> timestamp",
    "(duration, timestamp) -> timestamp",
    row=py.add,
    template="{0} + {1}",
    bounds=_IN_TIME,
    doc="A later time; unknown outside of the years 1 to 9999.",
    examples=["timestamp('2026-01-31T23:30:00Z') + duration('1h') == timestamp('2026-02-01T00:30:00Z')"],
)
operator(
    "_+_",
    "(duration, duration) -> duration",
    row=py.add,
    template="{0} + {1}",
    bounds=_IN_INT,
    doc="Two durations together; unknown beyond 292 years.",
    examples=["duration('1h') + duration('30m') == duration('90m')"],
)
operator(
    "_-_",
    "(int, int) -> int",
    row=py.sub,
    template="{0} - {1}",
    bounds=_IN_INT,
    doc="The difference of two ints; unknown if it needs more than 64 bits.",
    examples=["1 - 3 == -2"],
)
operator(
    "_-_",
    "(double, double) -> double",
    row=py.sub,
    template="{0} - {1}",
    bounds=_NUMBER,
    doc="The difference of two doubles.",
    examples=["0.75 - 0.5 == 0.25"],
)
operator(
    "_-_",
    "(timestamp, duration) -> timestamp",
    row=py.sub,
    template="{0} - {1}",
    bounds=_IN_TIME,
    doc="An earlier time; unknown outside of the years 1 to 9999.",
    examples=["timestamp('2026-02-01T00:30:00Z') - duration('1h') == timestamp('2026-01-31T23:30:00Z')"],
)
operator(
    "_-_",
    "(timestamp, timestamp) -> duration",
    "(duration, duration) -> duration",
    row=py.sub,
    template="{0} - {1}",
    bounds=_IN_INT,
    doc="The time between; unknown beyond 292 years.",
    examples=["timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z') == duration('24h')"],
)
operator(
    "_*_",
    "(int, int) -> int",
    row=py.mul,
    template="{0} * {1}",
    bounds=_IN_INT,
    doc="The product of two ints; unknown if it needs more than 64 bits.",
    examples=["6 * 7 == 42"],
)
operator(
    "_*_",
    "(double, double) -> double",
    row=py.mul,
    template="{0} * {1}",
    bounds=_NUMBER,
    doc="The product of two doubles.",
    examples=["0.5 * 3.0 == 1.5"],
)
operator(
    "_/_",
    "(int, int) -> int",
    row=divide,
    partial=True,
    doc="The quotient of two ints, rounded toward zero; unknown for a division by zero.",
    examples=["7 / 2 == 3", "-7 / 2 == -3"],
)
operator(
    "_/_",
    "(double, double) -> double",
    row=ratio,
    partial=True,
    doc="The quotient of two doubles; a division by zero is infinite, 0.0 / 0.0 unknown.",
    examples=["7.0 / 2.0 == 3.5"],
)
operator(
    "_%_",
    "(int, int) -> int",
    row=remainder,
    partial=True,
    doc="The remainder of `/`, with the sign of the left side; unknown for a division by zero.",
    examples=["7 % 2 == 1", "-7 % 2 == -1"],
)
operator(
    "-_",
    "(int) -> int",
    row=py.neg,
    template="-{0}",
    bounds=_IN_INT,
    doc="The negative of an int.",
    examples=["-(2 - 5) == 3"],
)
operator(
    "-_",
    "(double) -> double",
    row=py.neg,
    template="-{0}",
    doc="The negative of a double.",
    examples=["-(0.5) == -0.5"],
)
for _sign_, _row, _words in (
    ("<", py.lt, "smaller"),
    ("<=", py.le, "smaller or equal"),
    (">", py.gt, "greater"),
    (">=", py.ge, "greater or equal"),
):
    operator(
        f"_{_sign_}_",
        *(f"{types} -> bool" for types in (*_SAME, *_TIMES)),
        row=_row,
        template=f"{{0}} {_sign_} {{1}}",
        doc=f"True if the left side is {_words}. Strings compare by code point; an int and a double compare exactly.",
        examples=[
            f"(2 {_sign_} 1.5) == {str(_row(2, 1.5)).lower()}",
            f"('a' {_sign_} 'b') == {str(_row(1, 2)).lower()}",
        ],
    )

_EQUAL_TYPES = (*_SAME, *_TIMES, "(ip, ip)", "(cidr, cidr)")
EQUAL = operator(
    "_==_",
    *(f"{types} -> bool" for types in _EQUAL_TYPES),
    row=py.eq,
    template="{0} == {1}",
    doc="True if both sides are equal. `x == null` is true if x is unknown.",
    examples=["1 == 1.0", "'a' == 'a'"],
)
DIFFERENT = operator(
    "_!=_",
    *(f"{types} -> bool" for types in _EQUAL_TYPES),
    row=py.ne,
    template="{0} != {1}",
    doc="True if both sides differ. `x != null` is true if x is known.",
    examples=["1 != 2"],
)
LISTS_EQUAL = operator(
    "_==_",
    "(list(A), list(A)) -> bool",
    row=lists_equal,
    partial=True,
    doc="True if two lists hold equal items in the same order; unknown if that hangs on an unknown item.",
    examples=["[1, 2] == [1, 2]", "!([1, 2] == [2, 1])"],
)
MEMBER = operator(
    "@in",
    "(A, list(A)) -> bool",
    row=member,
    partial=True,
    doc="True if the list holds an equal item.",
    examples=["'NO' in ['NO', 'SE']", "!(3 in [1, 2])"],
)
IN_SET = operator(
    "@in",
    "(A, set(A)) -> bool",
    "(int, set(double)) -> bool",
    "(double, set(int)) -> bool",
    row=_contains,
    template="{0} in {1}",
    doc="True if the value is a member, for a list that the policy names.",
    examples=[],
)
IN_NETWORK = operator(
    "@in",
    "(ip, cidr) -> bool",
    row=within,
    template="{1}[0] <= {0} <= {1}[1]",
    doc="True if the address lies in the range.",
    examples=["ip('10.1.2.3') in cidr('10.0.0.0/8')"],
)
INDEX = operator(
    "_[_]",
    "(list(A), int) -> A",
    row=at,
    partial=True,
    doc="The item at a place, from 0; unknown outside of the list.",
    examples=["[1, 2, 3][1] == 2"],
)
operator(
    "!_",
    "(bool) -> bool",
    row=py.not_,
    template="not {0}",
    doc="The opposite; unknown stays unknown.",
    examples=["!false"],
)
