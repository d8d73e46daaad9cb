"""A decision policy, ready to run: facts in, an outcome out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replace_fields
from functools import partial
from typing import Any

import pyarrow as pa
from msgspec.structs import replace

from policy.engine.bands import Bands
from policy.engine.batch import Batch
from policy.engine.entries import entries_version
from policy.engine.inputs import Inputs, Reading, unknown_actions
from policy.engine.kept import Held
from policy.engine.machine import NowNeededError, moment
from policy.engine.moments import moments
from policy.engine.outcome import Band, Origin, Outcome
from policy.engine.program import Row, compile_row
from policy.engine.scoring import Scoring, usable
from policy.engine.verdict import Verdict
from policy.errors import FactsError, Problem
from policy.spec.actions import REFUSE
from policy.spec.conditions import SCORE
from policy.spec.decision import DecisionSpec


@dataclass(frozen=True, slots=True, repr=False)
class Decision:
    """A policy with its model. Immutable, shared by threads; `policy.load` makes one from a file."""

    spec: DecisionSpec
    scoring: Scoring
    inputs: Inputs = field(init=False)
    bands: Bands = field(init=False)
    origin: Origin = field(init=False)
    verdict: Verdict = field(init=False)
    _fast: Row = field(init=False)

    def __post_init__(self) -> None:
        spec, put = self.spec, partial(object.__setattr__, self)
        data = {action.name: action.data for action in spec.actions if action.data}
        names = tuple(one.name for one in spec.inputs)
        verdict = Verdict.of(spec)
        put("inputs", Inputs(spec.inputs, spec.unknown_facts == REFUSE))
        put("bands", Bands.of(spec.bands))
        put("verdict", verdict)
        put("origin", Origin(spec.name, spec.version, self.scoring.version, names, data, verdict.explainer))
        put("_fast", compile_row(self.inputs, self.bands, self.origin, self.scoring, verdict, self._decide))

    def __repr__(self) -> str:
        return f"<Decision {self.name} {self.version[:15]}>"

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.spec.name

    @property
    def version(self) -> str:
        """Content hash of the policy, "sha256:…"; descriptions and cases are no part of it."""
        return self.spec.version

    @property
    def model_version(self) -> str | None:
        """Content hash of the model; None if the score is a fact."""
        return self.scoring.version

    @property
    def label(self) -> str | None:
        """The class whose probability the score is, as the model's labels name it."""
        return self.scoring.label

    @property
    def reads_now(self) -> bool:
        """Whether a decision needs the time."""
        return self.verdict.reads_now

    def row(
        self,
        facts: Mapping[str, Any],
        *,
        now: Any = None,
        unit: Any = None,
        score: float | None = None,
        completed: Sequence[str] = (),
        strict: bool = False,
    ) -> Outcome:
        """Decide one record.

        facts: values by the names of the policy's inputs, as JSON has them (times as text or datetime,
        timedelta). score: replaces the model's. completed: actions that the user has already passed. strict:
        a fact that the policy does not know is a problem, whatever `unknown_facts` says. now: the time of the
        decision, a datetime with a zone or RFC 3339 text, for a policy that reads it (`reads_now`). unit: kept
        for policies that divide traffic.

        Raises FactsError with every problem if facts are missing or wrong and `on_error.facts` is "refuse";
        NowNeededError if the policy reads the time and none is given; ValueError if `now` is no time. Nothing
        else fails: without a usable score the outcome follows from the action of `on_error.score`, and says so
        in `degraded`.
        """
        del unit
        at = None
        if self.verdict.reads_now:
            at = moment(now)
            if at is None:
                raise NowNeededError(self.name)
        if strict:
            return self._decide(facts, score, completed, at, strict=True)
        return self._fast(facts, score, completed, at)

    def batch(
        self,
        table: pa.Table | pa.RecordBatch,
        *,
        now: Any = None,
        unit: Any = None,
        score: Any = None,
        completed: Any = (),
    ) -> pa.Table:
        """Decide every row of a table: its columns, in the same order, and after them those of the outcome.

        action: null where `row` would raise FactsError; score: null without one; band: the band's action;
        reason: the code of the last reason; degraded: what went wrong and was answered by `on_error`;
        problem: why the facts are refused; rule: the rule that decided; without_rules: the action without any;
        segment; store, if the policy names one: `found`, or why not; policy_version, model_version. A name that
        the input has too gets the suffix `_decided`.

        score: one number, a column's name, or an array (a null means: ask the model). completed: actions, or
        an array of lists of actions. now: one time for all, a column's name, or an array of timestamps.

        Raises ValueError where these do not fit the table, and NowNeededError as `row` does.
        """
        del unit
        if isinstance(table, pa.RecordBatch):
            table = pa.Table.from_batches([table])
        if not isinstance(table, pa.Table):
            raise TypeError(f"expected a pyarrow Table or RecordBatch, got {type(table).__name__}")
        at = moments(now, table) if self.verdict.reads_now else None
        if self.verdict.reads_now and at is None:
            raise NowNeededError(self.name)
        batch = Batch(self.spec, self.inputs, self.bands, self.scoring, self.origin, self.verdict)
        return batch.decide(table, score, completed, at)

    def scores(self, table: pa.Table, *, now: Any = None) -> tuple[Any, dict[int, str]]:
        """The score of every row as it is without the store, NaN without one; and why there is none, by row.

        Only the facts that the score reads must be there; now: as `batch` takes it.
        """
        at = moments(now, table) if self.verdict.reads_now else None
        live, names = replace_fields(self.scoring, kept=None), self.score_reads
        specs = tuple(
            one if one.name in names else replace_fields(one, optional=True) for one in self.spec.inputs
        )
        batch = Batch(self.spec, Inputs(specs, strict=False), self.bands, live, self.origin, self.verdict)
        return batch.scores(table, at)

    @property
    def live(self) -> Decision:
        """The same decision without its store: every score is the model's."""
        if self.scoring.kept is None:
            return self
        return Decision(self.spec, replace_fields(self.scoring, kept=None))

    @property
    def entries_version(self) -> str:
        """The version that scores computed beforehand must be of; "" for any, without a model."""
        return entries_version(self.spec, self.scoring)

    @property
    def score_reads(self) -> frozenset[str]:
        """The inputs that the score is computed from."""
        direct = [self.spec.inputs[one.place].name for one in self.scoring.arguments if one.formula is None]
        return frozenset([*direct, *(name for one in self.scoring.formulas for name in one.reads)])

    def _decide(
        self, facts: Any, score: Any, completed: Sequence[str], now: int | None, *, strict: bool = False
    ) -> Outcome:
        """The meaning of a row."""
        reading = self.inputs.read(facts, strict=strict)
        problems = (*reading.problems, *unknown_actions(completed, self.spec.ladder))
        if problems:
            return self._refuse(reading, problems, completed)
        values = self.verdict.values(reading.values, None, now)
        held: Held | None = None
        if score is None:
            number, cause, held = self.scoring.row(reading.values, values)
        else:
            number, cause = usable(score)
        values = {**values, SCORE: number}
        segment = self.verdict.segments.row(values)
        band: Band | None = None
        degraded: tuple[dict[str, str], ...] = ()
        if number is not None:
            band = (self.bands if segment < 0 else self.verdict.segments.bands[segment]).row(number)
        else:
            degraded = ({"cause": cause, "pointer": self.scoring.pointer if score is None else "/score"},)
        action = self.spec.on_error.score if band is None else band.action
        outcome = Outcome(self.origin, action, number, band, *_facts(reading), degraded)
        if held is not None:
            outcome = replace(outcome, store=held.reason())
        return self._outcome(
            self.verdict.apply(outcome, segment, self.verdict.judge.row(values), values), completed
        )

    def _refuse(self, reading: Reading, problems: Sequence[Problem], completed: Sequence[str]) -> Outcome:
        action = self.spec.on_error.facts
        if action == REFUSE:
            raise FactsError(problems)
        degraded = tuple({"cause": problem.message, "pointer": problem.pointer} for problem in problems)
        outcome = Outcome(self.origin, action, None, None, *_facts(reading), degraded)
        passed = (
            () if isinstance(completed, str) else completed
        )  # a text is refused, and its parts pass nothing
        return self._outcome(self.verdict.apply(outcome, -1, (), {}), passed)

    def _outcome(self, outcome: Outcome, completed: Sequence[str]) -> Outcome:
        """The outcome, with the mildest action if the user has already passed the one it names."""
        mildest = self.spec.actions[0].name
        if not completed:
            return outcome
        without = mildest if outcome.without_rules in completed else outcome.without_rules
        if outcome.action == mildest or outcome.action not in completed:
            return replace(outcome, ruleless=None if without == outcome.action else without)
        return replace(
            outcome,
            action=mildest,
            completed=outcome.action,
            ruleless=None if without == mildest else without,
        )


def _facts(reading: Reading) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    return reading.values, reading.ignored
