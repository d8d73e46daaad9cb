"""The functions of CEL's `math` extension on the 64 bits of an int."""

from __future__ import annotations

import operator as py
from collections.abc import Callable
from typing import Any

import numpy as np

from policy.expr.functions import function
from policy.expr.machine import MAX_INT

_WIDTH = 64
_ALL = (1 << _WIDTH) - 1


def _signed(bits: int) -> int:
    """The int of 64 bits."""
    return bits if bits <= MAX_INT else bits - _ALL - 1


def _pairwise(name: str, row: Callable[[int, int], int], doc: str, example: str) -> None:
    """Registers an operation on every pair of bits; NumPy says it with the same operator."""
    made = function(name, "(int, int) -> int", doc=doc, examples=[example])(row)

    @made.batch
    def _(left: Any, right: Any) -> Any:
        return row(left, right)


_pairwise("math.bitAnd", py.and_, "The bits that are set in both.", "math.bitAnd(6, 3) == 2")
_pairwise("math.bitOr", py.or_, "The bits that are set in one or both.", "math.bitOr(6, 3) == 7")
_pairwise("math.bitXor", py.xor, "The bits that are set in one of them alone.", "math.bitXor(6, 3) == 5")


@function("math.bitNot", "(int) -> int", doc="Every bit turned.", examples=["math.bitNot(0) == -1"])
def bit_not(value: int) -> int:
    return ~value


@bit_not.batch
def _(value: Any) -> Any:
    return np.invert(value)


@function(
    "math.bitShiftLeft",
    "(int, int) -> int",
    partial=True,
    doc="The bits so many places higher, zeros from below; unknown for a negative number of places.",
    examples=["math.bitShiftLeft(1, 4) == 16", "math.bitShiftLeft(1, 64) == 0"],
)
def shift_left(value: int, places: int) -> int | None:
    if places < 0:
        return None
    return _signed(value << places & _ALL) if places < _WIDTH else 0


@function(
    "math.bitShiftRight",
    "(int, int) -> int",
    partial=True,
    doc="The bits so many places lower, zeros from above; unknown for a negative number of places.",
    examples=["math.bitShiftRight(16, 4) == 1", "math.bitShiftRight(-1, 63) == 1"],
)
def shift_right(value: int, places: int) -> int | None:
    if places < 0:
        return None
    return _signed((value & _ALL) >> places) if places < _WIDTH else 0


def _shifted(shift: Callable[[Any, Any], Any], value: Any, places: Any) -> Any:
    """The shifted bits, and where the number of places is none that is negative."""
    bits, count = np.asarray(value, np.int64).view(np.uint64), np.asarray(places, np.int64)
    inside = (count >= 0) & (count < _WIDTH)
    moved = shift(bits, np.where(inside, count, 0).astype(np.uint64))
    return np.where(inside, moved, np.uint64(0)).view(np.int64), count >= 0


@shift_left.batch
def _(value: Any, places: Any) -> Any:
    return _shifted(np.left_shift, value, places)


@shift_right.batch
def _(value: Any, places: Any) -> Any:
    return _shifted(np.right_shift, value, places)
