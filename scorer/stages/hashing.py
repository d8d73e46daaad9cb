"""Slots by hash: HashingTF, FeatureHasher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, Self

from scorer.errors import Invalid, shown
from scorer.fields import Field, Kind, vector
from scorer.javatext import text
from scorer.murmur import SEED, bytes_of, slot
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import MAX_SLOTS, Sparse, counted

REMEMBERED = 1 << 16  # terms whose slot is kept


def _size(saved: Saved) -> int:
    size = saved.whole("numFeatures", 1 << 18)
    if not 1 <= size <= MAX_SLOTS:
        raise saved.fail(f"numFeatures should be from 1 to {MAX_SLOTS}, not {size}")
    return size


@stage("org.apache.spark.ml.feature.HashingTF", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class HashingTF(Stage):
    """Counts of tokens in slots by their hash. Source: feature.HashingTF; a save of Spark 2 keeps its old hash."""

    accepts: ClassVar[tuple[Kind, ...]] = ("tokens",)
    size: int
    binary: bool
    legacy: bool
    kind: str = "text"  # of the terms: text | int | long | float | double

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the parameters."""
        size = _size(saved)
        return cls(size, saved.flag("binary", default=False), saved.version < (3, 0))

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Learn the type of the terms: an int and a long, a float and a double are hashed apart."""
        known = inputs[0].type
        if known is None or not hasattr(known, "value_type"):
            return self
        return replace(self, kind=_KINDS.get(str(known.value_type), "text"))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        return (vector(self.size),)

    def row(self) -> Callable[[Any], Sparse]:
        """Count one list."""
        size, binary, legacy, kind = self.size, self.binary, self.legacy, self.kind

        @lru_cache(REMEMBERED)
        def place(term: str) -> int:
            return slot(term.encode("utf-8", "surrogatepass"), size, legacy=legacy)

        def hashed(term: Any) -> int:
            if isinstance(term, str):
                return place(term)
            data = bytes_of(term, kind)
            return SEED % size if data is None else slot(data, size)

        def count(value: Any) -> Sparse:
            if not isinstance(value, list | tuple):
                raise Invalid(f"{shown(value)} is no list of tokens")
            return counted(size, map(hashed, value), binary=binary)

        return count


_KINDS = {
    "int8": "int",
    "int16": "int",
    "int32": "int",
    "int64": "long",
    "float": "float",
    "double": "double",
}


@stage("org.apache.spark.ml.feature.FeatureHasher", inputs=("inputCols",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class FeatureHasher(Stage):
    """Numbers in the slot of their column's name, others in that of `column=value`. Source: feature.FeatureHasher."""

    accepts: ClassVar[tuple[Kind, ...]] = ("any",)
    size: int
    names: tuple[str, ...]
    categorical: frozenset[str]

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the parameters; the columns' names are part of what is hashed."""
        names, categorical = saved.texts("inputCols"), frozenset(saved.texts("categoricalCols", ()))
        size = _size(saved)
        return cls(size, names, categorical)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        return (vector(self.size),)

    def row(self) -> Callable[..., Sparse]:
        """Hash one record; null adds nothing."""
        size, names, categorical = self.size, self.names, self.categorical
        numeric = [slot(name.encode(), size) for name in names]

        @lru_cache(REMEMBERED)
        def place(feature: str) -> int:
            return slot(feature.encode("utf-8", "surrogatepass"), size)

        def hash_row(*values: Any) -> Sparse:
            sums: dict[int, float] = {}
            for name, number, value in zip(names, numeric, values, strict=True):
                if value is None:
                    continue
                real = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
                if real and name not in categorical:
                    sums[number] = sums.get(number, 0.0) + float(value)
                else:
                    at = place(f"{name}={text(value)}")
                    sums[at] = sums.get(at, 0.0) + 1.0
            order = sorted(sums)
            return Sparse(size, order, [sums[i] for i in order])

        return hash_row
