"""Isotonic regression: a monotone line through points."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar, Self

import pyarrow as pa

from scorer.errors import ColumnError, Invalid
from scorer.fields import Field, Kind, number
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import Sparse, dense, vector_of


@stage(
    "org.apache.spark.ml.regression.IsotonicRegressionModel",
    inputs=("featuresCol",),
    outputs=("predictionCol",),
)
@dataclass(frozen=True, slots=True)
class Isotonic(Stage):
    """Linear between the boundaries, flat outside. Source: mllib.regression.IsotonicRegressionModel.

    The input is a number, or slot `index` of a vector. NaN has the last prediction, as in Java's search.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("numbers",)
    boundaries: tuple[float, ...]
    predictions: tuple[float, ...]
    index: int
    vectors: bool = False  # the column is known to hold vectors: null is an error there

    @property
    def sizes(self) -> Mapping[str, int]:
        """How much was fitted."""
        return {"points": len(self.boundaries)}

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the points."""
        record = saved.record()
        boundaries, predictions = (tuple(map(float, record[name])) for name in ("boundaries", "predictions"))
        if len(boundaries) != len(predictions) or not boundaries:
            raise saved.fail(f"holds {len(boundaries)} boundaries and {len(predictions)} predictions")
        if list(boundaries) != sorted(boundaries):
            raise saved.fail("its boundaries are not ascending")
        index = saved.whole("featureIndex", 0)
        if index < 0:
            raise saved.fail(f"featureIndex should be 0 or more, not {index}")
        return cls(boundaries, predictions, index)

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Learn whether the column holds vectors; Spark takes no other numbers here than doubles."""
        kind = inputs[0].type
        if kind is not None and not inputs[0].is_vector and not pa.types.is_float64(kind):
            raise ColumnError(f"is {kind}, where Spark takes doubles or vectors")
        return replace(self, vectors=inputs[0].is_vector)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        return (number(),)

    def row(self) -> Callable[[Any], float | None]:
        """Predict for one number."""
        xs, ys, index, vectors = self.boundaries, self.predictions, self.index, self.vectors

        def predict(value: Any) -> float | None:
            if value is None:
                if vectors:
                    raise Invalid("null, where a vector is needed")
                return None
            return at_point(slot_of(value))

        def slot_of(value: Any) -> float:
            if isinstance(value, int | float | Decimal):
                return float(value)
            if not isinstance(value, list | Sparse):
                value = vector_of(value)
            if index >= len(value):
                raise Invalid(f"a vector of {len(value)} slots has no slot {index}")
            return dense(value)[index]

        def at_point(value: float) -> float:
            if value != value or value > xs[-1]:
                return ys[-1]
            if value < xs[0]:
                return ys[0]
            hit = java_search(xs, value)
            if hit is not None:
                return ys[hit]
            at = bisect_left(xs, value)
            x1, x2, y1, y2 = xs[at - 1], xs[at], ys[at - 1], ys[at]
            return y1 + (y2 - y1) * (value - x1) / (x2 - x1)

        return predict


def java_search(numbers: tuple[float, ...], wanted: float) -> int | None:
    """Find a number as java.util.Arrays.binarySearch does: of equal ones, the one its halving meets."""
    low, high = 0, len(numbers) - 1
    while low <= high:
        middle = (low + high) >> 1
        if numbers[middle] < wanted:
            low = middle + 1
        elif numbers[middle] > wanted:
            high = middle - 1
        else:
            return middle
    return None
