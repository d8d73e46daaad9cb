"""The sketch of a catalog in bytes, and of the vectors that are multiplied with it (numba).

    row = scale · (bytes + error), |error| <= ratio        vector = step · shorts + rest

    so    score = scale · (step · bytes · shorts ± slack),    slack = ratio · |vector| + most · |rest|

`most` is the largest |bytes|. `ratio` holds the rounding of all sums as well. The product of bytes and shorts is exact.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types

from scorer.kernels.compiling import entry, part
from scorer.kernels.lanes import LANES

HIGHEST = 127  # that a byte of a sketch is
SHORT = 32767  # the highest that a short may be, if a sum in 32 bits has room for it

F32 = types.Array(types.float32, 1, "C", readonly=True)
SCORES = types.Array(types.float32, 1, "C")
FACTORS = types.Array(types.float32, 2, "C", readonly=True)
BYTES = types.Array(types.int8, 2, "C", readonly=True)


class Sketch(NamedTuple):
    """The items: `factors` (items, rank), `rows` (items, padded) bytes, `scale` (items,)."""

    factors: Any
    rows: Any
    scale: Any


class Sides(NamedTuple):
    """The vectors: `shorts` (vectors, padded), `step` and `slack` (vectors,); slack is NaN where no bound holds."""

    shorts: Any
    step: Any
    slack: Any


def padded_to(rank: int) -> int:
    """Return the width of a sketch's rows."""
    return -(-rank // LANES) * LANES


@entry(types.UniTuple(types.float64, 2), FACTORS, types.Array(types.int8, 2, "C"), SCORES)
def sketched(factors: Any, rows: Any, scale: Any) -> tuple[float, float]:
    """Fill rows and scale; return the ratio of the bounds, and the largest length of a row of bytes."""
    items, rank = factors.shape
    rounding = (4 * rank + 32) * 2.0**-24  # of both sums and of the bounds themselves, generously
    ratio, most = 0.0, 0.0
    for i in range(items):
        largest = np.float32(0.0)
        for k in range(rank):
            largest = max(largest, abs(factors[i, k]))
        step = max(largest / np.float32(HIGHEST), np.float32(1e-30))
        error, square, length = 0.0, 0.0, 0.0
        for k in range(rank):
            x = np.float64(factors[i, k]) / np.float64(step)
            nearest = np.float64(min(max(np.rint(x), -HIGHEST), HIGHEST))
            rows[i, k] = np.int8(nearest)
            error += (x - nearest) ** 2
            square += x * x
            length += nearest * nearest
        scale[i] = step
        error, norm = np.sqrt(error), np.sqrt(square)
        ratio = max(ratio, error + rounding * (norm + error))
        most = max(most, np.sqrt(length))
    return ratio, most


@part
def sides_of(vectors: Any, width: int, ratio: float, most: float, limit: float) -> Sides:
    """Sketch vectors (vectors, rank) that are shorter than `limit`; others have no bound."""
    several, rank = vectors.shape
    shorts = np.zeros((several, width), np.int16)
    step, slack = np.zeros(several, np.float32), np.full(several, np.float32(np.nan))
    highest = np.float64(min(SHORT, (2**31 - 1) // (HIGHEST * width)))
    lost = 1e-12 * rank  # below the smallest normal number; scales are at least 1e-30
    for v in range(several):
        square, largest = 0.0, np.float32(0.0)
        for k in range(rank):
            square += np.float64(vectors[v, k]) * np.float64(vectors[v, k])
            largest = max(largest, abs(vectors[v, k]))
        if not (np.sqrt(square) < limit):  # NaN, too
            continue
        step[v] = np.float32(largest / highest)
        rest = square
        if step[v] > 0:
            rest = 0.0
            for k in range(rank):
                x = np.float64(vectors[v, k]) / np.float64(step[v])
                nearest = min(max(np.rint(x), -highest), highest)
                shorts[v, k] = np.int16(nearest)
                rest += (np.float64(vectors[v, k]) - nearest * np.float64(step[v])) ** 2
        slack[v] = (ratio * np.sqrt(square) + most * np.sqrt(rest)) * (1 + 1e-6) + lost
    return Sides(shorts, step, slack)
