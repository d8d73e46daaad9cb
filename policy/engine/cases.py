"""A policy's own cases: run them, and say what came where something else was expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from policy.diagnostics import Diagnostic
from policy.engine.decision import Decision
from policy.engine.machine import instant
from policy.engine.outcome import Outcome
from policy.engine.words import in_words
from policy.errors import FactsError, Problem
from policy.spec.actions import REFUSE
from policy.spec.cases import CaseSpec

_USUAL = datetime(2026, 1, 1, 12, tzinfo=UTC)  # when a case that does not say is decided


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case and what came: an outcome, or the problems for which its facts were refused."""

    case: CaseSpec
    outcome: Outcome | None
    problems: tuple[Problem, ...]

    @property
    def action(self) -> str:
        """The action that came, "refuse" if the facts were refused."""
        return REFUSE if self.outcome is None else self.outcome.action

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """What differs from what is expected, as (what, expected, got)."""
        expected, outcome = self.case.expected, self.outcome
        band = outcome.band.action if outcome is not None and outcome.band is not None else "none"
        degraded = outcome is not None and bool(outcome.degraded)
        pairs = [
            ("action", expected.action, self.action),
            ("band", expected.band, band),
            ("rule", _named(expected.rule), (outcome and outcome.rule) or "none"),
            ("segment", _named(expected.segment), (outcome and outcome.segment) or "none"),
            ("degraded", None if expected.degraded is None else _bool(expected.degraded), _bool(degraded)),
        ]
        return [(what, wanted, got) for what, wanted, got in pairs if wanted is not None and wanted != got]

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.differences

    def diagnostic(self) -> Diagnostic:
        """A failed case as a diagnostic at what it expects."""
        wanted = ", ".join(f"{what} {expected}" for what, expected, _ in self.differences)
        came = ", ".join(f"{what} {got}" for what, _, got in self.differences)
        notes = (f"expected {wanted}", f"found {came}", *self._reasons())
        return Diagnostic("E151", f"{self.case.name} fails", self.case.expect_span, notes)

    def _reasons(self) -> list[str]:
        if self.outcome is None:
            return [f"{problem.pointer or '(facts)'}: {problem.message}" for problem in self.problems]
        score, band = self.outcome.score, self.outcome.band
        lines = [f"{cause['pointer']}: {cause['cause']}" for cause in self.outcome.degraded]
        if band is not None:
            bracket = "]" if band.closed else ")"
            lines.append(
                f"the score {score:g} lies in [{band.lower:g}, {band.upper:g}{bracket} `{band.action}`"
            )
        told = ("band", "on_error")  # above, with the score and the pointer
        return lines + [in_words(one) for one in self.outcome.reasons if one["code"] not in told]


def run_cases(decision: Decision) -> list[CaseResult]:
    """Run every case whose facts are at hand, strictly: a fact that the policy does not know is refused."""
    return [_run(decision, case) for case in decision.spec.cases if case.facts is not None]


def _run(decision: Decision, case: CaseSpec) -> CaseResult:
    try:
        outcome = decision.row(
            case.facts or {},
            score=case.score,
            completed=case.completed,
            now=_time(decision, case),
            strict=True,
        )
    except FactsError as error:
        return CaseResult(case, None, tuple(error.problems))
    return CaseResult(case, outcome, ())


def _time(decision: Decision, case: CaseSpec) -> datetime | None:
    """When a case is decided: as it says, else before any entry of a list ends, so that no expiry fails a case."""
    if case.at is not None or not decision.reads_now:
        return case.at
    edges = decision.verdict.lists.edges
    return instant((edges[0] - 1) * 1000) if edges else _USUAL


def _named(name: str | None) -> str | None:
    return "none" if name == "" else name


def _bool(value: bool) -> str:
    return str(value).lower()
