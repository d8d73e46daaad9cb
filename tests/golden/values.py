"""Short names for the values that hard rows are made of."""

from __future__ import annotations

import random

from pyspark.ml.linalg import DenseVector, SparseVector, Vectors

NAN, INF = float("nan"), float("inf")
BIG, TINY = 1.7976931348623157e308, 5e-324


def dense(*values: float) -> DenseVector:
    """Give a dense vector."""
    return Vectors.dense(list(values))


def sparse(size: int, values: dict[int, float]) -> SparseVector:
    """Give a sparse vector, explicit zeros kept."""
    return Vectors.sparse(size, sorted(values), [values[i] for i in sorted(values)])


def cloud(rows: int, width: int, seed: int) -> list[list[float]]:
    """Give rows of rounded normal values, the same at every run."""
    chance = random.Random(seed)
    return [[round(chance.gauss(0.0, 1.5), 3) for _ in range(width)] for _ in range(rows)]


def hard(width: int = 3) -> list[list[object]]:
    """Give one-vector rows that linear models, scalers and trees find hard; `width` is 3 or more."""
    pad = (0.5,) * (width - 3)
    return [
        [dense(1.0, -2.0, 0.5, *pad)],
        [dense(*(0.0,) * width)],
        [sparse(width, {})],
        [sparse(width, {1: 3.0})],
        [sparse(width, {0: 0.0, 2: -0.0})],
        [dense(-0.0, -0.0, -0.0, *pad)],
        [dense(NAN, 1.0, 1.0, *pad)],
        [dense(1.0, 1.0, NAN, *pad)],
        [dense(*(NAN,) * width)],
        [sparse(width, {1: NAN})],
        [dense(INF, 0.0, 0.0, *pad)],
        [dense(-INF, 0.0, 0.0, *pad)],
        [dense(INF, -INF, 0.0, *pad)],
        [dense(0.0, INF, INF, *pad)],
        [dense(BIG, BIG, -BIG, *pad)],
        [dense(TINY, -TINY, TINY, *pad)],
        [dense(1e-300, 1e300, 123456.789, *pad)],
        [dense(3.25, 0.1, -7.75, *pad)],
        [None],
        [dense(*(1.0,) * (width - 1))],
        [dense(*(1.0,) * (width + 1))],
        [sparse(width + 2, {width + 1: 1.0})],
    ]
