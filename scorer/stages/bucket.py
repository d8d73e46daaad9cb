"""Bucketizer: a number becomes the number of its interval."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import copysign
from typing import Any

import numpy as np

from scorer.columns import Column, Numbers, Rows
from scorer.errors import Dropped, Invalid, shown
from scorer.fields import Attribute, Field, number
from scorer.saved import Saved
from scorer.stage import Stage, stage


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
        """Describe the output: a nominal number."""
        del inputs
        return (number(Attribute("nominal", count=len(self.splits) - 1 + (self.invalid == "keep"))),)

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
        splits, buckets, invalid, outside = self.splits, len(self.splits) - 1, self.invalid, self._outside
        low, high, zero = splits[0], splits[-1], self._zero

        def bucket(value: Any) -> float | None:
            if value is None:
                if invalid == "skip":
                    raise Dropped
                return None
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
            raise Invalid(outside(value))

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
