"""OneHotEncoder: a category's number becomes a vector with a single 1.0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from scorer.columns import Column, Numbers, Rows
from scorer.errors import ColumnError, Invalid, shown
from scorer.fields import MAX_NAMED, Attribute, Field, Kind, vector
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import OneHot, Sparse, Vectors

MAX_CATEGORIES = 1 << 22
PER_SLOT = 64  # bytes that describe one


def _described(size: int, attribute: Attribute | None, extra: str | None) -> Field:
    """Describe a vector, and its slots unless they are many that no label names."""
    labels = attribute.labels if attribute is not None else None
    if size > max(MAX_NAMED, 2 * len(labels or ())):
        return vector(size)
    return vector(slots=_slots(size, labels, extra))


def _slots(size: int, labels: Sequence[str] | None, extra: str | None) -> list[Attribute]:
    names = [labels[i] if labels is not None and i < len(labels) else str(i) for i in range(size)]
    if extra is not None and size and (labels is None or size > len(labels)):
        names[-1] = extra
    return [Attribute("binary", name) for name in names]


def _known(attribute: Attribute | None) -> int | None:
    """Return how many categories a column is known to have."""
    if attribute is None:
        return None
    return 2 if attribute.kind == "binary" else attribute.categories


@dataclass(frozen=True, slots=True)
class _Ready:
    """The vector of each category, made when it is asked for."""

    size: int

    def __getitem__(self, place: int) -> Sparse:
        return Sparse(self.size, (place,), (1.0,)) if place < self.size else Sparse(self.size, (), ())


@stage(
    "org.apache.spark.ml.feature.OneHotEncoderModel", inputs=("inputCol",), outputs=("outputCol",), each=True
)
@dataclass(frozen=True, slots=True)
class OneHotEncoder(Stage):
    """One-hot vector of a category. Source: feature.OneHotEncoderModel (OneHotEncoderEstimator in 2.3 and 2.4).

    `categories` were seen at fit; with `keep`, invalid values have a slot after them; `drop_last` takes the
    last slot away, which under `keep` is the invalid one.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("number",)
    categories: int
    keep: bool
    drop_last: bool

    @classmethod
    def read(cls, saved: Saved) -> Sequence[Stage]:
        """Read one stage a column."""
        keep = saved.choice("handleInvalid", "error", ("error", "keep")) == "keep"
        drop_last = saved.flag("dropLast", default=True)
        sizes = saved.record()["categorySizes"]
        if not all(isinstance(size, int) and 0 <= size <= MAX_CATEGORIES for size in sizes):
            raise saved.fail(f"its category sizes are not whole numbers up to {MAX_CATEGORIES}")
        saved.claim(sum(min(size, MAX_NAMED) for size in sizes) * PER_SLOT)
        return [cls(size, keep, drop_last) for size in sizes]

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Refuse a column that is known to be of other categories than those that were seen at fit."""
        known = _known(inputs[0].attribute)
        if known not in (None, self.categories):
            raise ColumnError(f"{self.categories} categories were seen at fit, and the column has {known}")
        return self

    @property
    def size(self) -> int:
        """The number of slots."""
        return max(0, self.categories + self.keep - self.drop_last)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: slots named by the labels."""
        extra = "invalidValues" if self.keep and not self.drop_last else None
        return (_described(self.size, inputs[0].attribute, extra),)

    def _refuse(self, value: Any) -> str:
        return f'{shown(value)} is not a category from 0 to {self.categories - 1}; handleInvalid "keep" would take it'

    def row(self) -> Callable[[Any], Sparse | None]:
        """Encode one category; null stays null, a fraction is cut off."""
        size, categories, keep, refuse = self.size, self.categories, self.keep, self._refuse
        if categories > MAX_NAMED:
            ready: _Ready | list[Sparse] = _Ready(size)
        else:
            ready = list(map(_Ready(size).__getitem__, range(categories + 1)))

        def encode(value: Any) -> Sparse | None:
            if value is None:
                return None
            if 0 <= value < categories:
                return ready[int(value)]
            if keep:
                return ready[categories]
            raise Invalid(refuse(value))

        return encode

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Encode a column: its codes are the vector."""
        column: Numbers = columns[0]
        numbers = column.floats()
        good = (numbers >= 0) & (numbers < self.categories)
        if not good.all():
            if not self.keep:
                rows.fail(~good & ~column.nulls(), self._refuse)
            numbers = np.where(good, numbers, self.categories)
        codes = np.minimum(numbers, self.size).astype(np.int32)
        return Vectors((OneHot(codes, self.size),), column.valid)


@stage("org.apache.spark.ml.feature.OneHotEncoder", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class LegacyOneHotEncoder(Stage):
    """The transformer of Spark 2.0 to 2.4, whose size comes from its input column's attribute."""

    drop_last: bool
    size: int = -1

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the parameters."""
        if saved.version >= (3, 0):
            raise saved.fail("is an estimator, not a fitted model; fit it and save the model")
        return cls(saved.flag("dropLast", default=True))

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Take the size from the column's attribute."""
        known = _known(inputs[0].attribute)
        if known is None:
            raise ColumnError(
                "the one-hot encoder of Spark 2 takes its size from its input column, which carries no labels; "
                "Spark would scan the whole batch, so one row's answer would depend on the others"
            )
        return replace(self, size=max(0, known - self.drop_last))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: slots named by the labels."""
        return (_described(self.size, inputs[0].attribute, None) if self.size >= 0 else vector(),)

    def row(self) -> Callable[[Any], Sparse | None]:
        """Encode one category; a category past the last slot is all zero."""
        size = self.size

        def encode(value: Any) -> Sparse | None:
            if value is None:
                return None
            if value <= -1:
                raise Invalid(f"{shown(value)} is negative, where the number of a category is needed")
            return Sparse(size, (int(value),), (1.0,)) if value < size else Sparse(size, (), ())

        return encode

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Encode a column: its codes are the vector."""
        column: Numbers = columns[0]
        numbers = column.floats()
        rows.fail(
            numbers <= -1, lambda v: f"{shown(v)} is negative, where the number of a category is needed"
        )
        inside = (numbers > -1) & (numbers < self.size)
        codes = np.where(inside, np.nan_to_num(numbers), self.size).astype(np.int32)
        return Vectors((OneHot(codes, self.size),), column.valid)
