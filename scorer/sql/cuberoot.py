"""The cube root with Java's last bit: C libraries differ from it by a unit in the last place, half of the time.

Source: java.lang.FdLibm.Cbrt; the method is Kahan's: a third of the exponent, a rational step to 23 bits, one step of
Newton's on a first guess that has so few bits that its square is exact.
"""

from __future__ import annotations

import math
import struct

_BIAS, _SMALL_BIAS = (
    715094163,
    696219795,
)  # added to a third of the high word, the second for 2^54 times the number
_TINY, _LIFT = 2.0**-1022, 2.0**54
_C, _D, _E, _F, _G = 19 / 35, -864 / 1225, 99 / 70, 45 / 28, 5 / 14


def cube_root(x: float) -> float:
    """Return the cube root of a number of either sign."""
    if x == 0.0 or not math.isfinite(x):
        return x
    size = abs(x)
    high = _high(size) // 3 + _BIAS if size >= _TINY else _high(size * _LIFT) // 3 + _SMALL_BIAS
    guess = _from_high(high)
    near = _C + guess * guess / size * guess
    guess *= _G + _F / (near + _E + _D / near)
    guess = _from_high(_high(guess) + 1)
    quotient = size / (guess * guess)
    root = guess + guess * ((quotient - guess) / (guess + guess + quotient))
    return math.copysign(root, x)


def _high(x: float) -> int:
    """Return the upper 32 bits of a positive number."""
    return int(struct.unpack(">Q", struct.pack(">d", x))[0]) >> 32


def _from_high(bits: int) -> float:
    return float(struct.unpack(">d", struct.pack(">Q", bits << 32))[0])
