"""A decision policy over a table: the twin of `Decision.row`, in vector code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from policy.engine.bands import Bands, Floats, Indices
from policy.engine.columns import one_chunk, python, read_columns
from policy.engine.inputs import Inputs, unknown_actions
from policy.engine.outcome import Origin
from policy.engine.scoring import Scoring, usable
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

    def decide(self, table: pa.Table, score: Any, completed: Any) -> pa.Table:
        """The table with the outcome's columns after its own; see `Decision.batch`."""
        columns = read_columns(self.inputs, table)
        passed = _passed(completed, table.num_rows)
        problems = columns.problems
        for row, names in enumerate(passed):
            if names and (unknown := unknown_actions(names, self.spec.ladder)):
                problems.setdefault(row, []).extend(unknown)
        right = np.ones(table.num_rows, bool)
        right[list(problems)] = False
        scored = self._score(columns.arrays, right, _given(score, table))
        return _append(table, self._outcome(scored, problems, passed))

    def _score(self, arrays: Sequence[pa.Array], right: Mask, given: pa.Array | None) -> Scored:
        rows = len(right)
        scored = Scored(np.full(rows, np.nan))
        asked = right.copy()
        if given is not None:
            told = right & given.is_valid().to_numpy(zero_copy_only=False)
            places = np.flatnonzero(told)
            scored.put(places, *_numbers(given.take(pa.array(places))), "/score")
            asked &= ~told
        places = np.flatnonzero(asked)
        if places.size or not rows:
            chosen = arrays if places.size == rows else [array.take(pa.array(places)) for array in arrays]
            scores, causes = self.scoring.batch(chosen, int(places.size))
            texts = {
                place: self.scoring.cause(cause) for place, cause in enumerate(causes) if cause is not None
            }
            scored.put(places, scores, texts, self.scoring.pointer)
        return scored

    def _outcome(
        self, scored: Scored, problems: dict[int, list[Problem]], passed: Passed
    ) -> dict[str, pa.Array]:
        rows = len(scored.scores)
        on_error, ladder = self.spec.on_error, [*self.spec.ladder, None]
        places = {name: place for place, name in enumerate(ladder)}
        of_band = np.array([places[band.action] for band in self.bands.bands] + [places[on_error.score]])
        bands = self.bands.batch(scored.scores)
        actions = of_band[bands]
        refused = np.array(sorted(problems), np.int64)
        actions[refused] = places[None if on_error.facts == REFUSE else on_error.facts]
        degraded = {row: _said([cause]) for row, cause in scored.causes.items()}
        refusals = {}
        if on_error.facts == REFUSE:
            refusals = {row: str(FactsError(found)) for row, found in problems.items()}
        else:
            degraded |= {
                row: _said([(one.pointer, one.message) for one in found]) for row, found in problems.items()
            }
        reasons = np.where(bands >= 0, 0, 1)
        reasons[list(refusals)] = 3
        for row, names in enumerate(passed):
            action = ladder[actions[row]]
            if names and action != ladder[0] and action in names:
                actions[row], reasons[row] = 0, 2
        none = pa.array([None], pa.string())
        words = pa.concat_arrays([pa.array(self.spec.ladder, pa.string()), none])
        names_of_bands = pa.array([*(band.action for band in self.bands.bands), None], pa.string())
        codes = pa.array(["band", "on_error", "completed", None], pa.string())
        return {
            "action": words.take(pa.array(actions)),
            "score": pa.array(scored.scores, mask=np.isnan(scored.scores)),
            "band": names_of_bands.take(pa.array(np.where(bands >= 0, bands, len(names_of_bands) - 1))),
            "reason": codes.take(pa.array(reasons)),
            "degraded": _sparse(degraded, rows),
            "problem": _sparse(refusals, rows),
            "policy_version": pa.repeat(pa.scalar(self.origin.policy_version, pa.string()), rows),
            "model_version": pa.repeat(pa.scalar(self.origin.model_version, pa.string()), rows),
        }


def _passed(completed: Any, rows: int) -> Passed:
    """Completed actions for each row that has any; an empty list if none has."""
    if isinstance(completed, pa.Array | pa.ChunkedArray):
        return list(completed.to_pylist())
    return [completed] * rows if len(completed) else []


def _given(score: Any, table: pa.Table) -> pa.Array | None:
    """The scores given for the rows: a column by its name, an array, or one number for all."""
    if score is None:
        return None
    if isinstance(score, str):
        return one_chunk(table.column(score))
    if isinstance(score, pa.ChunkedArray | pa.Array):
        return one_chunk(score)
    if isinstance(score, np.ndarray | list | tuple):
        return pa.array(score, from_pandas=False)
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


def _sparse(texts: Mapping[int, str], rows: int) -> pa.Array:
    """A column of strings that is null but for a few rows."""
    if not texts:
        return pa.nulls(rows, pa.string())
    places = np.full(rows, -1, np.int64)
    places[list(texts)] = np.arange(len(texts))
    return pa.array(list(texts.values()), pa.string()).take(pa.array(places, mask=places < 0))


def _append(table: pa.Table, outcome: Mapping[str, pa.Array]) -> pa.Table:
    for name, array in outcome.items():
        table = table.append_column(_free(name, table.column_names), array)
    return table


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += _SUFFIX
    return name
