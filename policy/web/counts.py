"""What the service counts of its decisions and rankings. Nothing is silent: every fallback and refusal is counted."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakSet

from msgspec import UNSET

from policy.engine.decision import Decision
from policy.engine.outcome import Outcome
from policy.engine.ranking.outcome import RankOutcome
from policy.web.board import Board

# What is counted; after each the labels of its counts.
DECISIONS = "decisions"  # policy, action
DEGRADED = "degraded"  # policy, cause: score, facts or log
REFUSED = "refused"  # policy, cause: facts or log
HITS = "hits"  # policy, rule, state: fired, preview or unknown
IGNORED = "ignored"  # policy
LOG_FAILURES = "log_failures"  # policy
RANKINGS = "rankings"  # policy, source
LOOK_UPS = "look_ups"  # policy, result: found or missing
ERRORS = "errors"  # status
TIMES = "times"  # policy, place of the bucket
SPENT = "spent"  # policy; nanoseconds

FACTS, LOG, SCORE = "facts", "log", "score"
UNLOGGED = "the decision log cannot be written"  # why a decision that is not recorded is degraded
FIRED, PREVIEW, UNKNOWN = "fired", "preview", "unknown"

# The upper bounds of the buckets in nanoseconds: 25 µs to 1 s.
BOUNDS = tuple(
    round(scale * step)
    for scale in (1e4, 1e5, 1e6, 1e7, 1e8, 1e9)
    for step in (1, 2.5, 5)
    if 2.5e4 <= scale * step <= 1e9
)


@dataclass(slots=True, eq=False, weakref_slot=True)
class Counts:
    """What one process counts; it survives forks. directory: as in Board."""

    directory: Path | None = None
    board: Board = field(init=False)
    _tallies: dict[str, Tally] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.board = Board(self.directory)
        _COUNTS.add(self)

    def of(self, decision: Decision) -> Tally:
        """The counts of a decision policy."""
        tally = self._tallies.get(decision.name)
        if tally is None or tally.decision is not decision:
            tally = self._tallies[decision.name] = Tally(self.board, decision)
        return tally

    def refused(self, policy: str, cause: str) -> None:
        """Count a request that gets no decision or ranking."""
        self._add(REFUSED, policy, cause)

    def failed(self, status: int) -> None:
        """Count a problem document by its HTTP status."""
        self._add(ERRORS, str(status))

    def unlogged(self, policy: str) -> None:
        """Count what the log could not take."""
        self._add(LOG_FAILURES, policy)

    def ranked(self, outcome: RankOutcome) -> None:
        """Count a ranking by where its items come from."""
        fallbacks = [reason["source"] for reason in outcome.reasons if reason["code"] == "fallback"]
        source = fallbacks[0] if fallbacks else "store" if outcome.plan == "store" else "model"
        self._add(RANKINGS, outcome.policy, source)
        if result := "found" if outcome.plan == "store" else _looked_up(outcome.reasons):
            self._add(LOOK_UPS, outcome.policy, result)
        for _ in outcome.degraded:
            self._add(DEGRADED, outcome.policy, LOG)
        if outcome.ignored:
            self._add(IGNORED, outcome.policy, amount=len(outcome.ignored))

    def forked(self) -> None:
        """In a forked child."""
        self._tallies.clear()
        self.board.close()
        self.board.open()

    def _add(self, *name: str, amount: int = 1) -> None:
        self.board.add(self.board.slot(*name), amount)


class Tally:
    """The counts of one policy, whose slots are found once."""

    __slots__ = ("_actions", "_board", "_buckets", "_lock", "_spent", "_stored", "_values", "decision")

    def __init__(self, board: Board, decision: Decision) -> None:
        self.decision, self._board, self._values, self._lock = decision, board, board.values, board.lock
        name = decision.name
        self._actions = {action: board.slot(DECISIONS, name, action) for action in decision.spec.ladder}
        self._buckets = [board.slot(TIMES, name, str(place)) for place in range(len(BOUNDS) + 1)]
        self._spent = board.slot(SPENT, name)
        self._stored = decision.scoring.kept is not None

    def decided(self, outcome: Outcome, took: int) -> None:
        """Count a decision; took: nanoseconds."""
        self.add(outcome.action, took)
        if outcome.hits or outcome.degraded or outcome.ignored or self._stored:
            self._more(outcome)

    def add(self, action: str, took: int) -> None:
        """Count a decision of which there is no more to count than its action."""
        values = self._values
        with self._lock:
            values[self._actions[action]] += 1
            values[self._buckets[bisect_left(BOUNDS, took)]] += 1
            values[self._spent] += took

    def _more(self, outcome: Outcome) -> None:
        for name in self._names(outcome):
            self._board.add(self._board.slot(*name))
        if outcome.ignored:
            self._board.add(self._board.slot(IGNORED, self.decision.name), len(outcome.ignored))

    def _names(self, outcome: Outcome) -> Iterable[tuple[str, ...]]:
        policy, rules = self.decision.name, self.decision.verdict.judge.rules
        for hit in outcome.hits:
            effect = rules.effects[hit // 2]
            state = UNKNOWN if hit % 2 else PREVIEW if effect.preview else FIRED
            yield HITS, policy, effect.name, state
        for cause in {self._cause(outcome, entry) for entry in outcome.degraded}:
            yield DEGRADED, policy, cause
        if result := _looked_up(outcome.reasons):
            yield LOOK_UPS, policy, result

    def _cause(self, outcome: Outcome, entry: Mapping[str, str]) -> str:
        """What went wrong. A fact that is the score may be wrong itself; then there is no value of it."""
        if entry["cause"] == UNLOGGED:
            return LOG
        of_score = entry["pointer"] in {self.decision.scoring.pointer, "/score"}
        return SCORE if of_score and UNSET not in outcome.values else FACTS


def _looked_up(reasons: Iterable[Mapping[str, Any]]) -> str | None:
    """What came of the look-up in a store, as the reasons tell it; None if there was none."""
    found = next((reason for reason in reasons if reason["code"] == "store"), None)
    return None if found is None else "missing" if "missing" in found else "found"


_COUNTS: WeakSet[Counts] = WeakSet()


def _in_child() -> None:
    for counts in list(_COUNTS):
        counts.forked()


os.register_at_fork(after_in_child=_in_child)
