"""The inner product as Spark takes it: slot after slot, and only over what is stored.

Source: org.apache.spark.ml.linalg.BLAS.dot. A weight that is not stored (sparse coefficients) is never
multiplied, so NaN in its slot does not show. Row and batch add in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from scorer.columns import Rows
from scorer.errors import Invalid
from scorer.vectors import Block, Dense, Floats, Matrix, OneHot, Sparse, Vector, Vectors

_NARROW = 256  # slots up to which a dense block is added column by column


@dataclass(frozen=True, slots=True)
class Weights:
    """`size` weights; `stored` are the slots of sparse coefficients, None if all are stored."""

    values: tuple[float, ...]
    stored: frozenset[int] | None

    @classmethod
    def of(cls, matrix: Matrix, row: int) -> Self:
        """Take one row of a matrix."""
        values = tuple(matrix.values[row].tolist())
        if matrix.stored is None:
            return cls(values, None)
        return cls(values, frozenset(np.flatnonzero(matrix.stored[row]).tolist()))

    @property
    def size(self) -> int:
        """The number of slots."""
        return len(self.values)

    @property
    def slots(self) -> list[int]:
        """The stored slots, ascending."""
        return list(range(self.size)) if self.stored is None else sorted(self.stored)


def dot(features: Vector, weights: Weights) -> float:
    """Return the inner product of one vector; raises Invalid if the sizes differ."""
    if len(features) != weights.size:
        raise Invalid(f"a vector of {len(features)} slots, where {weights.size} were fitted")
    values, stored, total = weights.values, weights.stored, 0.0
    if isinstance(features, Sparse):
        for i, x in zip(features.indices, features.values, strict=True):
            if stored is None or i in stored:
                total += x * values[i]
    elif stored is None:
        for x, w in zip(features, values, strict=True):
            total += x * w
    else:
        for i in sorted(stored):
            total += features[i] * values[i]
    return total


def dot_rows(rows: Rows, features: Vectors, weights: Weights) -> Floats:
    """Return (rows,) the inner products of a batch."""
    if features.valid is not None:
        rows.fail(~features.valid, lambda _: "null, where a value is needed")
    total = np.zeros(rows.count)
    if features.size != weights.size:
        if rows.count:
            reason = f"a vector of {features.size} slots, where {weights.size} were fitted"
            rows.fail(np.ones(rows.count, bool), lambda _: reason)
        return total
    start = 0
    for block in features.blocks:
        _add(total, block, start, weights)
        start += block.size
    return total


def _add(total: Floats, block: Block, start: int, weights: Weights) -> None:
    own = np.array(weights.values[start : start + block.size])
    if isinstance(block, Dense):
        _add_dense(total, block.values, own, start, weights)
    elif isinstance(block, OneHot):
        total += np.append(own, 0.0)[block.codes]
    else:
        counts = np.diff(block.starts)
        row = np.repeat(np.arange(len(total)), counts)
        products = block.values * own[block.indices]
        if weights.stored is not None:
            kept = np.isin(block.indices + start, weights.slots)
            row, products = row[kept], products[kept]
        total += np.bincount(row, weights=products, minlength=len(total))


def _add_dense(total: Floats, matrix: Floats, own: Floats, start: int, weights: Weights) -> None:
    slots = (
        [i - start for i in weights.slots if 0 <= i - start < len(own)]
        if weights.stored is not None
        else None
    )
    if slots is None and len(own) > _NARROW:
        total += matrix @ own
        return
    for i in range(len(own)) if slots is None else slots:
        total += matrix[:, i] * own[i]
