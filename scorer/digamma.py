"""The digamma function with the digits of Spark's.

Source: `org.apache.commons.math3.special.Gamma.digamma` 3.6, which `breeze.numerics.digamma` calls, as it answers: the
recurrence up to 49, then the asymptotic series of Abramowitz and Stegun 6.3.18, whose second term it adds where the
book subtracts it. So it is as much as 3e-9 below the function, and so is this.
"""

from __future__ import annotations

import numpy as np

from scorer.vectors import Floats

EULER = 0.577215664901532860606512090082
LARGE, SMALL = 49.0, 1e-5  # where the series begins; at and below which -EULER - 1/x is all
CHUNK = 4096  # numbers at a time, so that their steps stay in the cache


def digamma(x: Floats) -> Floats:
    """Return the digamma function of numbers of any shape; one below zero takes as many steps as it is far below."""
    flat = np.ascontiguousarray(x).reshape(-1)
    parts = [_digamma(flat[at : at + CHUNK]) for at in range(0, len(flat), CHUNK)]
    return np.concatenate(parts).reshape(x.shape) if parts else np.zeros(x.shape)


def _digamma(x: Floats) -> Floats:
    """Return the function of (n,) numbers: from the top of each one's steps x, x + 1, … down again."""
    with np.errstate(all="ignore"):
        least = float(np.min(x, initial=LARGE, where=np.isfinite(x)))
        table = np.ones(
            (3 + max(0, int(LARGE - least)), len(x))
        )  # a row a step; the last for the top's function
        steps = table[:-1]
        steps[0] = x
        np.add.accumulate(steps, axis=0, out=steps)
        below = steps < LARGE
        if not (x > SMALL).all():
            below &= ((steps <= 0.0) | (steps > SMALL)) & (steps > -np.inf)
            np.logical_and.accumulate(below, axis=0, out=below)
        top = steps[np.count_nonzero(below, axis=0), np.arange(len(x))]
        inverse = 1.0 / (top * top)
        series = np.log(top) - 0.5 / top - inverse * (1.0 / 12.0 + inverse * (1.0 / 120.0 - inverse / 252.0))
        table[-1] = np.where(top <= SMALL, -EULER - 1.0 / top, series)
        np.copyto(table[-1], top, where=~np.isfinite(top))
        np.divide(1.0, steps, out=steps)
        np.copyto(steps, 0.0, where=~below)
        return np.asarray(np.subtract.reduce(table[::-1], axis=0))
