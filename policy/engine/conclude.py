"""The twin of `Verdict.apply` for columns: segments, rules and needs in vector code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from policy.engine.formula import Formula
from policy.engine.rules import Effect, Rules
from policy.engine.verdict import Verdict
from policy.expr import Type
from policy.expr.columns import encode
from policy.expr.types import parse_type
from policy.spec.conditions import NOW, SCORE, variable

Array = Any  # a NumPy array

CODES = ("on_error", "band", "segment", "unknown", "preview", "rule", "needs", "completed", None)
ON_ERROR, BAND, SEGMENT, UNKNOWN, PREVIEW, RULE, NEEDS, COMPLETED, NONE = range(9)


@dataclass(frozen=True, slots=True)
class Judged:
    """What conditions say of each row.

    segments: the place of its segment, or -1; states: of each rule 1, 0 or -1 for unknown; tables: of each table the
    effect that it has, or -1; met: of each action that needs something whether it is so.
    """

    segments: Array
    states: list[Array]
    tables: list[Array]
    met: dict[str, Array]


@dataclass(frozen=True, slots=True)
class Concluded:
    """What came of it, for each row.

    actions, ruleless: places on the ladder, with rules and without; rules: the place of the deciding rule, or -1;
    reasons: the code of the last reason, 0 where only the band or an error has one.
    """

    actions: Array
    ruleless: Array
    rules: Array
    reasons: Array


def judge_table(
    verdict: Verdict, arrays: Sequence[pa.Array], scores: Array, right: Array, now: pa.Array | None
) -> Judged:
    """Ask all conditions about the rows that are right; about the others nothing holds.

    arrays: the facts in the order of the inputs; now: a time for each row.
    """
    rows = len(scores)
    if not verdict:
        return Judged(np.full(rows, -1), [], [], {})
    table = _readable(verdict, arrays, scores, now)
    if bool(right.all()):
        return _at_times(verdict, table, now)
    places = np.flatnonzero(right)
    chosen = pa.array(places)
    return _gathered([(places, _at_times(verdict, table.take(chosen), now and now.take(chosen)))], rows)


def compute(
    verdict: Verdict, formulas: Sequence[Formula], arrays: Sequence[pa.Array], now: pa.Array | None, rows: int
) -> list[pa.Array]:
    """What formulas give for every row, all of whose facts are right."""
    if not formulas:
        return []
    table = _readable(verdict, arrays, np.full(rows, np.nan), now)
    places, made = [], []
    for part, views in _epochs(verdict, now, rows):
        columns = encode(table.take(pa.array(part)), _types(verdict), views)
        places.append(part)
        made.append([formula.batch(columns) for formula in formulas])
    back = pa.array(np.argsort(np.concatenate(places), kind="stable"))
    return [pa.concat_arrays(parts).take(back) for parts in zip(*made, strict=True)]


def _epochs(verdict: Verdict, now: pa.Array | None, rows: int) -> list[tuple[Array, Mapping[str, Any]]]:
    """The rows between two expiries of lists, and the lists then."""
    if now is None or not verdict.lists.reads_now or not rows:
        return [(np.arange(rows), verdict.lists.at(0))]
    return list(verdict.lists.groups(now.cast(pa.int64()).to_numpy(zero_copy_only=False)))


def _at_times(verdict: Verdict, table: pa.Table, now: pa.Array | None) -> Judged:
    """Lists with expiries hold what they hold at the time of each row."""
    epochs = _epochs(verdict, now, table.num_rows)
    if len(epochs) == 1:
        return _judge(verdict, table, epochs[0][1])
    parts = [(places, _judge(verdict, table.take(pa.array(places)), views)) for places, views in epochs]
    return _gathered(parts, table.num_rows)


def _readable(verdict: Verdict, arrays: Sequence[pa.Array], scores: Array, now: pa.Array | None) -> pa.Table:
    """The columns that conditions read, under their names."""
    columns = {one.name: array for one, array in zip(verdict.inputs, arrays, strict=True)}
    columns[SCORE] = pa.array(scores, mask=np.isnan(scores))
    if now is not None:
        columns[NOW] = now
    read = {name: columns[name] for name in columns if name in verdict.reads}
    return pa.table([*read.values(), pa.nulls(len(scores))], names=[*read, ""])


def _judge(verdict: Verdict, table: pa.Table, views: Mapping[str, Any]) -> Judged:
    types = _types(verdict)
    columns = encode(table, types, views)
    states, tables = verdict.judge.batch(columns)
    return Judged(verdict.segments.batch(columns), states, tables, verdict.needs.met(columns))


def _types(verdict: Verdict) -> dict[str, Type]:
    types = {one.name: variable(one).type for one in verdict.inputs if one.name in verdict.reads}
    types |= {name: Type("set", (parse_type("string"),)) for name in verdict.read_lists}
    types |= {SCORE: parse_type("double")} if SCORE in verdict.reads else {}
    return types | ({NOW: parse_type("timestamp")} if NOW in verdict.reads else {})


def _gathered(parts: Sequence[tuple[Array, Judged]], rows: int) -> Judged:
    """The parts of a table put back in the order of its rows; of other rows nothing holds."""

    def whole(pick: Callable[[Judged], Iterable[Array]], count: int, otherwise: int) -> list[Array]:
        made = [np.full(rows, otherwise, np.int64) for _ in range(count)]
        for places, judged in parts:
            for target, source in zip(made, pick(judged), strict=True):
                target[places] = source
        return made

    first = parts[0][1]
    met = whole(lambda one: one.met.values(), len(first.met), 0)
    return Judged(
        whole(lambda one: [one.segments], 1, -1)[0],
        whole(lambda one: one.states, len(first.states), 0),
        whole(lambda one: one.tables, len(first.tables), -1),
        {name: mask.astype(bool) for name, mask in zip(first.met, met, strict=True)},
    )


def conclude(verdict: Verdict, base: Array, judged: Judged) -> Concluded:
    """The actions; `base` are those of bands or of `on_error.score`, by place on the ladder."""
    settled = _Settling(base)
    reasons = np.where(judged.segments >= 0, SEGMENT, 0)
    unknown, preview, fired = (np.zeros(len(base), bool) for _ in range(3))
    for place, effect, acting in _effects(verdict.judge.rules, judged):
        if effect.preview:
            preview |= acting
        else:
            fired |= acting
            settled.add(place, effect, acting)
    for table, found in zip(verdict.judge.tables, judged.tables, strict=True):
        acting = found >= 0
        if table.preview:
            preview |= acting
        else:
            fired |= acting
            settled.add_table(verdict.judge.rules.effects, found)
    for state in judged.states:
        unknown |= state < 0
    for mask, code in ((unknown, UNKNOWN), (preview, PREVIEW), (fired, RULE)):
        reasons[mask] = code
    actions, rules = settled.result()
    left = verdict.needs.batch(actions, judged.met, verdict.ladder)
    reasons[left != actions] = NEEDS
    return Concluded(left, verdict.needs.batch(base, judged.met, verdict.ladder), rules, reasons)


def _effects(rules: Rules, judged: Judged) -> Iterator[tuple[int, Effect, Array]]:
    """(place, effect, rows) of the rules, in their order."""
    for place, state in enumerate(judged.states):
        yield place, rules.effects[place], state > 0
        other = rules.unknown[place]
        if other is not None:
            yield place, other, state < 0


class _Settling:
    """Rules.settle for every row at once."""

    def __init__(self, base: Array) -> None:
        rows = len(base)
        self.base = base
        self.final, self.floor, self.ceiling = (np.full(rows, -1) for _ in range(3))
        self.final_of, self.floor_of, self.ceiling_of = (np.full(rows, -1) for _ in range(3))

    def add(self, place: int, effect: Effect, acting: Array) -> None:
        """Take in a rule that is enforced."""
        rows = np.flatnonzero(acting)
        if effect.final >= 0:
            self._put(rows[self.final[rows] < 0], self.final, self.final_of, effect.final, place)
        if effect.floor >= 0:
            self._put(rows[self.floor[rows] < effect.floor], self.floor, self.floor_of, effect.floor, place)
        if effect.ceiling >= 0:
            lower = _lower(effect.ceiling, self.ceiling[rows])
            self._put(rows[lower], self.ceiling, self.ceiling_of, effect.ceiling, place)

    def add_table(self, effects: Sequence[Effect], found: Array) -> None:
        """Take in the rows of a table that is enforced: for each record the place of its effect, or -1."""
        rows = np.flatnonzero(found >= 0)
        places = found[rows]
        final, floor, ceiling = (
            np.array([getattr(effect, word) for effect in effects])[places]
            for word in ("final", "floor", "ceiling")
        )
        for better, column, owner, value in (
            ((final >= 0) & (self.final[rows] < 0), self.final, self.final_of, final),
            (floor > self.floor[rows], self.floor, self.floor_of, floor),
            (_lower(ceiling, self.ceiling[rows]), self.ceiling, self.ceiling_of, ceiling),
        ):
            column[rows[better]], owner[rows[better]] = value[better], places[better]

    def _put(self, rows: Array, column: Array, owner: Array, value: int, place: int) -> None:
        column[rows], owner[rows] = value, place

    def result(self) -> tuple[Array, Array]:
        """The actions, and which rule brought each about, -1 for none."""
        actions, rules = self.base.copy(), np.full(len(self.base), -1)
        lowered = (self.ceiling >= 0) & (self.ceiling < actions)
        actions[lowered], rules[lowered] = self.ceiling[lowered], self.ceiling_of[lowered]
        raised = self.floor > actions
        actions[raised], rules[raised] = self.floor[raised], self.floor_of[raised]
        decided = self.final >= 0
        actions[decided], rules[decided] = self.final[decided], self.final_of[decided]
        return actions, rules


def _lower(ceiling: Array | int, before: Array) -> Array:
    """Where there is a ceiling, and none below it before."""
    return (ceiling >= 0) & ((before < 0) | (ceiling < before))
