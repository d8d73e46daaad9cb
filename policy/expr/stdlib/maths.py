"""The functions of CEL's `math` extension on sizes and signs; `policy.expr.stdlib.bits` has those on bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from policy.expr.functions import function
from policy.expr.machine import MIN_INT

_MOST = 4  # arguments of `least` and `greatest`; more stand in a list
_COUNTS = range(1, _MOST + 1)
_SEVERAL = tuple(
    f"({', '.join([type_] * count)}) -> {type_}" for count in _COUNTS for type_ in ("int", "double")
)
_LISTS = ("(list(int)) -> int", "(list(double)) -> double")


@function(
    "math.abs",
    "(int) -> int",
    partial=True,
    doc="The magnitude of an int; unknown for the least one.",
    examples=["math.abs(-3) == 3"],
)
def abs_of_int(value: int) -> int | None:
    return abs(value) if value > MIN_INT else None


@abs_of_int.batch
def _(value: Any) -> Any:
    return np.abs(value), value > MIN_INT


@function(
    "math.abs", "(double) -> double", doc="The magnitude of a double.", examples=["math.abs(-0.5) == 0.5"]
)
def abs_of_double(value: float) -> float:
    return abs(value)


@abs_of_double.batch
def _(value: Any) -> Any:
    return np.abs(value)


@function("math.sign", "(int) -> int", doc="-1, 0 or 1.", examples=["math.sign(-3) == -1"])
def sign_of_int(value: int) -> int:
    return (value > 0) - (value < 0)


@sign_of_int.batch
def _(value: Any) -> Any:
    return np.sign(value)


@function("math.sign", "(double) -> double", doc="-1.0, 0.0 or 1.0.", examples=["math.sign(-0.5) == -1.0"])
def sign_of_double(value: float) -> float:
    return float((value > 0) - (value < 0))


@sign_of_double.batch
def _(value: Any) -> Any:
    return np.sign(value)


@function(
    "math.floor", "(double) -> double", doc="The whole number below.", examples=["math.floor(-1.5) == -2.0"]
)
def floor(value: float) -> float:
    return math.copysign(math.floor(value), value) if math.isfinite(value) else value


@floor.batch
def _(value: Any) -> Any:
    return np.floor(value)


@function(
    "math.ceil", "(double) -> double", doc="The whole number above.", examples=["math.ceil(1.2) == 2.0"]
)
def ceil(value: float) -> float:
    return math.copysign(math.ceil(value), value) if math.isfinite(value) else value


@ceil.batch
def _(value: Any) -> Any:
    return np.ceil(value)


@function(
    "math.trunc", "(double) -> double", doc="Without the fraction.", examples=["math.trunc(-1.9) == -1.0"]
)
def trunc(value: float) -> float:
    return math.copysign(math.trunc(value), value) if math.isfinite(value) else value


@trunc.batch
def _(value: Any) -> Any:
    return np.trunc(value)


@function(
    "math.round",
    "(double) -> double",
    doc="The nearest whole number, halves away from zero.",
    examples=["math.round(1.5) == 2.0", "math.round(-2.5) == -3.0"],
)
def round_(value: float) -> float:
    if not math.isfinite(value):
        return value
    whole = math.trunc(value)
    nearest = whole + (value > 0) - (value < 0) if abs(value - whole) >= 0.5 else whole
    return math.copysign(nearest, value)


@round_.batch
def _(value: Any) -> Any:
    whole = np.trunc(value)
    away = np.abs(value - whole) >= 0.5  # false for infinities, whose difference is not a number
    return np.copysign(np.where(away, whole + np.sign(value), whole), value)


@function(
    "math.isInf", "(double) -> bool", doc="True for both infinities.", examples=["math.isInf(1.0 / 0.0)"]
)
def is_infinite(value: float) -> bool:
    return math.isinf(value)


@is_infinite.batch
def _(value: Any) -> Any:
    return np.isinf(value)


@function(
    "math.isFinite",
    "(double) -> bool",
    doc="True for all but the infinities.",
    examples=["math.isFinite(1.5)", "!math.isFinite(1.0 / 0.0)"],
)
def is_finite(value: float) -> bool:
    return math.isfinite(value)


@is_finite.batch
def _(value: Any) -> Any:
    return np.isfinite(value)


@function(
    "math.sqrt",
    "(double) -> double",
    "(int) -> double",
    partial=True,
    doc="The square root; unknown for a negative number.",
    examples=["math.sqrt(6.25) == 2.5", "math.sqrt(9) == 3.0"],
)
def square_root(value: float) -> float | None:
    return math.sqrt(value) if value >= 0 else None


@square_root.batch
def _(value: Any) -> Any:
    return np.sqrt(np.asarray(value, np.float64))


@function(
    "math.least",
    *_SEVERAL,
    doc="The smallest.",
    examples=["math.least(3, 2) == 2", "math.least(0.5, 0.25, 1.0) == 0.25"],
)
def least(*values: float) -> float:
    return min(values)


@least.batch
def _(first: Any, *others: Any) -> Any:
    for other in others:
        first = np.where((other < first) | (other != other), other, first)
    return first


@function(
    "math.least",
    *_LISTS,
    partial=True,
    doc="The smallest item; unknown if an item is, and of no items.",
    examples=["math.least([3, 1, 2]) == 1"],
)
def least_item(items: tuple[Any, ...]) -> Any:
    return None if not items or None in items else min(items)


@function(
    "math.greatest",
    *_SEVERAL,
    doc="The largest.",
    examples=["math.greatest(3, 2) == 3"],
)
def greatest(*values: float) -> float:
    return max(values)


@greatest.batch
def _(first: Any, *others: Any) -> Any:
    for other in others:
        first = np.where((other > first) | (other != other), other, first)
    return first


@function(
    "math.greatest",
    *_LISTS,
    partial=True,
    doc="The largest item; unknown if an item is, and of no items.",
    examples=["math.greatest([3, 1, 2]) == 3"],
)
def greatest_item(items: tuple[Any, ...]) -> Any:
    return None if not items or None in items else max(items)
