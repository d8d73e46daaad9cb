"""DCT: the orthonormal cosine transform of a vector, and its inverse.

Source: feature.DCT (JTransforms' DoubleDCT_1D, scaled), an FFT. Short vectors are multiplied by the matrix here; the
others go by way of an FFT of their own size: Makhoul, "A Fast Cosine Transform in One and Two Dimensions" (1980).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from scorer.columns import Column, Rows
from scorer.errors import Invalid
from scorer.fields import Field, Kind, sized_as
from scorer.saved import Saved
from scorer.stage import Stage, map_rows, stage
from scorer.vectors import Dense, Floats, Vectors, dense

SHORT = 128  # slots up to which the matrix is kept


@stage("org.apache.spark.ml.feature.DCT", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class DCT(Stage):
    """The cosine transform of a vector of any length but none; `inverse` undoes it. Source: feature.DCT.

    A vector of several slots that holds NaN or ±∞, or whose sums may overflow, is NaN in every slot; so it is in
    Spark, but for some slots in which its FFT leaves ±∞.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    inverse: bool

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the direction."""
        return cls(saved.flag("inverse", default=False))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: as many slots as come in."""
        return (sized_as(inputs[0]),)

    def row(self) -> Callable[[Any], list[float]]:
        """Transform one vector."""
        inverse = self.inverse

        def transform(value: Any) -> list[float]:
            numbers = np.array(dense(value))
            size = len(numbers)
            if not size:
                raise Invalid("a vector without slots has no cosine transform")
            if not float(np.abs(numbers).max()) <= sys.float_info.max / size and size > 1:
                return [math.nan] * size
            if size <= SHORT:
                found = np.add.reduce(numbers[:, None] * _matrix(size, inverse=inverse), axis=0)
            else:
                found = _inverse(numbers) if inverse else _forward(numbers)
            answer: list[float] = found.tolist()
            return answer

        return transform

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Transform a batch, slot after slot, as a row's numbers are added."""
        column: Vectors = columns[0]
        size = column.size
        if column.valid is not None or not 0 < size <= SHORT:
            return map_rows(self, rows, columns)
        numbers, matrix = column.matrix(), _matrix(size, inverse=self.inverse)
        total = np.zeros((rows.count, size))
        with np.errstate(all="ignore"):
            for slot in range(size):
                total += numbers[:, slot, None] * matrix[slot]
        if size > 1:
            total[~(np.abs(numbers).max(axis=1) <= sys.float_info.max / size)] = math.nan
        return Vectors((Dense(total),))


@lru_cache(maxsize=16)
def _matrix(size: int, *, inverse: bool) -> Floats:
    """Return (slots in, slots out) what each slot adds to each of the transform."""
    slots = np.arange(size)
    turns = (2 * slots[:, None] + 1) * slots % (4 * size)  # quarters of a turn, exactly
    matrix = np.cos(turns * (math.pi / (2 * size))) * _scales(size)
    return np.ascontiguousarray(matrix.T) if inverse else matrix


def _scales(size: int) -> Floats:
    scales = np.full(size, math.sqrt(2.0 / size))
    scales[0] = math.sqrt(1.0 / size)
    return scales


def _forward(numbers: Floats) -> Floats:
    """Transform a long vector: the even slots up and the odd ones down, an FFT, and a quarter turn over all."""
    size = len(numbers)
    folded = np.concatenate([numbers[::2], numbers[1::2][::-1]])
    turned = np.fft.fft(folded) * np.exp(-0.5j * math.pi / size * np.arange(size))
    return np.asarray(turned.real * _scales(size))


def _inverse(numbers: Floats) -> Floats:
    """Undo `_forward`."""
    size = len(numbers)
    parts = numbers / _scales(size)
    turned = parts - 1j * np.concatenate([[0.0], parts[:0:-1]])
    folded = np.fft.ifft(turned * np.exp(0.5j * math.pi / size * np.arange(size))).real
    found = np.empty(size)
    found[::2], found[1::2] = folded[: (size + 1) // 2], folded[(size + 1) // 2 :][::-1]
    return found
