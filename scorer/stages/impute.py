"""Imputer: a missing number becomes the fitted surrogate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scorer.columns import Column, Numbers, Rows
from scorer.fields import Field, number
from scorer.saved import Saved
from scorer.stage import Stage, stage


@stage("org.apache.spark.ml.feature.ImputerModel", inputs=("inputCol",), outputs=("outputCol",), each=True)
@dataclass(frozen=True, slots=True)
class Imputer(Stage):
    """The number, or `surrogate` for null and for `missing`. Source: feature.ImputerModel.

    A column of whole numbers stays one: the surrogate's fraction is cut off, as in Spark's cast.
    """

    surrogate: float
    missing: float

    @classmethod
    def read(cls, saved: Saved) -> Sequence[Stage]:
        """Read one stage a column; the data has a column named as each input."""
        missing = saved.number("missingValue", math.nan)
        names = saved.texts("inputCols", ()) or (saved.text("inputCol"),)
        record = saved.record()
        absent = [name for name in names if not isinstance(record.get(name), int | float)]
        if absent:
            raise saved.fail(f"holds no surrogate for {', '.join(absent)}")
        return [cls(float(record[name]), missing) for name in names]

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: of the input's type."""
        return (Field(inputs[0].type) if inputs[0].type is not None else number(),)

    def row(self) -> Callable[[Any], Any]:
        """Impute one number."""
        surrogate, missing = self.surrogate, self.missing
        nan_missing = missing != missing
        whole = int(surrogate) if math.isfinite(surrogate) else surrogate

        def impute(value: Any) -> Any:
            if value is None:
                return surrogate
            if value == missing or (nan_missing and value != value):
                return whole if type(value) is int else surrogate
            return value

        return impute

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Impute a column."""
        del rows
        column: Numbers = columns[0]
        numbers = column.values
        hit = numbers == self.missing
        if self.missing != self.missing and numbers.dtype.kind == "f":
            hit = np.isnan(numbers)
        if column.valid is not None:
            hit = hit | ~column.valid
        filler = np.array(self.surrogate).astype(numbers.dtype)
        return Numbers(np.where(hit, filler, numbers))
