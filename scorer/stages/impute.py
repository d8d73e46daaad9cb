"""Imputer: a missing number becomes the fitted surrogate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Self

import numpy as np
import pyarrow as pa

from scorer.columns import Column, Numbers, Rows, Single, read
from scorer.errors import Invalid, shown
from scorer.fields import Field, number
from scorer.saved import Saved
from scorer.stage import Stage, stage

_LONG = 1 << 63
NUMBERS = (float, int, Decimal)


@stage("org.apache.spark.ml.feature.ImputerModel", inputs=("inputCol",), outputs=("outputCol",), each=True)
@dataclass(frozen=True, slots=True)
class Imputer(Stage):
    """The number, or `surrogate` for null and for `missing`. Source: feature.ImputerModel.

    A column of whole numbers stays one: the surrogate's fraction is cut off, as in Spark's cast.
    """

    surrogate: float
    missing: float
    type: pa.DataType | None = None

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

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Learn the column's type, which the surrogate is cast to."""
        kind = inputs[0].type
        return replace(self, type=None if kind is not None and pa.types.is_null(kind) else kind)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: of the input's type."""
        kind = inputs[0].type if inputs[0].type is not None else self.type
        return (Field(kind) if kind is not None else number(),)

    def row(self) -> Callable[[Any], Any]:
        """Impute one number."""
        missing, nan_missing = self.missing, self.missing != self.missing
        surrogate, whole = self._surrogate(), _whole(self.surrogate)

        def impute(value: Any) -> Any:
            if value is None:
                return surrogate
            if type(value) is not float and (isinstance(value, bool) or not isinstance(value, NUMBERS)):
                raise Invalid(f"{shown(value)} is no number")
            if value == missing or (nan_missing and value != value):
                return whole if type(value) is int else surrogate
            return _whole(float(value)) if type(value) is int else value

        return impute

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Impute a column."""
        del rows
        column: Numbers = columns[0]
        numbers, kind = column.values, column.source.type if column.source is not None else None
        if kind is not None and pa.types.is_decimal(kind):
            function = replace(self, type=kind).row()
            return read(pa.array([function(value) for value in column.rows()], kind))
        hit = column.nulls() | (column.floats() == self.missing)  # as doubles, be they of single precision
        if numbers.dtype.kind == "f":
            filler: Any = self.surrogate
            hit |= np.isnan(numbers) & (self.missing != self.missing)
        else:
            limits = np.iinfo(numbers.dtype)
            filler = min(max(_whole(self.surrogate), limits.min), limits.max)
            numbers = _through_double(numbers) if limits.bits == 64 else numbers
        return Numbers(np.where(hit, np.array(filler).astype(numbers.dtype), numbers))

    def _surrogate(self) -> Any:
        """Cast the surrogate to the column's type, as far as it is known."""
        if self.type is None or pa.types.is_floating(self.type):
            single = self.type is not None and pa.types.is_float32(self.type)
            return Single(np.float32(self.surrogate)) if single else self.surrogate
        if pa.types.is_decimal(self.type):
            return Decimal(repr(self.surrogate)).quantize(Decimal(1).scaleb(-self.type.scale), ROUND_HALF_UP)
        return _whole(self.surrogate)


def _through_double(numbers: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[Any]]:
    """Cast longs to doubles and back, as Spark does."""
    doubles = numbers.astype(np.float64)
    least, most = np.iinfo(numbers.dtype).min, np.iinfo(numbers.dtype).max
    inside = np.where(doubles < float(most), doubles, 0.0).astype(numbers.dtype)
    return np.where(doubles < float(most), np.maximum(inside, least), most).astype(numbers.dtype)


def _whole(number: float) -> int:
    """Cast a double to a long as Java does: NaN becomes 0, and what is out of range the nearest long."""
    if number != number:
        return 0
    if math.isinf(number):
        return _LONG - 1 if number > 0 else -_LONG
    return max(-_LONG, min(_LONG - 1, int(number)))
