"""A decision policy over a table: the twin of `Decision.row`, in vector code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from policy.engine.bands import Bands, Floats, Indices
from policy.engine.columns import of_every_row, one_chunk, python, read_columns
from policy.engine.conclude import (
    BAND,
    CODES,
    COMPLETED,
    NEEDS,
    NONE,
    ON_ERROR,
    Concluded,
    Judged,
    compute,
    conclude,
    judge_table,
)
from policy.engine.inputs import Inputs, unknown_actions
from policy.engine.kept import FOUND, NOT_KEPT, Held, Kept
from policy.engine.outcome import Origin
from policy.engine.scoring import Scoring, usable
from policy.engine.verdict import Verdict
from policy.errors import FactsError, Problem
from policy.spec.actions import REFUSE
from policy.spec.decision import DecisionSpec

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
Passed = list[Sequence[str] | None]  # completed actions, row by row

_SUFFIX = "_decided"


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores, NaN where there is none; `causes` says why, as (pointer, text), for each such row."""

    scores: Floats
    causes: dict[int, tuple[str, str]] = field(default_factory=dict)
    held: dict[int, Held] = field(
        default_factory=dict
    )  # what a store held for the rows that it was asked about

    def put(self, rows: Indices, scores: Floats, causes: Mapping[int, str], pointer: str) -> None:
        """Take the scores of some rows; outside [0, 1] there is none, for the cause given or its value."""
        usable_ = (scores >= 0.0) & (scores <= 1.0)
        self.scores[rows[usable_]] = scores[usable_]
        for place in np.flatnonzero(~usable_).tolist():
            cause = causes.get(place) or usable(scores[place])[1]
            self.causes[int(rows[place])] = (pointer, cause)


@dataclass(frozen=True, slots=True)
class Batch:
    """The parts of a decision that a table needs."""

    spec: DecisionSpec
    inputs: Inputs
    bands: Bands
    scoring: Scoring
    origin: Origin
    verdict: Verdict

    def decide(self, table: pa.Table, score: Any, completed: Any, now: pa.Array | None = None) -> pa.Table:
        """The table with the outcome's columns after its own; see `Decision.batch`."""
        columns = read_columns(self.inputs, table)
        passed = _passed(completed, table.num_rows)
        problems = columns.problems
        for row, names in enumerate(passed):
            if names and (unknown := unknown_actions(names, self.spec.ladder)):
                problems.setdefault(row, []).extend(unknown)
        right = np.ones(table.num_rows, bool)
        right[list(problems)] = False
        scored = self._score(columns.arrays, right, _given(score, table), now)
        judged = judge_table(self.verdict, columns.arrays, scored.scores, right, now)
        return _append(table, self._outcome(scored, problems, passed, judged))

    def _score(
        self, arrays: Sequence[pa.Array], right: Mask, given: pa.Array | None, now: pa.Array | None
    ) -> Scored:
        rows = len(right)
        scored = Scored(np.full(rows, np.nan))
        asked = right.copy()
        if given is not None:
            told = right & given.is_valid().to_numpy(zero_copy_only=False)
            places = np.flatnonzero(told)
            scored.put(places, *_numbers(given.take(pa.array(places))), "/score")
            asked &= ~told
        if self.scoring.kept is not None:
            asked &= ~self._look_up(self.scoring.kept, arrays, np.flatnonzero(asked), scored)
        places = np.flatnonzero(asked)
        if places.size or not rows:
            chosen, times = arrays, now
            if places.size != rows:
                taken = pa.array(places)
                chosen, times = [array.take(taken) for array in arrays], now and now.take(taken)
            made = compute(self.verdict, self.scoring.formulas, chosen, times, int(places.size))
            scores, causes = self.scoring.batch(chosen, made, int(places.size))
            unusable = np.flatnonzero(~((scores >= 0.0) & (scores <= 1.0))).tolist()
            texts = {place: self.scoring.cause(cause) for place in unusable if (cause := causes[place])}
            scored.put(places, scores, texts, self.scoring.pointer)
        return scored

    def _look_up(self, kept: Kept, arrays: Sequence[pa.Array], places: Indices, scored: Scored) -> Mask:
        """Ask the store about some rows; which of all rows have their score, or their cause, from it."""
        keys = python(arrays[kept.place].take(pa.array(places, pa.int64())))
        answered = np.zeros(len(scored.scores), bool)
        for place, held in zip(places.tolist(), kept.lookup.batch(keys), strict=True):
            scored.held[place] = held
            if held.score is not None:
                scored.scores[place] = held.score
            elif not kept.live:
                scored.causes[place] = (self.scoring.pointer, NOT_KEPT.format(held.why))
            answered[place] = held.score is not None or not kept.live
        return answered

    def scores(self, table: pa.Table, now: pa.Array | None) -> tuple[Floats, dict[int, str]]:
        """The score of every row, NaN without one, and why; only the facts that the score reads must be there.

        What a store holds is not looked at. A row whose facts are refused has its problems for a cause.
        """
        columns = read_columns(self.inputs, table)
        right = np.ones(table.num_rows, bool)
        right[list(columns.problems)] = False
        scored = self._score(columns.arrays, right, None, now)
        causes = {row: text for row, (_, text) in scored.causes.items()}
        return scored.scores, causes | {
            row: str(FactsError(found)) for row, found in columns.problems.items()
        }

    def _outcome(
        self, scored: Scored, problems: dict[int, list[Problem]], passed: Passed, judged: Judged
    ) -> dict[str, pa.Array]:
        rows = len(scored.scores)
        on_error, ladder = self.spec.on_error, [*self.spec.ladder, None]
        places = {name: place for place, name in enumerate(ladder)}
        bands = self._bands(scored.scores, judged.segments)
        base = np.where(bands >= 0, bands, places[on_error.score])
        refused = np.array(sorted(problems), np.int64)
        concluded = conclude(self.verdict, base, judged)
        refusal = None if on_error.facts == REFUSE else self.verdict.needs.row(on_error.facts, {})
        for column in (concluded.actions, concluded.ruleless):
            column[refused] = places[None if refusal is None else refusal[0]]
        concluded.rules[refused] = -1
        degraded = {row: _said([cause]) for row, cause in scored.causes.items()}
        refusals = {}
        if refusal is None:
            refusals = {row: str(FactsError(found)) for row, found in problems.items()}
        else:
            degraded |= {
                row: _said([(one.pointer, one.message) for one in found]) for row, found in problems.items()
            }
        reasons = np.where(concluded.reasons > 0, concluded.reasons, np.where(bands >= 0, BAND, ON_ERROR))
        reasons[refused] = NONE if refusal is None else NEEDS if refusal[1] else ON_ERROR
        segments = np.where(np.isin(np.arange(rows), refused), -1, judged.segments)
        self._complete(passed, concluded, reasons, ladder)
        none = pa.array([None], pa.string())
        words = pa.concat_arrays([pa.array(self.spec.ladder, pa.string()), none])
        rules = [effect.name for effect in self.verdict.judge.rules.effects]
        kept = {} if self.scoring.kept is None else {"store": _sparse(_told(scored.held), rows)}
        return {
            "action": words.take(pa.array(concluded.actions)),
            "score": pa.array(scored.scores, mask=np.isnan(scored.scores)),
            "band": words.take(pa.array(np.where(bands >= 0, bands, len(ladder) - 1))),
            "reason": pa.array(CODES, pa.string()).take(pa.array(reasons)),
            "rule": _named(rules, concluded.rules),
            "without_rules": words.take(pa.array(concluded.ruleless)),
            "segment": _named(self.verdict.segments.names, segments),
            **kept,
            "degraded": _sparse(degraded, rows),
            "problem": _sparse(refusals, rows),
            "policy_version": pa.repeat(pa.scalar(self.origin.policy_version, pa.string()), rows),
            "model_version": pa.repeat(pa.scalar(self.origin.model_version, pa.string()), rows),
        }

    def _bands(self, scores: Floats, segments: Indices) -> Indices:
        """The action of each score's band in the row's segment, by place on the ladder; -1 without a band."""
        ladder = self.spec.ladder
        actions = np.full(len(scores), -1)
        for place, one in enumerate((self.bands, *self.verdict.segments.bands), -1):
            rows = np.flatnonzero(segments == place)
            of_band = np.array([*(ladder.index(band.action) for band in one.bands), -1])
            actions[rows] = of_band[one.batch(scores[rows])]
        return actions

    def _complete(
        self, passed: Passed, concluded: Concluded, reasons: Indices, ladder: Sequence[str | None]
    ) -> None:
        """Where the user has already passed the action, the mildest is left."""
        for row, names in enumerate(passed):
            if not names or isinstance(names, str):
                continue
            action, without = ladder[concluded.actions[row]], ladder[concluded.ruleless[row]]
            if action != ladder[0] and action in names:
                concluded.actions[row], reasons[row] = 0, COMPLETED
            if without in names:
                concluded.ruleless[row] = 0


def _passed(completed: Any, rows: int) -> Passed:
    """Completed actions for each row that has any; an empty list if none has."""
    if isinstance(completed, pa.Array | pa.ChunkedArray):
        return list(of_every_row(completed, "completed", rows).to_pylist())
    return [completed] * rows if len(completed) else []


def _given(score: Any, table: pa.Table) -> pa.Array | None:
    """The scores given for the rows: a column by its name, an array, or one number for all."""
    if score is None:
        return None
    if isinstance(score, str):
        if score not in table.column_names:
            raise ValueError(f"the table has no column `{score}` to take scores from")
        return one_chunk(table.column(score))
    if isinstance(score, pa.ChunkedArray | pa.Array):
        return one_chunk(of_every_row(score, "score", table.num_rows))
    if isinstance(score, np.ndarray | list | tuple):
        return of_every_row(pa.array(score, from_pandas=False), "score", table.num_rows)
    return pa.repeat(pa.scalar(score), table.num_rows)


def _numbers(given: pa.Array) -> tuple[Floats, dict[int, str]]:
    """Scores that the caller gave, without nulls, as doubles, and why one of them is none."""
    if pa.types.is_floating(given.type) or (pa.types.is_integer(given.type) and given.type != pa.uint64()):
        return given.cast(pa.float64(), safe=False).to_numpy(), {}
    read = [usable(value) for value in python(given)]
    scores = np.array([np.nan if number is None else number for number, _ in read], np.float64)
    return scores, {place: cause for place, (number, cause) in enumerate(read) if number is None}


def _said(causes: Sequence[tuple[str, str]]) -> str:
    return "; ".join(f"{pointer or '(facts)'}: {text}" for pointer, text in causes)


def _told(held: Mapping[int, Held]) -> dict[int, str]:
    """Of each row `found`, or why the store has no score."""
    return {row: one.why if one.score is None else FOUND for row, one in held.items()}


def _sparse(texts: Mapping[int, str], rows: int) -> pa.Array:
    """A column of strings that is null but for a few rows."""
    if not texts:
        return pa.nulls(rows, pa.string())
    places = np.full(rows, -1, np.int64)
    places[list(texts)] = np.arange(len(texts))
    return pa.array(list(texts.values()), pa.string()).take(pa.array(places, mask=places < 0))


def _named(names: Sequence[str], places: Indices) -> pa.Array:
    """The names at the places; null at -1."""
    words = pa.array([*names, None], pa.string())
    return words.take(pa.array(np.where(places >= 0, places, len(names))))


def _append(table: pa.Table, outcome: Mapping[str, pa.Array]) -> pa.Table:
    for name, array in outcome.items():
        table = table.append_column(_free(name, table.column_names), array)
    return table


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += _SUFFIX
    return name
