"""Bucketizer and Binarizer: a number becomes the number of its interval, or whether it is above a threshold."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from math import copysign, nan
from typing import Any, ClassVar, Self

import numpy as np

from scorer.columns import Column, Numbers, Rows
from scorer.errors import ColumnError, Dropped, Invalid, shown
from scorer.fields import DOUBLE, Attribute, Field, Kind, number, vector
from scorer.javatext import text
from scorer.saved import Saved
from scorer.stage import Stage, map_rows, stage
from scorer.vectors import Dense, Sparse, Vectors, dense

_CAST = (Decimal, int)  # Spark casts them to double before it compares


@stage("org.apache.spark.ml.feature.Bucketizer", inputs=("inputCol",), outputs=("outputCol",), each=True)
@dataclass(frozen=True, slots=True)
class Bucketizer(Stage):
    """The interval of a number: `[a, b)`, the last one closed. Source: feature.Bucketizer.

    NaN is an error, has the bucket after the last (`keep`), or drops the row as null does (`skip`); a null
    stays null; a number outside the splits is always an error.
    """

    splits: tuple[float, ...]
    invalid: str  # error | keep | skip

    @classmethod
    def read(cls, saved: Saved) -> Sequence[Stage]:
        """Read one stage a column: `splits`, or `splitsArray` for many columns."""
        invalid = saved.choice("handleInvalid", "error", ("error", "keep", "skip"))
        lists = saved.params.get("splitsArray") if saved.params.get("inputCols") else None
        count = len(lists) if isinstance(lists, list) else 0
        names = [f"splitsArray[{i}]" for i in range(count)]
        columns = (
            [saved.numbers_in(name, lists[i]) for i, name in enumerate(names)]
            if lists
            else [saved.numbers("splits")]
        )
        for splits in columns:
            if len(splits) < 3 or any(not a < b for a, b in pairwise(splits)):
                raise saved.fail(f"its splits are not three or more ascending numbers: {shown(splits)}")
        return [cls(splits, invalid) for splits in columns]

    @property
    def drops(self) -> bool:
        """Whether NaN and null drop the row."""
        return self.invalid == "skip"

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: nominal, an interval's label its bounds; the bucket of NaN has none, as in Spark."""
        del inputs
        labels = tuple(f"{text(low)}, {text(high)}" for low, high in pairwise(self.splits))
        return (number(Attribute("nominal", labels=labels)),)

    @property
    def _zero(self) -> int | None:
        """The bucket that starts at 0.0, to which -0.0 does not belong: Java's binary search tells them apart."""
        starts = self.splits[:-1]
        place = starts.index(0.0) if 0.0 in starts else None
        return place if place is not None and copysign(1.0, starts[place]) > 0.0 else None

    def _outside(self, value: Any) -> str:
        if value is not None and value != value:
            return 'NaN has no bucket; handleInvalid "keep" would give it one, "skip" would drop the row'
        low, high = self.splits[0], self.splits[-1]
        return f"{shown(value)} is outside the splits [{low}, {high}]; let the first and last be ±infinity"

    def row(self) -> Callable[[Any], float | None]:
        """Find the bucket of one number."""
        return self._ordinary([float(place) for place in range(len(self.splits) - 1)], self._meaning())

    def among(self, answers: Mapping[Any, float]) -> Callable[[Any], float]:
        """Find the answer for the bucket of one number; NaN for a bucket that has none."""
        bucket = self._meaning()
        found = [answers.get(float(place), nan) for place in range(len(self.splits) - 1)]
        return self._ordinary(found, lambda given: answers.get(bucket(given), nan))

    def _ordinary(self, found: list[float], otherwise: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Most numbers are doubles between the outer splits, and no zero that a bucket starts with."""
        splits, low, high, zero = self.splits, self.splits[0], self.splits[-1], self._zero

        def ordinary(given: Any) -> Any:
            if given.__class__ is float and low <= given < high and (given or zero is None):
                return found[bisect_right(splits, given) - 1]
            return otherwise(given)

        return ordinary

    def _meaning(self) -> Callable[[Any], float | None]:
        splits, buckets, invalid, outside = self.splits, len(self.splits) - 1, self.invalid, self._outside
        low, high, zero = splits[0], splits[-1], self._zero

        def bucket(given: Any) -> float | None:
            if given is None:
                if invalid == "skip":
                    raise Dropped
                return None
            value = float(given) if isinstance(given, _CAST) else given
            if low <= value < high:
                place = bisect_right(splits, value) - 1
                if place == zero and value == 0.0 and copysign(1.0, value) < 0.0:
                    place -= 1
                if place >= 0:
                    return float(place)
            if value == high:
                return float(buckets - 1)
            if value != value and invalid != "error":
                if invalid == "skip":
                    raise Dropped
                return float(buckets)
            raise Invalid(outside(given))

        return bucket

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Find the buckets of a column."""
        column: Numbers = columns[0]
        numbers, buckets = column.floats(), len(self.splits) - 1
        found = np.minimum(np.searchsorted(self.splits, numbers, side="right") - 1, buckets - 1).astype(
            np.float64
        )
        nulls, nans = column.nulls(), np.isnan(numbers)
        outside = (numbers < self.splits[0]) | (numbers > self.splits[-1])
        if self._zero is not None:
            below = (found == self._zero) & (numbers == 0.0) & np.signbit(numbers)
            found[below] -= 1.0
            outside |= found < 0.0
        if self.invalid == "skip":
            rows.drop(nans)
        elif self.invalid == "keep":
            found[nans] = float(buckets)
        else:
            outside |= nans & ~nulls
        rows.fail(outside, self._outside)
        return Numbers(found, column.valid)


@stage("org.apache.spark.ml.feature.Binarizer", inputs=("inputCol",), outputs=("outputCol",), each=True)
@dataclass(frozen=True, slots=True)
class Binarizer(Stage):
    """1.0 above the threshold, else 0.0 (NaN too); of a vector, slot by slot. Source: feature.Binarizer.

    Null is 0.0 since Spark 4, before it stayed null (`null_stays`). In a vector, NaN is above a threshold
    below zero, and so is a zero that a sparse one does not store; not before Spark 3 (`stored_only`).
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("numbers",)
    threshold: float
    null_stays: bool
    stored_only: bool = False
    of_vector: bool = False

    @classmethod
    def read(cls, saved: Saved) -> Sequence[Stage]:
        """Read one stage a column: `threshold` for all, or `thresholds`."""
        names = saved.texts("inputCols", ()) if saved.params.get("inputCols") else ()
        ages = saved.behaves < (4, 0), saved.behaves < (3, 0)
        if names and saved.params.get("thresholds") is not None:
            return [cls(t, *ages) for t in saved.numbers("thresholds")]
        return [cls(saved.number("threshold", 0.0), *ages)] * (len(names) or 1)

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Learn whether the column holds vectors, of which none may be null; else it must be a double."""
        if not inputs[0].is_vector and inputs[0].type not in (None, DOUBLE):
            raise ColumnError(f"Spark binarizes doubles and vectors only, not {inputs[0].type}")
        return replace(self, of_vector=inputs[0].is_vector)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: of the input's shape, whose size Spark 3 declares, be it from the first row."""
        if inputs[0].type is None and not self.of_vector:
            return (Field(None, Attribute("binary")),)
        declared = inputs[0].declared or not self.stored_only
        return (vector(inputs[0].size, declared=declared) if self.of_vector else number(Attribute("binary")),)

    def row(self) -> Callable[[Any], Any]:
        """Compare one number or one vector."""
        threshold, of_vector, stored_only = self.threshold, self.of_vector, self.stored_only
        null, below = None if self.null_stays else 0.0, self.threshold < 0.0 and not stored_only

        def binarize(value: Any) -> Any:
            if stored_only and isinstance(value, Sparse):
                return Sparse(value.size, value.indices, [float(x > threshold) for x in value.values])
            if isinstance(value, list | Sparse):
                return [1.0 if x > threshold or (below and x != x) else 0.0 for x in dense(value)]
            if value is None and of_vector:
                raise Invalid("null, where a value is needed")
            if isinstance(value, _CAST):
                value = float(value)
            return null if value is None else 1.0 if value > threshold else 0.0

        return binarize

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Compare a column."""
        column = columns[0]
        if isinstance(column, Numbers):
            found = (column.floats() > self.threshold).astype(np.float64)
            return Numbers(found, column.valid if self.null_stays else None)
        if column.valid is not None:
            rows.fail(~column.valid, lambda _: "null, where a value is needed")
        if self.stored_only and (column.compressed or any(not isinstance(b, Dense) for b in column.blocks)):
            return map_rows(self, rows, columns)
        x = column.matrix()
        above = x > self.threshold if self.threshold >= 0.0 or self.stored_only else ~(x <= self.threshold)
        return Vectors((Dense(above.astype(np.float64)),))
