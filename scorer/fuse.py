"""Table-sum fusion: index → one-hot → assemble → linear becomes one table a column and one sum.

A fused function covers the ordinary rows only. Whatever it does not expect (a null, NaN, an unseen label under
`error`, a number where text is usual) makes it step aside for the unfused function, which is the meaning: so
errors, dropped rows and odd values are decided in one place. Both add slot after slot, in the same order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import pyarrow as pa

from scorer.errors import Dropped, Invalid
from scorer.pipeline import Raw, Selection, Step
from scorer.stage import Stage
from scorer.stages.assemble import VectorAssembler
from scorer.stages.encode import LegacyOneHotEncoder, OneHotEncoder
from scorer.stages.index import StringIndexer
from scorer.vectors import Sparse


@dataclass(frozen=True, slots=True)
class Number:
    """An assembled slot that holds a raw number."""

    raw: Raw
    slot: int


@dataclass(frozen=True, slots=True)
class Labels:
    """Assembled slots that one raw label decides: `slots[label]` is (slot, value), or None if all are zero.

    `spare` answers an unseen label, `null` a null; `refused` stands for "not here": the unfused function decides.
    """

    raw: Raw
    start: int
    size: int
    slots: Mapping[str, tuple[int, float] | None]
    spare: Any
    null: Any


class Refused:
    """A row that the fused function leaves to the unfused one."""


REFUSED = Refused()


class Table(dict[Any, Any]):
    """A look-up by label that answers an unseen text with `spare`, and refuses whatever is no text."""

    def __init__(self, entries: Mapping[Any, Any], spare: Any) -> None:
        super().__init__(entries)
        self.spare = spare

    def __missing__(self, key: Any) -> Any:
        if type(key) is str:
            return self.spare
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Layout:
    """An assembled vector as parts that are read straight from raw columns."""

    parts: tuple[Number | Labels, ...]
    size: int
    steps: frozenset[int]  # the steps (by id) that the layout stands for

    @classmethod
    def of(cls, selection: Selection, step: Step) -> Self | None:
        """Read the layout of an assembler's step; None if a part is not of a known form."""
        makers = {
            value: s for s in selection.steps if not s.optional for value in s.outputs if value is not None
        }
        raws = {raw.value: raw for raw in selection.plan.raws.values()}
        if not isinstance(step.stage, VectorAssembler):
            return None
        parts: list[Number | Labels] = []
        used = {id(step)}
        start = 0
        for value in step.inputs:
            part = _part(value, start, makers, raws, used)
            if part is None:
                return None
            parts.append(part)
            start += part.size if isinstance(part, Labels) else 1
        return cls(tuple(parts), start, frozenset(used))

    @property
    def raws(self) -> list[Raw]:
        """The raw columns that are read."""
        return [part.raw for part in self.parts]


def _part(
    value: int, start: int, makers: Mapping[int, Step], raws: Mapping[int, Raw], used: set[int]
) -> Number | Labels | None:
    if value in raws:
        raw = raws[value]
        return Number(raw, start) if _plain_number(raw) else None
    chain: list[Step] = []
    while value in makers and len(chain) < 3:
        chain.append(makers[value])
        value = chain[-1].inputs[0]
    stages = [step.stage for step in reversed(chain)]
    if value not in raws or not stages or not isinstance(stages[0], StringIndexer):
        return None
    if len(stages) == 2 and not isinstance(stages[1], OneHotEncoder | LegacyOneHotEncoder):
        return None
    raw = raws[value]
    if len(stages) > 2 or raw.kind != "text" or (raw.known and not _is_text(raw.type)):
        return None
    used.update(id(step) for step in chain)
    return _labels(raw, start, stages[0], stages[1] if len(stages) == 2 else None)


def _plain_number(raw: Raw) -> bool:
    if raw.kind not in ("number", "numbers"):
        return False
    return (
        not raw.known
        or raw.type == pa.float64()
        or pa.types.is_integer(raw.type)
        or pa.types.is_boolean(raw.type)
    )


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _labels(raw: Raw, start: int, indexer: StringIndexer, encoder: Stage | None) -> Labels:
    index = indexer.row()
    encode = encoder.row() if encoder is not None else None

    def slot(label: str | None) -> Any:
        try:
            place = index(label)
            if encode is None:
                return (start, place)
            hot = encode(place)
        except (Invalid, Dropped):
            return REFUSED
        assert isinstance(hot, Sparse)
        return (start + hot.indices[0], hot.values[0]) if hot.indices else None

    unseen = "\0 a label that no indexer has seen"
    slots = {label: slot(label) for label in indexer.labels}
    size = getattr(encoder, "size", 1) if encoder is not None else 1
    return Labels(raw, start, size, slots, slot(unseen), slot(None))


def weighted(part: Labels, weights: tuple[float, ...], stored: frozenset[int] | None) -> Table:
    """Return what each label adds to a sum: NaN where the unfused function must decide."""

    def share(entry: Any) -> float:
        if entry is REFUSED:
            return math.nan
        if entry is None or (stored is not None and entry[0] not in stored):
            return 0.0
        return float(entry[1] * weights[entry[0]])

    table = {label: share(entry) for label, entry in part.slots.items()}
    return Table({**table, None: share(part.null)}, share(part.spare))
