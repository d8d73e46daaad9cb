"""Table-sum fusion: index → one-hot → assemble → linear becomes one table a column and one sum; words, see `bag`.

A fused function covers the ordinary rows only. Whatever it does not expect (a null, NaN, an unseen label under
`error`, a number where text is usual) makes it step aside for the unfused function, which is the meaning: so
errors, dropped rows and odd values are decided in one place. Both add slot after slot, in the same order (but words).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import pyarrow as pa

from scorer.bag import Bag
from scorer.errors import Dropped, Invalid
from scorer.labels import MANY
from scorer.pipeline import Raw, Selection, Step
from scorer.stage import Stage
from scorer.stages.assemble import VectorAssembler
from scorer.stages.bucket import Bucketizer
from scorer.stages.counts import IDF, CountVectorizer
from scorer.stages.encode import LegacyOneHotEncoder, OneHotEncoder
from scorer.stages.hashing import HashingTF
from scorer.stages.index import StringIndexer
from scorer.stages.text import NGram, RegexTokenizer, StopWordsRemover, Tokenizer
from scorer.vectors import Sparse


@dataclass(frozen=True, slots=True)
class Number:
    """An assembled slot that holds a number: a raw one, or one that another stage computed."""

    value: int
    slot: int
    size: int = 1


@dataclass(frozen=True, slots=True)
class Choice:
    """Assembled slots that one value decides: `slots[key]` is (slot, value), or None if all are zero.

    The key is a raw label, or the number of a category (`numeric`). `spare` answers a label that was not seen,
    `null` a null; `REFUSED` stands for what the unfused function decides.
    """

    value: int
    size: int
    slots: Mapping[Any, tuple[int, float] | Refused | None]
    spare: Any
    null: Any
    numeric: bool
    start: int
    hot: bool  # the slots are one-hot; else the one slot holds the label's number


Part = Number | Choice | Bag


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
    """A vector as parts that are read from raw columns and from what other stages computed."""

    parts: tuple[Part, ...]
    size: int
    absorbed: frozenset[int]  # the steps (by id) that the layout stands for

    @classmethod
    def of(cls, selection: Selection, step: Step) -> Self | None:
        """Read the layout of what a step makes, an assembler or a bag of words; None if it is not of a known form."""
        reader = _Reader(selection)
        parts: list[Part] = []
        start = 0
        assembles = isinstance(step.stage, VectorAssembler)
        for value in step.inputs if assembles else step.outputs:
            part = reader.part(value, start) if value is not None else None
            if part is None or not (assembles or isinstance(part, Bag)):
                return None
            parts.append(part)
            start += part.size
        return cls(tuple(parts), start, frozenset({*reader.absorbed, id(step)}))


class _Reader:
    def __init__(self, selection: Selection) -> None:
        self._makers = {v: s for s in selection.steps if not s.optional for v in s.outputs if v is not None}
        self._raws = {raw.value: raw for raw in selection.plan.raws.values()}
        self._fields = selection.plan.fields
        self.absorbed: set[int] = set()

    def part(self, value: int, start: int) -> Part | None:
        """Read one input of the assembler."""
        if value in self._raws:
            return Number(value, start) if _plain_number(self._raws[value]) else None
        step = self._makers[value]
        if isinstance(step.stage, OneHotEncoder | LegacyOneHotEncoder):
            return self._encoded(step, start)
        if (indexer := self._indexer(value)) is not None:
            return _labels(step.inputs[0], start, indexer, None)
        if isinstance(step.stage, IDF | HashingTF | CountVectorizer):
            return self._bag(value, start)
        return (
            None
            if self._fields[value].is_vector or self._fields[value].type is None
            else Number(value, start)
        )

    def _encoded(self, step: Step, start: int) -> Part | None:
        inner = step.inputs[0]
        self.absorbed.add(id(step))
        if (indexer := self._indexer(inner)) is not None:
            return _labels(self._makers[inner].inputs[0], start, indexer, step.stage)
        if inner in self._raws and not _plain_number(self._raws[inner]):
            return None
        if _width(step.stage) > MANY:
            return None
        return _categories(inner, start, step.stage)

    def _bag(self, value: int, start: int) -> Bag | None:
        """Read the stages from a raw value to its weighed counts, from the last to the first."""
        chain: list[Step] = []
        while value in self._makers:
            chain.append(self._makers[value])
            value = chain[-1].inputs[0]
        raw = self._raws.get(value)
        stages = [step.stage for step in chain]
        scale = stages[0].weights if isinstance(stages[0], IDF) else None
        stages = stages[scale is not None :]
        counter = stages.pop(0) if stages else None
        filters: list[StopWordsRemover] = []
        while stages and isinstance(stages[0], StopWordsRemover):
            filters.insert(0, stages[0])
            del stages[0]
        if raw is None or not _counts(counter) or not all(isinstance(stage, _LISTS) for stage in stages):
            return None
        assert isinstance(counter, HashingTF | CountVectorizer)
        if (scale is not None and len(scale) < counter.size) or raw.kind not in ("string", "tokens"):
            return None
        self.absorbed.update(map(id, chain))
        return Bag(value, start, counter.size, tuple(reversed(stages)), tuple(filters), counter, scale)

    def _indexer(self, value: int) -> StringIndexer | None:
        step = self._makers.get(value)
        if step is None or not isinstance(step.stage, StringIndexer):
            return None
        raw = self._raws.get(step.inputs[0])
        if raw is None or raw.kind != "text" or (raw.known and not _is_text(raw.type)):
            return None
        if len(step.stage.labels) > MANY:  # a table of them all would take more than the model
            return None
        self.absorbed.add(id(step))
        return step.stage


_LISTS = (Tokenizer, RegexTokenizer, StopWordsRemover, NGram)


def _counts(counter: Stage | None) -> bool:
    """Whether each token counts by itself, and tokens are texts."""
    if isinstance(counter, HashingTF):
        return counter.kind == "text"
    return isinstance(counter, CountVectorizer) and counter.least == 1.0


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


def _labels(value: int, start: int, indexer: StringIndexer, encoder: Stage | None) -> Choice:
    index, encode = indexer.row(), encoder.row() if encoder is not None else None

    def slot(label: str | None) -> Any:
        try:
            place = index(label)
        except (Invalid, Dropped):
            return REFUSED
        return (start, place) if encode is None else _hot(encode, place, start)

    slots = {label: slot(label) for label in indexer.labels}
    unseen = slot("\0 a label that no indexer has seen")
    hot = encoder is not None
    return Choice(value, _width(encoder), slots, unseen, slot(None), numeric=False, start=start, hot=hot)


def _categories(value: int, start: int, encoder: Stage) -> Choice:
    encode, count = encoder.row(), getattr(encoder, "categories", _width(encoder) + 1)
    slots = {float(place): _hot(encode, float(place), start) for place in range(count)}
    return Choice(value, _width(encoder), slots, REFUSED, REFUSED, numeric=True, start=start, hot=True)


def _width(encoder: Stage | None) -> int:
    return int(getattr(encoder, "size", 1)) if encoder is not None else 1


def _hot(encode: Any, place: float, start: int) -> Any:
    try:
        hot = encode(place)
    except (Invalid, Dropped):
        return REFUSED
    assert isinstance(hot, Sparse)
    return (start + hot.indices[0], hot.values[0]) if hot.indices else None


def bucketed(selection: Selection, layout: Layout, steps: Sequence[Step]) -> dict[int, Step]:
    """The steps that make a bucket's number for one choice and for nothing else, by the value that they make."""
    read = Counter(value for step in selection.steps for value in step.inputs)
    read.update(value for _, value in selection.outputs)
    chosen = Counter(part.value for part in layout.parts if isinstance(part, Choice))
    makers = {
        step.outputs[0]: step
        for step in steps
        if isinstance(step.stage, Bucketizer) and len(step.inputs) == len(step.outputs) == 1
    }
    return {
        value: step
        for value, step in makers.items()
        if value is not None and read[value] == chosen[value] == 1
    }


def weighted(part: Choice, weights: tuple[float, ...], stored: frozenset[int] | None) -> Table:
    """Return what each label adds to a sum: NaN where the unfused function must decide."""

    def share(entry: Any) -> float:
        if entry is REFUSED:
            return math.nan
        if entry is None or (stored is not None and entry[0] not in stored):
            return 0.0
        return float(entry[1] * weights[entry[0]])

    table = {label: share(entry) for label, entry in part.slots.items()}
    return Table({**table, None: share(part.null)}, share(part.spare))


def places(part: Choice) -> tuple[Table, dict[int, str]]:
    """Return what each key stands for, and the values of the part's slots as expressions of it.

    One slot that holds the label's number is that number; slots of which one is 1.0 compare their own.
    """
    start, hot = part.start, part.hot

    def stands(entry: Any) -> float:
        if entry is REFUSED:
            return math.nan
        if entry is None:
            return -1.0
        return float(entry[0] if hot else entry[1])

    table = Table(
        {**{k: stands(e) for k, e in part.slots.items()}, None: stands(part.null)}, stands(part.spare)
    )
    if not hot:
        return table, {start: "{}"}
    return table, {start + i: f"(1.0 if {{}} == {start + i} else 0.0)" for i in range(part.size)}
