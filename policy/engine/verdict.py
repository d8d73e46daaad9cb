"""Everything that stands between a score and the action: segments, rules, tables, what actions need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Self

from msgspec.structs import replace

from policy.engine.judge import Judge
from policy.engine.lists import Lists
from policy.engine.machine import machine_values, microseconds
from policy.engine.needs import Needs
from policy.engine.outcome import Outcome
from policy.engine.reasons import Explainer, reads_of
from policy.engine.rules import Effect, Hits, Rules
from policy.engine.segments import Segments
from policy.engine.tables import Table, effects
from policy.spec.conditions import LISTS, NOW
from policy.spec.decision import DecisionSpec
from policy.spec.inputs import InputSpec


@dataclass(frozen=True, slots=True)
class Verdict:
    """The blocks of a policy that come after the score.

    reads: all the names that their conditions read, and those that formulas for the model read; reads_now: whether
    a decision needs the time.
    """

    inputs: tuple[InputSpec, ...]
    ladder: tuple[str, ...]
    segments: Segments
    judge: Judge
    needs: Needs
    lists: Lists
    reads: frozenset[str]
    explainer: Explainer | None
    reads_now: bool = field(init=False)

    def __post_init__(self) -> None:
        reads_now = NOW in self.reads or any(name in self.reads for name in self.lists.expiring)
        object.__setattr__(self, "reads_now", reads_now)

    @classmethod
    def of(cls, spec: DecisionSpec) -> Self:
        """The blocks of a policy, compiled."""
        trees = tuple(rule.when.tree for rule in spec.rules)
        tables, more = _tables(spec)
        rules = Rules.of(spec.rules, spec.ladder, more)
        judge = Judge(trees, rules, tables)
        segments, needs = Segments.of(spec.segments), Needs.of(spec.actions)
        formulas = [one.formula.reads for one in spec.score.inputs.values() if one.formula is not None]
        reads = frozenset((*judge.names, *segments.reads, *needs.reads, *chain.from_iterable(formulas)))
        by_row = [table.reads for table in tables for _ in range(table.rows)]
        explainer = Explainer(spec, rules, [*reads_of(trees), *by_row]) if judge else None
        lists = Lists.of([one for one in spec.lists if f"{LISTS}{one.name}" in reads])
        return cls(spec.inputs, spec.ladder, segments, judge, needs, lists, reads, explainer)

    def __bool__(self) -> bool:
        return bool(self.judge or self.segments.names or self.needs.actions)

    @property
    def read_lists(self) -> tuple[str, ...]:
        """The lists that conditions read, by the names that they have there."""
        return tuple(sorted(name for name in self.reads if name.startswith(LISTS)))

    def values(self, facts: Sequence[Any], score: float | None, now: int | None) -> Mapping[str, Any]:
        """The machine values of one record, by name."""
        if not self.reads:
            return {}
        values = machine_values(self.inputs, facts, score, now)
        return (
            {**values, **self.lists.at(None if now is None else microseconds(now))}
            if self.read_lists
            else values
        )

    def apply(self, outcome: Outcome, segment: int, hits: Hits, values: Mapping[str, Any]) -> Outcome:
        """The outcome of the bands alone, with what segment, rules and needs make of it."""
        action, rule, base = outcome.action, None, outcome.action
        if hits:
            settled = self.judge.rules.settle(self.ladder.index(base), hits)
            action = self.ladder[settled.action]
            rule = None if settled.rule < 0 else self.judge.rules.effects[settled.rule].name
        action, replaced = self.needs.row(action, values)
        base, _ = self.needs.row(base, values)
        return replace(
            outcome,
            action=action,
            rule=rule,
            segment=None if segment < 0 else self.segments.names[segment],
            hits=hits,
            replaced=replaced,
            ruleless=None if base == action else base,
        )


def _tables(spec: DecisionSpec) -> tuple[tuple[Table, ...], list[Effect]]:
    """The decision tables, and the effects of their rows, which come after those of the rules."""
    tables: list[Table] = []
    found: list[Effect] = []
    for one in spec.tables:
        tables.append(Table.of(one, len(spec.rules) + len(found)))
        found += [Effect(*effect) for effect in effects(one, spec.ladder)]
    return tuple(tables), found
