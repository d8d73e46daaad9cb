"""Verifier: a user's own proof that our columns are those that their Spark wrote.

The rows that Spark scored hold the inputs, and the columns that it made. They are scored again, and every column
that both have is compared, within what its stage promises (`scorer.tiers`): bit for bit, or within 1e-12 where a sum
stands before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from scorer import compare, tiers
from scorer.errors import ColumnError
from scorer.model import Model
from scorer.pipeline import Plan, Step, select

CELLS = 1 << 22  # numbers of the widest vectors that are compared at a time
ROWS = 32_768


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that differs. `row` counts from 0; `slot`: the slot of a vector that differs most.

    `column` and `ours` are None for a row that Spark kept and that is dropped or refused here, as `reason` says.
    """

    row: int
    stage: str
    column: str | None = None
    slot: int | None = None
    ours: Any = None
    theirs: Any = None
    reason: str = ""


@dataclass(slots=True)
class ColumnCheck:
    """One column: the stage that makes it, how far it may differ, and how far it does.

    `unchecked`: the columns between the last that agrees and this one that the table does not hold, with their stages.
    """

    column: str
    stage: str
    spark: str
    tolerance: float
    rows: int = 0
    differing: int = 0
    largest: float = 0.0
    unchecked: tuple[tuple[str, str], ...] = ()
    first: Difference | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it. `missing`: columns that the model makes and the table lacks, with the reason.

    `columns` stand in the order of the pipeline, so that the first that differs names the stage to look at.
    """

    rows: int
    columns: tuple[ColumnCheck, ...]
    missing: dict[str, str]
    dropped: int
    refused: int
    first: Difference | None

    @property
    def equal(self) -> bool:
        """Whether every row of every column that was compared agrees."""
        return self.first is None


@dataclass(slots=True)
class Verifier:
    """Compares tables with what a model makes of their rows.

    `names`: the columns of the tables; `tolerance`: how far numbers may differ, in place of what the stages promise.
    Raises ColumnError if there is nothing to compare, ValueError for a tolerance below zero.
    """

    ABSENT: ClassVar[str] = "not in the table"
    model: Model
    names: Sequence[str]
    tolerance: float | None = None
    _checks: list[ColumnCheck] = field(default_factory=list)
    _groups: list[tuple[Model, list[ColumnCheck]]] = field(default_factory=list)
    _missing: dict[str, str] = field(default_factory=dict)
    _rows: int = 0
    _dropped: int = 0
    _refused: int = 0
    _lost: Difference | None = None

    def __post_init__(self) -> None:
        """Settle what is compared."""
        if self.tolerance is not None and not self.tolerance >= 0:
            raise ValueError(f"a tolerance is a number of at least 0, not {self.tolerance!r}")
        plan = self.model.plan
        for name, step in _made(plan):
            why = self._obstacle(plan, name)
            if why:
                self._missing[name] = why
            else:
                allowed = _allowed(plan, step) if self.tolerance is None else self.tolerance
                self._checks.append(ColumnCheck(name, step.uid, step.spark, allowed))
        if not self._checks:
            there = {name: why for name, why in self._missing.items() if name in self.names}
            reasons = "; ".join(f"`{name}` is {why}" for name, why in list(there.items())[:3])
            reasons = (
                reasons or f"the table holds none of {', '.join(f'`{n}`' for n in self.model.outputs.names)}"
            )
            raise ColumnError(f"none of the model's columns can be compared: {reasons}")
        ends = set(self.model.outputs.names)  # by the function that callers run, which may be a fused one
        for wanted in (True, False):
            group = [check for check in self._checks if (check.column in ends) is wanted]
            if group:
                self._groups.append((self.model.select([check.column for check in group]), group))

    def update(self, table: pa.Table) -> None:
        """Compare some rows: those that follow the rows of the updates before."""
        step = self._step(table)
        for start in range(0, table.num_rows, step):
            part = table.slice(start, step)
            self._compare(part)
            self._rows += part.num_rows

    def verdict(self) -> Verdict:
        """Return what came of all updates."""
        order = {check.column: place for place, check in enumerate(self._checks)}
        found = [check.first for check in self._checks if check.first is not None]
        found += [self._lost] if self._lost is not None else []
        first = min(found, key=lambda one: (one.row, order.get(one.column or "", -1)), default=None)
        plan, wrong = self.model.plan, {check.column for check in self._checks if check.differing}
        held = {plan.produced[check.column] for check in self._checks}
        for check in self._checks:
            check.unchecked = tuple(_between(plan, check.column, held)) if check.column in wrong else ()
        return Verdict(self._rows, tuple(self._checks), self._missing, self._dropped, self._refused, first)

    @staticmethod
    def types(model: Model) -> dict[str, pa.DataType]:
        """Return the types of the columns that a model makes, as far as they are known: for tables of text."""
        plan = model.plan
        kinds = {name: plan.fields[plan.produced[name]].type for name, _ in _made(plan)}
        return {name: kind for name, kind in kinds.items() if kind is not None}

    # -- inside ---------------------------------------------------------------------------------------------

    def _obstacle(self, plan: Plan, name: str) -> str:
        if name not in self.names:
            return self.ABSENT
        if self.names.count(name) > 1:
            return "in the table several times"
        raws = [raw.name for raw in select(plan, [name]).raws]
        twice = [raw for raw in raws if self.names.count(raw) > 1]
        if twice:
            return f"made of `{twice[0]}`, which is in the table several times"
        absent = [raw for raw in raws if raw not in self.names]
        return f"made of {', '.join(f'`{n}`' for n in absent)}, which the table lacks" if absent else ""

    def _step(self, table: pa.Table) -> int:
        """Return how many rows are compared at a time, so that their vectors take bounded memory."""
        plan = self.model.plan
        widest = max((plan.fields[plan.produced[c.column]].size or 1 for c in self._checks), default=1)
        raws = [table.column(name) for model, _ in self._groups for name in model.inputs.names]
        sizes = [compare.plain(raw.slice(0, 1)) for raw in raws if len(raw)]
        widest = max([widest, *(len(s[0]) for s in sizes if s and isinstance(s[0], list))])
        return max(1, min(ROWS, CELLS // widest))

    def _compare(self, table: pa.Table) -> None:
        answers = [model.try_batch(table.select(model.inputs.names)) for model, _ in self._groups]
        said = np.full(table.num_rows, "ok", dtype=object)
        for _, status in reversed(answers):
            words = status.to_numpy(zero_copy_only=False)
            said = np.where(words == "ok", said, words)
        ok = said == "ok"
        if not ok.all():
            self._lose(said, ok)
        for (made, _), (_, group) in zip(answers, self._groups, strict=True):
            for check in group:
                self._check(check, _one(made.column(check.column)), _one(table.column(check.column)), ok)

    def _lose(self, said: Any, ok: Any) -> None:
        dropped = said == "dropped"
        self._dropped += int(dropped.sum())
        self._refused += int((~ok & ~dropped).sum())
        if self._lost is None:
            row = int(np.flatnonzero(~ok)[0])
            drops = [step.uid for step in self.model.plan.steps if step.stage.drops]
            if dropped[row]:
                reason = 'Spark kept this row; here it is dropped (handleInvalid="skip")'
                self._lost = Difference(self._rows + row, " or ".join(drops), reason=reason)
            else:
                reason = f"Spark scored this row; here it is refused: {said[row]}"
                self._lost = Difference(self._rows + row, "", reason=reason)

    def _check(self, check: ColumnCheck, ours: pa.Array, theirs: pa.Array, ok: Any) -> None:
        unordered = check.spark in tiers.UNORDERED
        found = np.where(ok, compare.distances(ours, theirs, unordered=unordered), 0.0)
        bad = found > check.tolerance
        check.rows += int(ok.sum())
        check.differing += int(bad.sum())
        check.largest = max(check.largest, float(found.max(initial=0.0)))
        if check.first is None and bad.any():
            row = int(bad.argmax())
            a, b = (compare.plain(side.slice(row, 1), unordered=unordered)[0] for side in (ours, theirs))
            slot = compare.slot(a, b)
            if slot is not None:
                a, b = a[slot], b[slot]
            check.first = Difference(self._rows + row, check.stage, check.column, slot, a, b)


def _one(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], array.type)
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _made(plan: Plan) -> Iterator[tuple[str, Step]]:
    """Yield the columns that stages make, in the order of the pipeline; not those that give way to the caller's."""
    names = {value: name for name, value in plan.produced.items()}
    for step in plan.steps:
        for value in step.outputs:
            if value in names and not step.stage.yields:
                yield names[value], step


def _allowed(plan: Plan, last: Step) -> float:
    """Return the tolerance of what a step makes: the largest of all steps that it comes of."""
    makers = {value: step for step in plan.steps for value in step.outputs if value is not None}
    found, waiting, seen = 0.0, [last], set[int]()
    while waiting:
        step = waiting.pop()
        found = max(found, tiers.tolerance(step.spark))
        for value in step.inputs:
            if value in makers and value not in seen:
                seen.add(value)
                waiting.append(makers[value])
    return found


def _between(plan: Plan, column: str, held: set[int]) -> Iterator[tuple[str, str]]:
    """Yield (column, stage) of what a column comes of and the table does not hold, up to what it holds."""
    makers = {value: step for step in plan.steps for value in step.outputs if value is not None}
    names = {value: name for name, value in plan.produced.items()}
    waiting, seen = list(makers[plan.produced[column]].inputs), set[int]()
    while waiting:
        value = waiting.pop()
        if value in makers and value not in held and value not in seen:
            seen.add(value)
            yield names.get(value, "?"), makers[value].uid
            waiting += makers[value].inputs
