"""Slots chosen, checked or renumbered: the selectors, VectorSlicer, VectorSizeHint, VectorIndexer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np

from scorer.columns import Column, Rows
from scorer.errors import ColumnError, Dropped, Invalid
from scorer.fields import MAX_NAMED, Attribute, Field, Kind, Pattern, filled, vector
from scorer.javatext import text
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import MAX_SLOTS, Dense, Rowwise, Sparse, Vector, Vectors, stored_rows, vectors_of


def _picked(value: Vector | None, indices: Sequence[int], *, bounded: bool = False) -> Vector:
    if value is None:
        raise Invalid("null, where a value is needed")
    beyond = bool(indices) and max(indices) >= len(value)
    if beyond and (bounded or not isinstance(value, Sparse)):
        raise Invalid(f"a vector of {len(value)} slots has no slot {max(indices)}")
    if not isinstance(value, Sparse):
        return [value[i] for i in indices]
    stored = dict(zip(value.indices, value.values, strict=True))  # Spark looks for any slot among them
    kept = [place for place, i in enumerate(indices) if i in stored]
    return Sparse(len(indices), kept, [stored[indices[place]] for place in kept])


def _slots(described: Field, indices: Sequence[int]) -> Field:
    if described.pattern is not None:
        return _patterned(described.pattern, indices)
    slots = described.slots
    if slots is None or (indices and max(indices) >= len(slots)):
        return vector(len(indices))
    return vector(slots=[slots[i] for i in indices])


def _patterned(pattern: Pattern, indices: Sequence[int]) -> Field:
    """Describe slots of a vector of any size: those from the first stretch on are numbers, unless one there is not."""
    first = pattern.index(None)
    if any(slot is not None and slot.kind == "nominal" for slot in pattern[first:]):
        return vector(len(indices))
    return vector(slots=[pattern[i] or Attribute() if i < first else Attribute() for i in indices])


@stage(
    "org.apache.spark.ml.feature.ChiSqSelectorModel",
    "org.apache.spark.ml.feature.UnivariateFeatureSelectorModel",
    "org.apache.spark.ml.feature.VarianceThresholdSelectorModel",
    inputs=("featuresCol",),
    outputs=("outputCol",),
)
@dataclass(frozen=True, slots=True)
class Selector(Stage):
    """The chosen slots, ascending. Source: feature.SelectorModel.

    Where nothing is known of the slots, they are described all the same: as numbers, those of the χ² test as nominal.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    indices: tuple[int, ...]
    nominal: bool = False

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the chosen slots."""
        chosen = saved.record()["selectedFeatures"]
        if not all(isinstance(i, int) and i >= 0 for i in chosen):
            raise saved.fail("its selected features are not slots")
        return cls(tuple(sorted(chosen)), saved.class_name.endswith(".ChiSqSelectorModel"))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        if inputs[0].slots is None and inputs[0].pattern is None:
            return (vector(slots=[Attribute("nominal" if self.nominal else "numeric")] * len(self.indices)),)
        return (_slots(inputs[0], self.indices),)

    def row(self) -> Callable[[Any], Vector]:
        """Choose from one vector."""
        indices = self.indices
        return lambda value: _picked(value, indices)

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Choose from a batch."""
        return _picked_rows(rows, columns[0], self.indices)


def _picked_rows(rows: Rows, column: Vectors, indices: Sequence[int], *, bounded: bool = False) -> Vectors:
    if column.valid is not None:
        rows.fail(~column.valid, lambda _: "null, where a value is needed")
    short = bool(indices) and max(indices) >= column.size
    if short and column.compressed:
        column = vectors_of(column.rows(), column.size)
    reason = f"a vector of {column.size} slots has no slot {max(indices, default=0)}"
    stored = stored_rows(column.blocks[0]) if len(column.blocks) == 1 else None
    if stored is not None and not (short and bounded):
        if short and stored.full is not None:
            rows.fail(stored.full, lambda _: reason)
        return Vectors((_picked_stored(stored, indices),))
    if short:
        rows.fail(np.ones(rows.count, bool), lambda _: reason)
        return Vectors((Dense(np.zeros((rows.count, len(indices)))),))
    return Vectors((Dense(column.matrix()[:, list(indices)]),))


def _picked_stored(block: Rowwise, indices: Sequence[int]) -> Rowwise:
    """Choose among the slots that are stored; a slot beyond the vectors' end is in none."""
    place = np.full(block.size, -1, np.int32)
    for new, old in enumerate(indices):
        if old < block.size:
            place[old] = new
    to, count = place[block.indices], len(block.starts) - 1
    kept = to >= 0
    row, to = np.repeat(np.arange(count), np.diff(block.starts))[kept], to[kept]
    order = np.lexsort((to, row))
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=count))]).astype(np.int64)
    return Rowwise(starts, to[order], block.values[kept][order], len(indices), block.full)


@stage("org.apache.spark.ml.feature.VectorSlicer", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class VectorSlicer(Stage):
    """Slots by number, then by name, in the order given. Source: feature.VectorSlicer.

    A sparse vector has any slot, unless Spark knows how many there are: before it sees a row, or from the first one
    (`bounded`).
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    indices: tuple[int, ...]
    names: tuple[str, ...]
    bounded: bool = False

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the parameters."""
        indices = tuple(int(i) for i in saved.numbers("indices", ()))
        if any(i < 0 for i in indices):
            raise saved.fail("a slot is negative")
        return cls(indices, saved.texts("names", ()))

    @property
    def stays(self) -> bool:
        """Whether no later filter is moved before it: Spark looks at the first row before it filters any."""
        return self.bounded

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Find the named slots; a numbered one must be among those that Spark knows the column to have."""
        (described,) = inputs
        size = described.size if described.declared else None
        if size is not None and self.indices and max(self.indices) >= size:
            raise ColumnError(f"slot {max(self.indices)} is looked for in vectors of {size} slots")
        bounded = described.declared and size is None
        if not self.names:
            return replace(self, bounded=bounded)
        if described.slots is None:
            raise ColumnError(
                f"the slots named {', '.join(self.names)} are looked for, but what the vector holds is not known; "
                "give the types of the input columns (`schema`), and vectors as fixed_size_list"
            )
        places = {slot.name: i for i, slot in enumerate(described.slots)}
        absent = [name for name in self.names if name not in places]
        if absent:
            raise ColumnError(f"the vector has no slot named {', '.join(absent)}")
        return replace(self, indices=(*self.indices, *(places[name] for name in self.names)), names=())

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        return (_slots(inputs[0], self.indices),)

    def row(self) -> Callable[[Any], Vector]:
        """Slice one vector."""
        indices, bounded = self.indices, self.bounded
        return lambda value: _picked(value, indices, bounded=bounded)

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Slice a batch."""
        return _picked_rows(rows, columns[0], self.indices, bounded=self.bounded)


@stage("org.apache.spark.ml.feature.VectorSizeHint", inputs=("inputCol",), outputs=("inputCol",))
@dataclass(frozen=True, slots=True)
class VectorSizeHint(Stage):
    """The same vector, its size declared and checked. Source: feature.VectorSizeHint.

    `bounded`: Spark learns the size from the first row, and refuses another than is declared here, whatever
    `invalid` says.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    slotwise: ClassVar[bool] = True
    size: int
    invalid: str  # error | skip | optimistic
    old: bool = False  # before Spark 4 its check is no deterministic function
    bounded: bool = False

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the parameters."""
        invalid = saved.choice("handleInvalid", "error", ("error", "skip", "optimistic"))
        size = saved.whole("size")
        if not 0 <= size <= MAX_SLOTS:
            raise saved.fail(f"size should be from 0 to {MAX_SLOTS}, not {size}")
        return cls(size, invalid, saved.behaves < (4, 0))

    @property
    def stays(self) -> bool:
        """Whether no later filter is moved before it."""
        return self.bounded or (self.old and self.invalid == "error")

    @property
    def drops(self) -> bool:
        """Whether a vector of another size drops the row."""
        return self.invalid == "skip"

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Refuse vectors that Spark knows to be of another size."""
        (described,) = inputs
        if described.declared and described.size not in (None, self.size):
            raise ColumnError(f"{self.size} slots are declared for vectors of {described.size}")
        return replace(self, bounded=described.declared and described.size is None)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: the slots as they were, or so many unnamed ones."""
        slots = _known_slots(inputs[0], self.size)
        return (vector(self.size, slots=slots),)

    def row(self) -> Callable[[Any], Any]:
        """Check one vector."""
        size, invalid, bounded = self.size, self.invalid, self.bounded

        def check(value: Any) -> Any:
            if bounded and value is not None and len(value) != size:
                raise Invalid(_sizes(value, size))
            if invalid == "optimistic" or (value is not None and len(value) == size):
                return value
            if invalid == "skip":
                raise Dropped
            raise Invalid("null, where a value is needed" if value is None else _sizes(value, size))

        return check

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Check a batch, whose vectors are of one size."""
        column: Vectors = columns[0]
        if column.valid is not None and not column.valid.any():
            column = Vectors((Dense(np.zeros((rows.count, self.size))),), column.valid)
        if self.bounded and column.size != self.size:
            there = np.ones(rows.count, bool) if column.valid is None else column.valid
            rows.fail(there, lambda _: f"a vector of {column.size} slots, where {self.size} are declared")
        if self.invalid == "optimistic":
            return column
        good = np.full(rows.count, column.size == self.size)
        if column.valid is not None:
            good &= column.valid
        if self.invalid == "skip":
            rows.drop(~good)
        else:
            nulls = np.zeros(rows.count, bool) if column.valid is None else ~column.valid
            rows.fail(nulls, lambda _: "null, where a value is needed")
            rows.fail(~good, lambda _: f"a vector of {column.size} slots, where {self.size} are declared")
        return column


def _known_slots(described: Field, size: int) -> tuple[Attribute, ...] | None:
    """Return the slots of a vector of this size, None where they are not known."""
    pattern = described.pattern
    return described.slots if pattern is None else filled(pattern, size)


def _sizes(value: Vector, size: int) -> str:
    return f"a vector of {len(value)} slots, where {size} are declared"


@stage("org.apache.spark.ml.feature.VectorIndexerModel", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class VectorIndexer(Stage):
    """Slots of few values become the numbers of categories. Source: feature.VectorIndexerModel."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    slotwise: ClassVar[bool] = True
    size: int
    maps: tuple[tuple[int, dict[float, int]], ...]  # (slot, category of each value)
    invalid: str  # error | keep | skip
    unknown: bool = False  # `keep` has a label of its own, since Spark 4.3

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the maps."""
        record = saved.record()
        maps = sorted((int(i), {float(x): int(k) for x, k in values}) for i, values in record["categoryMaps"])
        size = int(record["numFeatures"])
        if not 0 <= size <= MAX_SLOTS:
            raise saved.fail(f"numFeatures should be from 0 to {MAX_SLOTS}, not {size}")
        if any(not 0 <= i < size for i, _ in maps):
            raise saved.fail("a category map is for a slot that does not exist")
        invalid = saved.choice("handleInvalid", "error", ("error", "keep", "skip"))
        return cls(size, tuple(maps), invalid, invalid == "keep" and saved.behaves >= (4, 3))

    @property
    def drops(self) -> bool:
        """Whether an unknown value drops the row."""
        return self.invalid == "skip"

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: indexed slots are nominal, those of two values binary (unless `unknown` is a third)."""
        known = _known_slots(inputs[0], self.size)
        if known is None and self.size > MAX_NAMED:
            return (vector(self.size),)
        slots = list(known) if known is not None and len(known) == self.size else [Attribute()] * self.size
        for i, values in self.maps:
            labels = tuple(text(x) or "" for x in sorted(values))
            kind: Literal["binary", "nominal"] = "binary" if len(labels) == 2 else "nominal"
            if self.unknown:
                kind, labels = "nominal", (*labels, "__unknown")
            slots[i] = Attribute(kind, slots[i].name, labels)
        return (vector(slots=slots),)

    def row(self) -> Callable[[Any], Vector]:
        """Index one vector; the zeros of a sparse one stay."""
        size, maps, invalid = self.size, self.maps, self.invalid

        def category(slot: int, x: float, values: dict[float, int]) -> float:
            found = values.get(x)
            if found is not None:
                return float(found)
            if invalid == "keep":
                return float(len(values))
            if invalid == "skip":
                raise Dropped
            raise Invalid(f"slot {slot} holds {x}, which was not seen when the indexer was fitted")

        def index(value: Any) -> Vector:
            if len(value) != size:
                raise Invalid(f"a vector of {len(value)} slots, where {size} were fitted")
            if isinstance(value, Sparse):
                out = list(value.values)
                places = {i: place for place, i in enumerate(value.indices)}
                for i, values in maps:
                    if i in places:
                        out[places[i]] = category(i, out[places[i]], values)
                return Sparse(size, value.indices, out)
            full: list[float] = list(value)
            for i, values in maps:
                full[i] = category(i, full[i], values)
            return full

        return index
