"""Interaction: products of columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate, product
from typing import Any, ClassVar, Self

import pyarrow as pa

from scorer.errors import ColumnError, Invalid, shown
from scorer.fields import MAX_NAMED, Attribute, Field, Kind, patterned, vector
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import MAX_SLOTS, Sparse, Vector, active, compressed, vector_of

_UNKNOWN = "Spark multiplies vectors of known slots only; assemble them by a VectorAssembler"
_BETWEEN = (
    "a nominal slot stands between columns that may be vectors of any size, so its place is not known; give the types "
    "of the input columns (`schema`), and vectors as fixed_size_list"
)
_UNCOUNTED = "Spark multiplies nominal slots of known categories only; index them by a VectorIndexer"
_BOOLEAN = "Spark multiplies numbers and vectors only, no booleans"
Entries = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many slots each number of an input takes: its `first` ones, one for each of any more, and its `last` ones.

    `last` is None where there are no more.
    """

    first: tuple[int, ...]
    last: tuple[int, ...] | None = None

    @property
    def size(self) -> int:
        """The numbers that are always there."""
        return len(self.first) + len(self.last or ())

    def width(self, size: int) -> int:
        """Return the slots that an input of so many numbers takes."""
        return sum(self.first) + sum(self.last or ()) + size - self.size

    def places(self, size: int) -> Callable[[int], tuple[int, int]]:
        """Return where the slots of a number start, and how many they are, for an input of so many numbers."""
        first, last = self.first, self.last or ()
        heads = list(accumulate(first, initial=0))
        rest, tail = len(first), size - len(last)
        tails = list(accumulate(last, initial=heads[-1] + tail - rest))

        def place(i: int) -> tuple[int, int]:
            if i < rest:
                return heads[i], first[i]
            return (heads[-1] + i - rest, 1) if i < tail else (tails[i - tail], last[i - tail])

        return place


@stage("org.apache.spark.ml.feature.Interaction", inputs=("inputCols",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class Interaction(Stage):
    """Every product of one slot of each input; a nominal input is one-hot first. Source: feature.Interaction.

    `counts`: for each input the slots that its numbers take, None if its type is not known: it is a number, since a
    vector needs known slots (Spark's "attributes"), as those of an assembled one. Of how many slots that is, Spark may
    learn from the first row only, and refuses rows of another size; here each row is the first.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("numbers",)
    names: tuple[str, ...]
    counts: tuple[Counts | None, ...] = ()

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the names, which those of the slots are made of; all else stands in the columns."""
        names = saved.texts("inputCols")
        return cls(names, (None,) * len(names))

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Learn which numbers are nominal, and of how many categories."""
        if len(set(self.names)) < len(self.names):
            raise ColumnError("Spark multiplies columns with others only, not with themselves")
        if any(d.is_vector and d.slots is None and d.pattern is None for d in inputs):
            raise ColumnError(_UNKNOWN)
        if any(described.type is not None and pa.types.is_boolean(described.type) for described in inputs):
            raise ColumnError(_BOOLEAN)
        if any(a.kind == "nominal" and a.categories is None for d in inputs for a in _attributes(d)):
            raise ColumnError(_UNCOUNTED)
        return replace(self, counts=tuple(_counts(described) for described in inputs))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: slots are named `<slot>:<slot>`, or by number if there are too many to name."""
        if any(counts is not None and counts.last is not None for counts in self.counts):
            return (patterned((None,)),)
        size = 1
        for counts in self.counts:
            size *= 1 if counts is None else counts.width(counts.size)
        if size > MAX_NAMED:
            return (vector(size),)
        named = [_named(name, described) for name, described in zip(self.names, inputs, strict=True)]
        slots = (
            named[0]
            if len(named) == 1
            else [Attribute(name=":".join(p)) for p in product(*_slot_names(named))]
        )
        return (vector(slots=slots),)

    def row(self) -> Callable[..., Vector]:
        """Multiply one record, from its last column to its first."""
        known = self.counts

        def interact(*values: Any) -> Vector:
            size, made = 1, [(0, 1.0)]
            for position in range(len(values) - 1, -1, -1):
                width, entries = _encoded(values[position], known[position], position)
                made = [(j + i * size, y * x) for i, x in entries for j, y in made]
                size *= width
                if size > MAX_SLOTS:
                    raise Invalid(f"the products take {size} slots", position)
            kept = sorted((i, x) for i, x in made if x != 0.0)
            return compressed(size, [i for i, _ in kept], [x for _, x in kept])

        return interact


def _named(name: str, described: Field) -> list[Attribute]:
    """Return what Spark calls the slots of one input: `<column>_<label>`, `<column>_<slot>_<label>`."""
    if not described.is_vector:
        return _encoded_slots((), name, described.attribute)
    slots = described.slots or ()
    parts = (str(i) if slot.name is None else slot.name for i, slot in enumerate(slots))
    return [a for part, slot in zip(parts, slots, strict=True) for a in _encoded_slots((name,), part, slot)]


def _encoded_slots(front: tuple[str, ...], name: str, attribute: Attribute | None) -> list[Attribute]:
    if attribute is None or attribute.kind != "nominal":
        return [Attribute(name="_".join((*front, name)))]
    labels = attribute.labels or map(str, range(_categories(attribute)))
    return [Attribute("binary", "_".join((*front, name, label))) for label in labels]


def _slot_names(inputs: list[list[Attribute]]) -> list[list[str]]:
    return [[slot.name or "" for slot in slots] for slots in inputs]


def _attributes(described: Field) -> tuple[Attribute, ...]:
    if described.is_vector:
        return described.slots or tuple(slot for slot in described.pattern or () if slot is not None)
    return () if described.attribute is None else (described.attribute,)


def _counts(described: Field) -> Counts | None:
    if described.type is None:
        return None
    if not described.is_vector:
        return Counts((_categories(described.attribute),))
    pattern = described.pattern
    if pattern is None:
        return Counts(tuple(_categories(slot) for slot in described.slots or ()))
    counts = tuple(_categories(slot) for slot in pattern)
    start, stop = pattern.index(None), len(pattern) - pattern[::-1].index(None)
    if any(count > 1 for count in counts[start:stop]):
        raise ColumnError(_BETWEEN)
    plain = sum(slot is not None for slot in pattern[start:stop])
    return Counts(counts[:start] + (1,) * plain, counts[stop:])


def _categories(attribute: Attribute | None) -> int:
    if attribute is None or attribute.kind != "nominal":
        return 1
    return max(1, attribute.categories or 1)


def _encoded(value: Any, counts: Counts | None, position: int) -> tuple[int, Entries]:
    """Return how many slots a value takes, and its entries there."""
    if value is None or isinstance(value, bool):
        raise Invalid("null, where a value to multiply is needed" if value is None else _BOOLEAN, position)
    scalar = isinstance(value, int | float | Decimal)
    if counts is None and not scalar:
        raise Invalid(_UNKNOWN, position)
    if counts is None:
        return 1, [(0, float(value))]
    stored = [(0, float(value))] if scalar else list(active(value if _is_vector(value) else vector_of(value)))
    size = 1 if scalar else len(value)
    if size != counts.size and (counts.last is None or size < counts.size):
        raise Invalid(f"a vector of {size} slots, where {counts.size} are declared", position)
    place = counts.places(size)
    return counts.width(size), [_entry(x, *place(i), position) for i, x in stored]


def _is_vector(value: Any) -> bool:
    return isinstance(value, list | Sparse)


def _entry(x: float, start: int, count: int, position: int) -> tuple[int, float]:
    if count == 1:
        return start, x
    if not (0.0 <= x < count and x == int(x)):
        raise Invalid(f"{shown(x)} is not the number of one of {count} categories", position)
    return start + int(x), 1.0
