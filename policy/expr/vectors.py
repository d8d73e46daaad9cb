"""Arithmetic and comparison of columns, exact to the last bit of an int64; the twins of `stdlib.operators`.

Ints come with a mask of the rows that have a value, or True for all; a double that is NaN has none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from policy.expr.machine import MAX_INT, MAX_TIME, MIN_INT, MIN_TIME

Array = Any
Pair = tuple[Array, Array]

_LEAST_TIME, _LAST_TIME = -(-MIN_TIME // 1000), MAX_TIME // 1000
_LAST_DURATION = MAX_INT // 1000
_FAR = 2.0**63


# --- ints ------------------------------------------------------------------------------------------------------


def add(left: Array, right: Array) -> Pair:
    """The sum, and where it did not overflow."""
    total = np.add(left, right)
    return total, ((left ^ total) & (right ^ total)) >= 0


def subtract(left: Array, right: Array) -> Pair:
    """Likewise the difference."""
    rest = np.subtract(left, right)
    return rest, ((left ^ right) & (left ^ rest)) >= 0


def multiply(left: Array, right: Array) -> Pair:
    """Likewise the product. A double tells all but products next to the limit, which are few and done one by one."""
    left, right = np.broadcast_arrays(np.asarray(left), np.asarray(right))
    product = left * right
    size = np.abs(left.astype(float) * right)
    fits = size < _FAR
    for row in np.flatnonzero((size > _FAR * 0.999) & (size < _FAR * 1.001)):
        fits[row] = MIN_INT <= int(left[row]) * int(right[row]) <= MAX_INT
    return product, fits


def negate(value: Array) -> Pair:
    """The negative; the least int has none."""
    return -value, value != MIN_INT


def divide(left: Array, right: Array) -> Pair:
    """The quotient, rounded toward zero."""
    fits = (right != 0) & ~((right == -1) & (left == MIN_INT))
    safe = np.where(fits, right, 1)
    quotient = left // safe
    return quotient + ((quotient < 0) & (quotient * safe != left)), fits


def remainder(left: Array, right: Array) -> Pair:
    """The remainder, with the sign of the left side."""
    fits = (right != 0) & ~((right == -1) & (left == MIN_INT))
    return np.fmod(left, np.where(fits, right, 1)), fits


# --- times, in microseconds ------------------------------------------------------------------------------------


def in_time(value: Array) -> Pair:
    """A timestamp, and where it lies in the years 1 to 9999."""
    return value, (value >= _LEAST_TIME) & (value <= _LAST_TIME)


def in_duration(value: Array) -> Pair:
    """A duration, and where its nanoseconds fit 64 bits."""
    return value, (value >= -_LAST_DURATION) & (value <= _LAST_DURATION)


# --- comparison of int with double -----------------------------------------------------------------------------


def _mixed(ints: Array, doubles: Array) -> tuple[Array, Array, Array]:
    """Where the int is less, equal and greater, on the line of real numbers; nowhere for NaN."""
    whole = np.floor(doubles)
    above, below = whole >= _FAR, whole < -_FAR
    near = np.isfinite(whole) & ~above & ~below
    floor = np.where(near, whole, 0.0).astype(np.int64)
    exact = doubles == whole
    less = above | (near & ((ints < floor) | ((ints == floor) & ~exact)))
    return less, near & exact & (ints == floor), below | (near & (ints > floor))


def mixed_lt(ints: Array, doubles: Array) -> Array:
    """Whether int < double."""
    return _mixed(ints, doubles)[0]


def mixed_le(ints: Array, doubles: Array) -> Array:
    """Whether int <= double."""
    less, same, _ = _mixed(ints, doubles)
    return less | same


def mixed_gt(ints: Array, doubles: Array) -> Array:
    """Whether int > double."""
    return _mixed(ints, doubles)[2]


def mixed_ge(ints: Array, doubles: Array) -> Array:
    """Whether int >= double."""
    _, same, more = _mixed(ints, doubles)
    return same | more


def mixed_eq(ints: Array, doubles: Array) -> Array:
    """Whether int == double."""
    return _mixed(ints, doubles)[1]


def mixed_ne(ints: Array, doubles: Array) -> Array:
    """Whether int != double; false for NaN, which is unknown."""
    less, _, more = _mixed(ints, doubles)
    return less | more


MIXED: dict[str, Callable[[Array, Array], Array]] = {
    "<": mixed_lt,
    "<=": mixed_le,
    ">": mixed_gt,
    ">=": mixed_ge,
    "==": mixed_eq,
    "!=": mixed_ne,
}


def int_bound(sign: str, number: float) -> tuple[str, int] | bool:
    """A comparison of ints with a double constant, as one with an int constant, or its answer for every int."""
    if abs(number) == math.inf or not -_FAR <= number < _FAR:
        return sign != "==" and (sign == "!=" or (sign in ("<", "<=")) == (number > 0))
    floor = math.floor(number)
    if floor == number:
        return sign, floor
    if sign in ("==", "!="):
        return sign == "!="
    if sign in ("<", "<="):
        return "<=", floor
    return ">", floor


def double_bound(sign: str, number: int) -> tuple[str, float] | str | bool:
    """A comparison of doubles with an int constant, as one with a double constant; False for never."""
    near = float(number)
    if near == number:
        return sign, near
    below = near if near < number else math.nextafter(near, -math.inf)
    if sign in ("<", "<="):
        return "<=", below
    if sign in (">", ">="):
        return ">", below
    return "known" if sign == "!=" else False


# --- membership ------------------------------------------------------------------------------------------------


def int_members(values: Sequence[float]) -> Array:
    """The constants that an int can equal."""
    whole = [int(value) for value in values if math.isfinite(value) and value == int(value)]
    return np.array([value for value in whole if MIN_INT <= value <= MAX_INT], np.int64)


def double_members(values: Sequence[float]) -> Array:
    """The constants that a double can equal."""
    return np.array([float(value) for value in values if float(value) == value], np.float64)


def masked(mask: Array, rows: int) -> Array:
    """A mask as an array, also where it is one bool for all rows."""
    return mask if isinstance(mask, np.ndarray) and mask.ndim else np.full(rows, bool(mask))
