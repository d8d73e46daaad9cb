"""DCT: the orthonormal cosine transform of a vector, and its inverse.

Source: feature.DCT. `scorer.fourier` has the transform of the library that Spark takes, operation for operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scorer import fourier
from scorer.columns import Column, Rows
from scorer.errors import Invalid
from scorer.fields import Field, Kind, sized_as
from scorer.saved import Saved
from scorer.stage import Stage, map_rows, stage
from scorer.vectors import Dense, Floats, Vectors, dense

_AT_ONCE = 1 << 14  # numbers of a batch, so that the steps stay in the processor's cache


@stage("org.apache.spark.ml.feature.DCT", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class DCT(Stage):
    """The cosine transform of a vector of any length but none; `inverse` undoes it. Source: feature.DCT.

    Spark 2 takes an older library, whose sines are the JVM's: what its sums leave where slots cancel may differ.
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
        way = self._way()

        def transform(value: Any) -> list[float]:
            numbers = dense(value)
            if not numbers:
                raise Invalid("a vector without slots has no cosine transform")
            straight = fourier.one(way, len(numbers))
            if straight is not None:
                return straight(*numbers)
            with np.errstate(all="ignore"):
                found: list[float] = way(np.array(numbers)).tolist()
            return found

        return transform

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Transform a batch, some rows at a time."""
        column: Vectors = columns[0]
        if column.valid is not None or not column.size:
            return map_rows(self, rows, columns)
        numbers, way, step = column.matrix(), self._way(), max(1, _AT_ONCE // column.size)
        found = np.empty_like(numbers)
        with np.errstate(all="ignore"):
            for start in range(0, rows.count, step):
                found[start : start + step] = way(numbers[start : start + step])
        return Vectors((Dense(found),))

    def _way(self) -> Callable[[Floats], Floats]:
        return fourier.inverse if self.inverse else fourier.forward
