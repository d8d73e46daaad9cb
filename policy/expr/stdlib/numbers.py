"""Conversions to int, double and bool."""

from __future__ import annotations

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
