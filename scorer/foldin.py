"""Fold-in: the factors that Spark's next half-step would give a user, from a history alone.

Source: org.apache.spark.ml.recommendation.ALS.computeFactors and NormalEquation. With the item factors y_i and the
ratings r_i of the history, in double precision:

    explicit    (sum y_i y_i' + reg · count · I) x = sum r_i y_i
    implicit    (Y'Y + sum c_i y_i y_i' + reg · positives · I) x = sum over r_i > 0 of (1 + c_i) y_i

where c_i = alpha · |r_i|, and Y'Y is taken over all items. The share of a history item in a score is from Hu, Koren
and Volinsky (Collaborative filtering for implicit feedback datasets, ICDM 2008, section 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

LARGEST = float(np.finfo(np.float32).max)
_TURNS = 50  # of nonnegative least squares, for each factor


@dataclass(frozen=True, slots=True)
class Equation:
    """The normal equation of one user: `left` (rank, rank) x = sum of `weights` (n,) times `rows` (n, rank)."""

    left: Doubles
    rows: Doubles
    weights: Doubles

    @classmethod
    def explicit(cls, rows: Doubles, ratings: Doubles, reg: float) -> Self:
        """State that the factors give the ratings."""
        left = rows.T @ rows
        left.flat[:: len(left) + 1] += reg * len(rows)
        return cls(left, rows, ratings)

    @classmethod
    def implicit(cls, gram: Doubles, rows: Doubles, ratings: Doubles, reg: float, alpha: float) -> Self:
        """State that what was used is liked, the surer the more it was used; `gram` is Y'Y over all items."""
        confidence = alpha * np.abs(ratings)
        left = gram + (rows.T * confidence) @ rows
        liked = ratings > 0
        left.flat[:: len(left) + 1] += reg * np.count_nonzero(liked)
        return cls(left, rows, np.where(liked, 1.0 + confidence, 0.0))

    def solve(self, *, nonnegative: bool = False) -> Singles:
        """Return the factors (rank,); of several solutions the shortest, so of no history zeros."""
        right = self.rows.T @ self.weights
        found = _nonnegative(self.left, right) if nonnegative else _solved(self.left, right)
        return np.clip(np.nan_to_num(found), -LARGEST, LARGEST).astype(np.float32)

    def shares(self, row: Doubles) -> Doubles:
        """Return what each row of the history adds to the score of an item with the factors `row` (rank,)."""
        toward = _solved(self.left, row)
        shares: Doubles = np.nan_to_num(self.weights * (self.rows @ toward))
        return shares


def floats(ratings: npt.ArrayLike) -> Doubles:
    """Return ratings as Spark has them: single precision; too large ones are the largest there is, NaN is 0."""
    given = np.nan_to_num(np.asarray(ratings, dtype=np.float64), posinf=LARGEST, neginf=-LARGEST)
    return np.clip(given, -LARGEST, LARGEST).astype(np.float32).astype(np.float64)


def _solved(left: Doubles, right: Doubles) -> Doubles:
    """Solve a symmetric system; the shortest least-squares solution where it has no single one."""
    try:
        lower = np.linalg.cholesky(left)
        half = np.linalg.solve(lower, right)
        found: Doubles = np.linalg.solve(lower.T, half)
    except np.linalg.LinAlgError:
        found = _shortest(left, right)
    return found


def _shortest(left: Doubles, right: Doubles) -> Doubles:
    try:
        values, vectors = np.linalg.eigh(left)
    except np.linalg.LinAlgError:
        return np.zeros_like(right)
    kept = values > values.max(initial=0.0) * len(left) * np.finfo(np.float64).eps
    found: Doubles = vectors[:, kept] @ ((vectors[:, kept].T @ right) / values[kept])
    return found


def _nonnegative(left: Doubles, right: Doubles) -> Doubles:
    """Minimise x'Ax/2 - b'x over x >= 0 by active sets (Lawson and Hanson, Solving Least Squares Problems, 1974).

    Spark's own solver of `nonnegative=True` (mllib.optimization.NNLS) approaches the same, single, minimum.
    """
    x = np.zeros_like(right)
    free = np.zeros(len(right), dtype=bool)
    slack = 1e-12 * float(np.abs(right).max(initial=0.0))
    for _ in range(_TURNS * len(right)):
        gradient = np.where(free, -np.inf, right - left @ x)
        if free.all() or gradient.max() <= slack:
            break
        free[int(gradient.argmax())] = True
        x = _inside(left, right, x, free)
    return x


def _inside(left: Doubles, right: Doubles, x: Doubles, free: npt.NDArray[np.bool_]) -> Doubles:
    """Go to the minimum over the free factors; those that reach zero on the way are bound again."""
    while free.any():
        goal = np.zeros_like(x)
        goal[free] = _solved(left[np.ix_(free, free)], right[free])
        below = free & (goal <= 0)
        if not below.any():
            return goal
        step = float((x[below] / np.maximum(x[below] - goal[below], 1e-300)).min())
        x = x + min(step, 1.0) * (goal - x)
        free &= ~(below & (x <= 1e-14 * np.abs(x).max(initial=0.0)))
        x[~free] = 0.0
    return np.zeros_like(x)
