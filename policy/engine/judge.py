"""Which rules fire: one generated function over machine values for the whole ordered list, and its twin for columns.

Rules and tables in preview come first, for they are counted whatever the others do; then the other rules and the other
tables in order, up to the first that decides for good.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from policy.engine.rules import Hits, Rules
from policy.expr.batch import Conditions
from policy.expr.columns import Columns
from policy.expr.known import assume_known
from policy.expr.row import compile_all
from policy.expr.rowcode import Emitter
from policy.expr.typed import Typed, can_be_unknown, inputs

Array = Any  # a NumPy array
Judged = Callable[..., Hits]


class Table(Protocol):
    """A decision table: its first row that holds, as a place among the effects, or -1."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of what it reads."""

    @property
    def offset(self) -> int:
        """The place of the effect of its first row."""

    @property
    def preview(self) -> bool:
        """Whether it is only counted."""

    def row(self, *values: Any) -> int:
        """The row that holds for machine values in the order of `reads`."""

    def batch(self, columns: Columns) -> Array:
        """The same for columns."""


@dataclass(frozen=True, slots=True)
class Judge:
    """The conditions of rules and the tables after them. `names`: what they read, in the order of parameters."""

    trees: tuple[Typed, ...]
    rules: Rules
    tables: tuple[Table, ...] = ()
    names: tuple[str, ...] = field(init=False)
    function: Judged = field(init=False)
    _meaning: Callable[..., tuple[bool | None, ...]] = field(init=False)
    _conditions: Conditions = field(init=False)

    def __post_init__(self) -> None:
        read = [name for tree in self.trees for name in inputs(tree)]
        names = tuple(dict.fromkeys([*read, *(name for table in self.tables for name in table.reads)]))
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "_meaning", compile_all(self.trees, names))
        object.__setattr__(self, "_conditions", Conditions(self.trees))
        object.__setattr__(self, "function", _compiled(self))

    def __bool__(self) -> bool:
        return bool(self.trees or self.tables)

    def row(self, values: Mapping[str, Any]) -> Hits:
        """The hits of one record: the meaning."""
        given = [values[name] for name in self.names]
        states = self._meaning(*given)
        hits: list[int] = []
        for one in self.order:
            if isinstance(one, int):
                found = _hit(one, states[one])
            else:
                place = one.row(*(values[name] for name in one.reads))
                found = () if place < 0 else (2 * place,)
            hits += found
            if any(_decides(self.rules, hit) for hit in found):
                break
        return tuple(hits)

    def states(self, values: Mapping[str, Any]) -> tuple[bool | None, ...]:
        """True, False or None for every rule, masked or not."""
        return self._meaning(*(values[name] for name in self.names))

    def batch(self, columns: Columns) -> tuple[list[Array], list[Array]]:
        """For each rule a column of 1 (true), 0 (false) and -1 (unknown); for each table its rows as places, or -1."""
        states = self._conditions.states(columns) if self.trees else []
        return states, [np.asarray(table.batch(columns)) for table in self.tables]

    @property
    def order(self) -> tuple[int | Table, ...]:
        """The places of the rules, and the tables, as they are asked: those in preview first."""
        effects = self.rules.effects
        previews: dict[int | Table, bool] = {
            place: effects[place].preview for place in range(len(self.trees))
        }
        previews |= {table: table.preview for table in self.tables}
        return tuple(sorted(previews, key=lambda one: not previews[one]))


def _hit(place: int, state: bool | None) -> tuple[int, ...]:
    return (2 * place + 1,) if state is None else (2 * place,) if state else ()


def _decides(rules: Rules, hit: int) -> bool:
    """Whether nothing after this hit can change the action."""
    effect = rules.effect(hit)
    return effect is not None and effect.final >= 0 and not effect.preview


def _compiled(judge: Judge) -> Judged:
    """The function of machine values in the order of names. While all are known it asks for no unknown."""
    careful = _written(judge, judge.trees, "careful")
    optional = {each.name: None for tree in judge.trees for each in inputs(tree).values() if each.optional}
    if not optional:
        return careful
    swift_trees = tuple(assume_known(tree) for tree in judge.trees)
    return _written(judge, swift_trees, "swift", tuple(optional), careful)


def _written(
    judge: Judge,
    trees: Sequence[Typed],
    name: str,
    optional: Sequence[str] = (),
    otherwise: Judged | None = None,
) -> Judged:
    """The function of these trees, which leaves rows in which an optional name is missing to the other function."""
    emitter = Emitter(judge.names)
    params = emitter.names.values()
    if otherwise is not None:
        again = emitter.constants.name(otherwise)
        missing = " or ".join(f"{emitter.names[each]} is None" for each in optional)
        emitter.lines += [f"if {missing}: return {again}({', '.join(params)})"]
    emitter.lines.append("hits = ()")
    for one in judge.order:
        if isinstance(one, int):
            _write_rule(emitter, judge.rules, one, trees[one])
        else:
            _write_table(emitter, judge.rules, one)
    return emitter.function(name, params, ["return hits"])


def _write_table(emitter: Emitter, rules: Rules, table: Table) -> None:
    """Lines that add the hit of a table, and leave if its row decides."""
    called = f"{emitter.constants.name(table.row)}({', '.join(emitter.names[name] for name in table.reads)})"
    emitter.lines += [f"found = {called}", "if found >= 0:", "    hits += (found + found,)"]
    if not table.preview:
        finals = frozenset(place for place, one in enumerate(rules.effects) if _decides(rules, 2 * place))
        emitter.lines.append(f"    if found in {emitter.constants.name(finals)}: return hits")


def _write_rule(emitter: Emitter, rules: Rules, place: int, tree: Typed) -> None:
    """Lines that add the hit of one rule, and leave if it decides."""
    true, unknown = 2 * place, 2 * place + 1
    holds = emitter.truth(tree)  # what a text needs first is added to the lines
    fails = emitter.falsity(tree) if can_be_unknown(tree) else None
    emitter.lines += [f"if {holds}:", *_found(rules, true)]
    if fails is not None:
        emitter.lines += [f"elif not {fails}:", *_found(rules, unknown)]


def _found(rules: Rules, hit: int) -> list[str]:
    return [f"    return (*hits, {hit})" if _decides(rules, hit) else f"    hits += ({hit},)"]
