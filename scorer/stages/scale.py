"""The scalers: each slot shifted and stretched by what was fitted; Normalizer, by the vector's own length."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from scorer.columns import Column, Rows
from scorer.errors import Invalid
from scorer.fields import Field, Kind, sized_as, vector
from scorer.saved import Saved
from scorer.stage import Stage, map_rows, stage
from scorer.vectors import Dense, Floats, Sparse, Vector, Vectors, dense, stored_rows


def same_size(got: int, expected: int) -> None:
    """Refuse a vector of another size than was fitted."""
    if got != expected:
        raise Invalid(f"a vector of {got} slots, where {expected} were fitted")


def at_most(got: int, expected: int) -> None:
    """Refuse a vector of more slots than were fitted."""
    if got > expected:
        raise Invalid(f"a vector of {got} slots, where {expected} were fitted")


def matrix(rows: Rows, column: Vectors, expected: int) -> Floats:
    """Return a batch as (rows, expected) numbers; vectors of another size fail."""
    if column.valid is not None:
        rows.fail(~column.valid, lambda _: "null, where a value is needed")
    if column.size != expected:
        rows.fail(
            np.ones(rows.count, bool),
            lambda _: f"a vector of {column.size} slots, where {expected} were fitted",
        )
        return np.zeros((rows.count, expected))
    return column.matrix()


@stage("org.apache.spark.ml.feature.StandardScalerModel", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class StandardScaler(Stage):
    """(x - mean) × 1/std, a factor of 0 where std is 0. Source: feature.StandardScalerModel.

    As in Spark, a shorter vector is scaled as far as it goes, and a model that neither shifts nor stretches
    passes everything. Before Spark 3 (`strict`) it takes vectors of the fitted size only, and a slot whose std is 0
    becomes 0 if it is shifted, be it NaN.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    slotwise: ClassVar[bool] = True
    shift: tuple[float, ...] | None
    factor: tuple[float, ...] | None
    size: int
    strict: bool = False

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read std and mean; which of them act stands in the parameters."""
        record = saved.record()
        std, mean = dense(saved.vector(record["std"], "std")), dense(saved.vector(record["mean"], "mean"))
        factor = (
            tuple(0.0 if s == 0 else 1.0 / s for s in std) if saved.flag("withStd", default=True) else None
        )
        shift = tuple(mean) if saved.flag("withMean", default=False) else None
        if len(std) != len(mean):
            raise saved.fail(f"holds {len(std)} deviations and {len(mean)} means")
        return cls(shift, factor, len(std), saved.behaves < (3, 0))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: Spark declares the size that was fitted, though a shorter vector may come."""
        del inputs
        return (vector(self.size),)

    def row(self) -> Callable[[Any], Vector]:
        """Scale one vector; a sparse one stays sparse if nothing is shifted."""
        shift, factor, size, strict = self.shift, self.factor, self.size, self.strict
        zeros = strict and shift is not None

        def scale(value: Any) -> Vector:
            if strict:
                same_size(len(value), size)
            if shift is None and factor is None:
                return value  # type: ignore[no-any-return]
            if shift is None and factor is not None and isinstance(value, Sparse):
                at_most(value.indices[-1] + 1 if value.indices else 0, size)
                numbers = [x * factor[i] for i, x in zip(value.indices, value.values, strict=True)]
                return Sparse(value.size, value.indices, numbers)
            at_most(len(value), size)
            out = dense(value)
            if shift is not None:
                out = [x - m for x, m in zip(out, shift, strict=False)]
            if factor is None:
                return out
            return [0.0 if zeros and f == 0.0 else x * f for x, f in zip(out, factor, strict=False)]

        return scale

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Scale a batch."""
        column: Vectors = columns[0]
        if self.shift is None and self.factor is None and not self.strict:
            return column
        if column.size > self.size and not self.strict:
            return map_rows(self, rows, columns)
        size = self.size if self.strict else column.size
        block = stored_rows(column.blocks[0]) if len(column.blocks) == 1 else None
        if block is not None and self.shift is None and self.factor is not None and not self.strict:
            if column.valid is not None:
                rows.fail(~column.valid, lambda _: "null, where a value is needed")
            return Vectors((replace(block, values=block.values * np.array(self.factor)[block.indices]),))
        out = matrix(rows, column, size)
        if self.shift is not None:
            out = out - np.array(self.shift[:size])
        if self.factor is not None:
            factor = np.array(self.factor[:size])
            out = np.where(factor == 0.0, 0.0, out * factor) if self.strict and self.shift else out * factor
        return Vectors((Dense(out),))


@stage("org.apache.spark.ml.feature.MinMaxScalerModel", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class MinMaxScaler(Stage):
    """Each slot stretched from its fitted range to [low, high]; NaN stays. Source: feature.MinMaxScalerModel.

    A slot that was constant becomes the middle. Spark 2 divided by the range, Spark 3 multiplies by a factor
    (`divides`): the last digit differs. Spark 2 scaled a shorter vector as far as it goes.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    slotwise: ClassVar[bool] = True
    minima: tuple[float, ...]
    ranges: tuple[float, ...]
    low: float
    high: float
    divides: bool

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the fitted minima and maxima."""
        record = saved.record()
        minima = dense(saved.vector(record["originalMin"], "originalMin"))
        maxima = dense(saved.vector(record["originalMax"], "originalMax"))
        if len(minima) != len(maxima):
            raise saved.fail(f"holds {len(minima)} minima and {len(maxima)} maxima")
        ranges = tuple(b - a for a, b in zip(minima, maxima, strict=True))
        return cls(
            tuple(minima), ranges, saved.number("min", 0.0), saved.number("max", 1.0), saved.behaves < (3, 0)
        )

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        return (vector(len(self.minima)),)

    def _factors(self) -> tuple[float, ...]:
        span = self.high - self.low
        return tuple(0.0 if r == 0 else span / r for r in self.ranges)

    def row(self) -> Callable[[Any], list[float]]:
        """Scale one vector."""
        minima, ranges, low, divides = self.minima, self.ranges, self.low, self.divides
        span, factors, middle = self.high - self.low, self._factors(), (self.high + self.low) / 2.0

        def one(x: float, minimum: float, span_of: float, factor: float) -> float:
            if x != x:
                return x
            if divides:
                return ((x - minimum) / span_of if span_of != 0 else 0.5) * span + low
            return (x - minimum) * factor + low if factor != 0 else middle

        fitting = at_most if divides else same_size

        def scale(value: Any) -> list[float]:
            fitting(len(value), len(minima))
            return list(map(one, dense(value), minima, ranges, factors))

        return scale

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Scale a batch."""
        if self.divides and columns[0].size != len(self.minima):
            return map_rows(self, rows, columns)
        x = matrix(rows, columns[0], len(self.minima))
        shifted, ranges, factors = x - np.array(self.minima), np.array(self.ranges), np.array(self._factors())
        with np.errstate(all="ignore"):
            if self.divides:
                out = np.where(ranges != 0, shifted / ranges, 0.5) * (self.high - self.low) + self.low
            else:
                out = np.where(factors != 0, shifted * factors + self.low, (self.high + self.low) / 2.0)
        return Vectors((Dense(np.where(np.isnan(x), x, out)),))


@stage("org.apache.spark.ml.feature.RobustScalerModel", inputs=("inputCol",), outputs=("outputCol",))
class RobustScaler(StandardScaler):
    """(x - median) × 1/range, a factor of 0 where the range is 0. Source: feature.RobustScalerModel."""

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read ranges and medians; which of them act stands in the parameters."""
        record = saved.record()
        ranges, medians = (dense(saved.vector(record[name], name)) for name in ("range", "median"))
        if len(ranges) != len(medians):
            raise saved.fail(f"holds {len(ranges)} ranges and {len(medians)} medians")
        stretch = saved.flag("withScaling", default=True)
        factor = tuple(0.0 if r == 0 else 1.0 / r for r in ranges) if stretch else None
        shift = tuple(medians) if saved.flag("withCentering", default=False) else None
        return StandardScaler(shift, factor, len(ranges))


@stage("org.apache.spark.ml.feature.MaxAbsScalerModel", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class MaxAbsScaler(Stage):
    """x over the largest magnitude, x where that is 0. Source: feature.MaxAbsScalerModel.

    Spark 3 multiplies by the reciprocal and is read as a StandardScaler; this is the division of Spark 2.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    slotwise: ClassVar[bool] = True
    largest: tuple[float, ...]

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the largest magnitudes."""
        largest = tuple(m or 1.0 for m in dense(saved.vector(saved.record()["maxAbs"], "maxAbs")))
        if saved.behaves < (3, 0):
            return cls(largest)
        return StandardScaler(None, tuple(1.0 / m for m in largest), len(largest))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        return (vector(len(self.largest)),)

    def row(self) -> Callable[[Any], Vector]:
        """Scale one vector."""
        largest = self.largest

        def scale(value: Any) -> Vector:
            same_size(len(value), len(largest))
            return [x / m for x, m in zip(dense(value), largest, strict=True)]

        return scale

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Scale a batch."""
        return Vectors((Dense(matrix(rows, columns[0], len(self.largest)) / np.array(self.largest)),))


@stage("org.apache.spark.ml.feature.Normalizer", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class Normalizer(Stage):
    """x over the vector's p-norm; a vector of norm 0 stays. Source: feature.Normalizer, linalg.Vectors.norm."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    p: float

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the norm's p, which may be infinite."""
        p = saved.number("p", 2.0)
        if not p >= 1.0:
            raise saved.fail(f"p should be 1 or more, not {p}")
        return cls(p)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: of the input's size."""
        return (sized_as(inputs[0]),)

    def row(self) -> Callable[[Any], Vector]:
        """Divide one vector; a sparse one stays sparse."""
        p = self.p

        def divide(value: Any) -> Vector:
            numbers = value.values if isinstance(value, Sparse) else value
            norm = _norm(numbers, p)
            if norm == 0.0:
                return value  # type: ignore[no-any-return]
            out = [x / norm for x in numbers]
            return Sparse(value.size, value.indices, out) if isinstance(value, Sparse) else out

        return divide


def _norm(numbers: Sequence[float], p: float) -> float:
    if p == math.inf:
        return max((abs(x) for x in numbers if x == x), default=0.0)
    total = 0.0
    for x in numbers:
        total += abs(x) if p == 1.0 else x * x if p == 2.0 else _power(abs(x), p)
    if p == 1.0:
        return total
    return math.sqrt(total) if p == 2.0 else _power(total, 1.0 / p)


def _power(x: float, p: float) -> float:
    try:
        return math.pow(x, p)
    except OverflowError:
        return math.inf
