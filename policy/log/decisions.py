"""The decision log of a process: outcomes in, lines out, each policy by its own form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from policy.engine.decision import Decision
from policy.engine.outcome import Outcome
from policy.engine.ranking.outcome import RankOutcome
from policy.engine.ranking.ranking import Ranking
from policy.log.form import Form
from policy.log.key import load_key
from policy.log.rankings import RankingForm
from policy.log.writer import MAX_AGE, MAX_BYTES, LogWriter, Sync

_MAX_FORMS = 1_000  # policies and their former versions


class DecisionLog:
    """Records decisions in a folder. One object serves all threads of a process, and survives forks.

    directory: made if need be; sync, max_bytes, max_age: as in LogWriter; key_file: as in `load_key`.
    Raises LogError if the folder cannot be written or the key cannot be read.
    """

    def __init__(
        self,
        directory: str | Path,
        *,
        sync: Sync = "none",
        key_file: str | Path | None = None,
        max_bytes: int = MAX_BYTES,
        max_age: float = MAX_AGE,
    ) -> None:
        self.writer = LogWriter(directory, sync=sync, max_bytes=max_bytes, max_age=max_age)
        self.writer.open()
        self._key = load_key(self.writer.directory, key_file)
        self._forms: dict[tuple[str, str], Form] = {}
        self._ranking_forms: dict[tuple[str, str], RankingForm] = {}

    def record(
        self, decision: Decision, outcome: Outcome, decision_id: str, at: int, completed: Sequence[str] = ()
    ) -> None:
        """Record one decision before its answer leaves. at: nanoseconds since 1970.

        Raises LogError; then the log holds nothing of it.
        """
        self.writer.append(self.form(decision).line(outcome, decision_id, at, completed))

    def form(self, decision: Decision) -> Form:
        """How the records of a policy are written."""
        key = (decision.name, decision.version)
        return self._forms.get(key) or self._learn(key, decision)

    def record_ranking(self, ranking: Ranking, outcome: RankOutcome, ranking_id: str, at: int) -> None:
        """Record one ranking before its answer leaves. Raises LogError; then the log holds nothing of it."""
        key = (outcome.policy, outcome.policy_version)
        form = self._ranking_forms.get(key)
        if form is None:
            if len(self._ranking_forms) >= _MAX_FORMS:
                self._ranking_forms.clear()
            form = self._ranking_forms[key] = RankingForm.of(ranking.spec, self._key)
        self.writer.append(form.line(outcome, ranking_id, at))

    def close(self) -> None:
        """Close the segment; the next record starts another."""
        self.writer.close()

    def _learn(self, key: tuple[str, str], decision: Decision) -> Form:
        if len(self._forms) >= _MAX_FORMS:
            self._forms.clear()
        form = self._forms[key] = Form.of(decision.spec.inputs, self._key)
        return form
