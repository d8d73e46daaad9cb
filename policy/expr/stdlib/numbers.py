"""Conversions to int, double and bool, and the functions of CEL's `math` extension that conditions need."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from policy.expr.functions import function
from policy.expr.machine import MAX_INT, MIN_INT

_INT = re.compile(r"[+-]?[0-9]{1,40}").fullmatch
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE).fullmatch
_BOOLS = {
    **dict.fromkeys(("1", "t", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "false", "FALSE", "False"), False),
}


@function(
    "int",
    "(int) -> int",
    doc="The value itself.",
    examples=["int(7) == 7"],
    template="{0}",
)
def int_of_int(value: int) -> int:
    return value


@function(
    "int",
    "(double) -> int",
    partial=True,
    doc="The number without its fraction; unknown if it needs more than 64 bits.",
    examples=["int(1.9) == 1", "int(-1.9) == -1"],
)
def int_of_double(value: float) -> int | None:
    return int(value) if -(2.0**63) < value < 2.0**63 else None


@int_of_double.batch
def _(value: Any) -> Any:
    fits = (value > -(2.0**63)) & (value < 2.0**63)
    return np.where(fits, value, 0.0).astype(np.int64), fits


@function(
    "int",
    "(string) -> int",
    partial=True,
    doc="The decimal number that the text is; unknown for other text.",
    examples=["int('-42') == -42"],
)
def int_of_string(text: str) -> int | None:
    if not _INT(text):
        return None
    value = int(text)
    return value if MIN_INT <= value <= MAX_INT else None


@function(
    "double",
    "(double) -> double",
    "(int) -> double",
    doc="The nearest double.",
    examples=["double(3) == 3.0"],
)
def double_of_number(value: float) -> float:
    return float(value)


@double_of_number.batch
def _(value: Any) -> Any:
    return value.astype(np.float64)


@function(
    "double",
    "(string) -> double",
    partial=True,
    doc="The number that the text is; unknown for other text, and for not-a-number.",
    examples=["double('-1.5e3') == -1500.0"],
)
def double_of_string(text: str) -> float | None:
    return float(text) if _DOUBLE(text) or _INFINITE(text) else None


@function(
    "bool",
    "(bool) -> bool",
    doc="The value itself.",
    examples=["bool(true)"],
    template="{0}",
)
def bool_of_bool(value: bool) -> bool:
    return value


@function(
    "bool",
    "(string) -> bool",
    partial=True,
    doc="True for 1, t, true, True, TRUE and false for 0, f, false, False, FALSE; unknown for other text.",
    examples=["bool('true')", "!bool('0')"],
)
def bool_of_string(text: str) -> bool | None:
    return _BOOLS.get(text)


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
    "math.least",
    "(int, int) -> int",
    "(double, double) -> double",
    "(int, int, int) -> int",
    "(double, double, double) -> double",
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
    "math.greatest",
    "(int, int) -> int",
    "(double, double) -> double",
    "(int, int, int) -> int",
    "(double, double, double) -> double",
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
