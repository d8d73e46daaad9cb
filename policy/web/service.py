"""What the handler needs besides the request: policies, the log, a clock, chance, the tokens."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from policy.engine.decision import Decision
from policy.engine.outcome import Outcome
from policy.engine.ranking.outcome import RankOutcome
from policy.engine.ranking.ranking import Ranking
from policy.live import Live
from policy.log import DecisionLog, Sync
from policy.log.writable import Rarely, fault
from policy.web.answers import Answers
from policy.web.counts import Counts
from policy.web.identity import Entropy
from policy.web.sparing import Sparing
from policy.web.tokens import Tokens


class Recorder(Protocol):
    """Who keeps the decisions, such as `policy.log.DecisionLog`."""

    def record(
        self, decision: Decision, outcome: Outcome, decision_id: str, at: int, completed: Sequence[str] = ()
    ) -> None:
        """Record one decision, made `at` nanoseconds since 1970.

        Raises LogError; then it holds nothing of it.
        """

    def record_ranking(self, ranking: Ranking, outcome: RankOutcome, ranking_id: str, at: int) -> None:
        """Record one ranking, made `at` nanoseconds since 1970. Raises LogError, likewise."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service.

    policies: one snapshot at a time; log: None records nothing; clock: nanoseconds since 1970; entropy: ten
    random bytes for an id; counts: what GET /metrics tells; log_fault: why the log cannot be written now (or a
    second ago), None if it can; unlogged: when to say that the log fails.
    """

    policies: Live
    log: Recorder | None = None
    tokens: Tokens = field(default_factory=Tokens)
    clock: Callable[[], int] = time.time_ns
    entropy: Callable[[], bytes] = field(default_factory=Entropy)
    counts: Counts = field(default_factory=Counts)
    log_fault: Callable[[], str | None] = lambda: None
    unlogged: Sparing = field(default_factory=Sparing, init=False, repr=False)
    _answers: dict[str, Answers] = field(default_factory=dict, init=False, repr=False)

    def answers(self, decision: Decision) -> Answers:
        """How the outcomes of the decision are written."""
        answers = self._answers.get(decision.name)
        if answers is None or answers.decision is not decision:
            answers = self._answers[decision.name] = Answers(decision)
        return answers


def open_service(
    configs: str | Path,
    *,
    log_dir: str | Path | None = None,
    log_sync: Sync = "none",
    log_key_file: str | Path | None = None,
    tokens: Tokens | None = None,
    counts_dir: str | Path | None = None,
) -> Service:
    """The service of the policies in a file or folder. Their cases are run, which also warms their models up.

    log_dir: the folder of the decision log, None to record nothing; log_sync, log_key_file: as DecisionLog's
    `sync` and `key_file`; counts_dir: where all processes of the service count together, None if this one is
    alone. Raises LoadError with every diagnostic if a policy does not load or one of its cases fails, LogError if
    the folder cannot be written or the key cannot be read.
    """
    policies = Live(configs)
    log = None if log_dir is None else DecisionLog(log_dir, sync=log_sync, key_file=log_key_file)
    counts = Counts(None if counts_dir is None else Path(counts_dir))
    if log is None:
        return Service(policies, None, tokens or Tokens(), counts=counts)
    log_fault = Rarely(partial(fault, log.writer.directory))
    return Service(policies, log, tokens or Tokens(), counts=counts, log_fault=log_fault)
