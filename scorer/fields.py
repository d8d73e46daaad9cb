"""What is known of a column before any row is seen: its type and Spark's "ML attributes", which travel with it.

Source: org.apache.spark.ml.attribute. Several transformers read attributes while they score: the legacy one-hot
encoder takes its size from them, IndexToString its labels, VectorSlicer its names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

import pyarrow as pa

from scorer.errors import ColumnError
from scorer.vectors import VECTOR

# `numbers`: a number or a vector; `text`: what can be written as text; `tokens`: a list of texts or numbers
Kind = Literal["number", "text", "string", "tokens", "vector", "numbers", "any"]
DOUBLE = pa.float64()
TEXT = pa.string()
TOKENS = pa.list_(pa.string())
HASHES = pa.list_(pa.list_(pa.float64()))  # a list of vectors
MAX_NAMED = 1 << 16  # slots of a vector that are described although no data name them
MAX_DESCRIBED = 1 << 20  # slots of a vector that are described


@dataclass(frozen=True, slots=True)
class Attribute:
    """What one number means: `nominal` values have `labels` or at least a `count`; `name` is the slot's name."""

    kind: Literal["numeric", "nominal", "binary"] = "numeric"
    name: str | None = None
    labels: Sequence[str] | None = None
    count: int | None = None

    def named(self, name: str) -> Self:
        """Return the same attribute under a name."""
        return replace(self, name=name)

    @property
    def categories(self) -> int | None:
        """The number of categories, if it is known."""
        return len(self.labels) if self.labels is not None else self.count


Pattern = tuple[Attribute | None, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its Arrow type (None: not known), a scalar's attribute, a vector's size and slots.

    `declared`: Spark's attributes tell a vector's size, too. They may tell it although it is not known here
    (`size` None): Spark then took it from the first row, so each row's own size counts. `pattern` are the slots of such
    a vector, where None stands for a stretch of plain numbers, as many as the row has.
    """

    type: pa.DataType | None
    attribute: Attribute | None = None
    size: int | None = None
    slots: tuple[Attribute, ...] | None = None
    declared: bool = False
    pattern: Pattern | None = None

    @property
    def is_vector(self) -> bool:
        """Whether the column is known to hold vectors."""
        return self.type is not None and holds_vectors(self.type)

    @property
    def width(self) -> int | None:
        """The number of slots that this column takes in an assembled vector."""
        return self.size if self.is_vector else 1


def number(attribute: Attribute | None = None) -> Field:
    """Describe a column of doubles."""
    return Field(DOUBLE, attribute)


def vector(
    size: int | None = None, slots: Iterable[Attribute] | None = None, *, declared: bool | None = None
) -> Field:
    """Describe a column of vectors; Spark's attributes tell its size if it is known, unless `declared` says else."""
    known = tuple(slots) if slots is not None else None
    size = len(known) if known is not None else size
    return Field(VECTOR, None, size, known, size is not None if declared is None else declared)


def patterned(slots: Iterable[Attribute | None]) -> Field:
    """Describe a column of vectors by their slots; None is a stretch of plain numbers, as many as a row has."""
    parts = tuple(slots)
    known = tuple(slot for slot in parts if slot is not None)
    return vector(slots=known) if len(known) == len(parts) else Field(VECTOR, declared=True, pattern=parts)


def filled(pattern: Pattern, size: int) -> tuple[Attribute, ...] | None:
    """Return the slots of a vector of so many; None if the pattern has several stretches, or too many slots."""
    more = size - len(pattern) + 1
    if pattern.count(None) != 1 or more < 0:
        return None
    at = pattern.index(None)
    return tuple(slot or Attribute() for slot in (*pattern[:at], *(None,) * more, *pattern[at + 1 :]))


def sized_as(described: Field) -> Field:
    """Describe vectors of which Spark's attributes tell the size if they tell it of others, and nothing else."""
    return vector(described.size, declared=described.declared)


def holds_vectors(kind: pa.DataType) -> bool:
    """Tell whether a column of this Arrow type holds vectors."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return bool(pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))
    return bool(pa.types.is_struct(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def scored_type(kind: pa.DataType) -> pa.DataType:
    """Return the type that a column is scored in: of runs, and of a dictionary unless of texts, that of the values."""
    if pa.types.is_run_end_encoded(kind):
        return scored_type(kind.value_type)
    return kind.value_type if pa.types.is_dictionary(kind) and not _is_text(kind.value_type) else kind


def of_texts(column: Field) -> None:
    """Refuse a column that is known to hold lists of something else than texts; raises ColumnError."""
    kind = getattr(column.type, "value_type", None)
    kind = kind.value_type if kind is not None and pa.types.is_dictionary(kind) else kind
    if kind is not None and not (_is_text(kind) or pa.types.is_null(kind)):
        raise ColumnError(f"lists of texts are needed, not {column.type}")


def fits(kind: pa.DataType, wanted: Kind) -> bool:
    """Tell whether a column of this Arrow type can be what a stage wants."""
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    is_number = is_number or pa.types.is_decimal(kind) or pa.types.is_null(kind)
    if pa.types.is_dictionary(kind):
        return fits(kind.value_type, wanted)
    if wanted == "number":
        return bool(is_number and not pa.types.is_boolean(kind))
    if wanted == "vector":
        return holds_vectors(kind) or bool(pa.types.is_null(kind))
    if wanted == "numbers":
        return bool(is_number) or holds_vectors(kind)
    is_text = _is_text(kind)
    if wanted == "text":
        return bool(is_text or (is_number and not pa.types.is_boolean(kind)))
    if wanted == "string":
        return bool(is_text or pa.types.is_null(kind))
    if wanted == "tokens":
        is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
        return bool(is_list or pa.types.is_null(kind))
    return True


def described(wanted: Kind) -> str:
    """Say what a stage wants, for messages."""
    words: dict[str, str] = {"number": "numbers", "numbers": "numbers or vectors", "vector": "vectors"}
    words |= {"text": "texts or numbers", "string": "texts", "tokens": "lists"}
    return words.get(wanted, wanted)


DEFAULT_TYPE: dict[Kind, pa.DataType] = {
    "number": DOUBLE,
    "numbers": DOUBLE,
    "text": TEXT,
    "string": TEXT,
    "tokens": TOKENS,
    "vector": VECTOR,
    "any": TEXT,
}
