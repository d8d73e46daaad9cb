"""Sine and cosine to the bit as Spark's library has them, which is not always the nearest double.

Source: org.apache.commons.math3.util.FastMath (3.4 to 3.6): a table at each eighth, the rest by polynomials, the sum in
two parts; above a quarter turn the angle is reduced by Cody and Waite's method.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from scorer.vectors import Floats

Angles: TypeAlias = npt.NDArray[np.floating[Any]]

QUARTER = 1.5707963267948966  # of a turn, and what a double leaves out of it
_QUARTER_REST = 6.123233995736766e-17
_PARTS = (1.570796251296997, 7.549789948768648e-08, 6.123233995736766e-17)  # the same, in three short numbers
_SPLIT = float(1 << 30)

# Sine and cosine of 0, 1/8, … 13/8: the high bits, and what they leave out.
_SINES = np.array(
    [
        (0.0, 0.0),
        (0.1246747374534607, -4.068233003401932e-09),
        (0.24740394949913025, 9.755392680573412e-09),
        (0.366272509098053, 1.9987994582857286e-08),
        (0.4794255495071411, -1.0902938113007961e-08),
        (0.5850973129272461, -3.9986783938944604e-08),
        (0.6816387176513672, 4.23719669792332e-08),
        (0.7675435543060303, -5.207000323380292e-08),
        (0.8414709568023682, 2.800552834259e-08),
        (0.902267575263977, 1.883511811213715e-08),
        (0.9489846229553223, -3.5997360512765566e-09),
        (0.9808930158615112, 4.116164446561962e-08),
        (0.9974949359893799, 5.0614674548127384e-08),
        (0.9985313415527344, -1.0129027912496858e-09),
    ]
).T
_COSINES = np.array(
    [
        (1.0, 0.0),
        (0.9921976327896118, 3.4439717236742845e-08),
        (0.9689123630523682, 5.865827662008209e-08),
        (0.9305076599121094, -3.7999795083850525e-08),
        (0.8775825500488281, 1.184154459111628e-08),
        (0.8109631538391113, -3.43338934259355e-08),
        (0.7316888570785522, 1.1795268640216787e-08),
        (0.6409968137741089, 4.438921624363781e-08),
        (0.5403022766113281, 2.925681159240093e-08),
        (0.4311765432357788, -2.6437112632041807e-08),
        (0.3153223395347595, 2.2860509143963117e-08),
        (0.19454771280288696, -4.813899778443457e-09),
        (0.07073719799518585, 3.6725170580355583e-09),
        (-0.05417713522911072, 2.0217439756338078e-10),
    ]
).T


def sin(angles: Angles) -> Floats:
    """Return the sines of angles from 0 to 3,294,198 radians."""
    turns, high, low = _reduced(angles)
    return _by_quadrant(turns, _sine(high, low), _cosine(high, low))


def cos(angles: Angles) -> Floats:
    """Return the cosines of angles from 0 to 3,294,198 radians."""
    turns, high, low = _reduced(angles)
    return _by_quadrant(turns + 1, _sine(high, low), _cosine(high, low))


def _by_quadrant(turns: Floats, sine: Floats, cosine: Floats) -> Floats:
    found = np.where(turns % 2 == 1, cosine, sine)
    return np.where(turns % 4 >= 2, -found, found)


def _reduced(angles: Angles) -> tuple[Floats, Floats, Floats]:
    """Return the whole quarter turns, and what is left, in two parts."""
    turns = np.where(angles > QUARTER, np.trunc(angles * 0.6366197723675814), 0.0)
    high, low = _rest(angles, turns)
    turns = np.where(high > 0.0, turns, np.maximum(turns - 1.0, 0.0))  # the estimate may be one too many
    high, low = _rest(angles, turns)
    return turns, high, low


def _rest(angles: Angles, turns: Floats) -> tuple[Floats, Floats]:
    high = np.asarray(angles, np.float64)
    low = np.zeros_like(high)
    for part in _PARTS:
        less = -turns * part
        total = high + less
        low = low - (total - high - less)
        high = total
    return high, low


def _cosine(high: Floats, low: Floats) -> Floats:
    """Return the cosine of an angle in the first quadrant, as the sine of what it leaves of it."""
    left = QUARTER - high
    return _sine(left, -(left - QUARTER + high) + (_QUARTER_REST - low))


def _sine(high: Floats, low: Floats) -> Floats:
    """Return the sine of an angle in the first quadrant, given in two parts."""
    eighths = (high * 8.0 + 0.5).astype(np.intp)
    sine, sine_rest = _SINES[:, eighths]
    cosine, cosine_rest = _COSINES[:, eighths]
    small = high - eighths * 0.125
    less = _cosine_less_one(small)
    first = (small + small * _SPLIT) - small * _SPLIT
    second = _sine_less_itself(small) + (small - first)
    term = cosine * first
    total = sine + term
    rest = -(total - sine - term)
    rest = rest + sine * less + cosine * second
    rest = rest + sine_rest + cosine_rest * first + sine_rest * less + cosine_rest * second
    slope = (cosine + cosine_rest) * (1.0 + less) - (sine + sine_rest) * (first + second)
    term = slope * low
    whole = total + term
    rest = rest - (whole - total - term)
    return np.asarray(whole + rest)


def _sine_less_itself(x: Floats) -> Floats:
    square = x * x
    found = 2.7553817452272217e-06 * square + -1.9841269659586505e-04
    found = found * square + 0.008333333333329196
    found = found * square + -0.16666666666666666
    return found * square * x


def _cosine_less_one(x: Floats) -> Floats:
    square = x * x
    found = 2.479773539153719e-05 * square + -0.0013888888689039883
    found = found * square + 0.041666666666621166
    found = found * square + -0.49999999999999994
    return found * square
