"""Rules that fire in none of a policy's own cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policy.diagnostics import Diagnostic
from policy.engine.cases import CaseResult
from policy.spec.decision import DecisionSpec


def uncovered(spec: DecisionSpec, results: Sequence[CaseResult]) -> list[Diagnostic]:
    """A note for every rule that no case covers, in preview too, and for every table of which no row is hit."""
    if not results:
        return []
    fired = set(_fired(results))
    tables = {name.partition(":")[0] for name in fired}
    found = [(f"the rule `{one.name}`", one.name_span) for one in spec.rules if one.name not in fired]
    found += [
        (f"a row of the table `{one.name}`", one.name_span) for one in spec.tables if one.name not in tables
    ]
    hints = ("add a case in which it fires, with `expect: {rule: …}`",)
    return [Diagnostic("W403", f"no case covers {what}", span, (), hints, "note") for what, span in found]


def _fired(results: Iterable[CaseResult]) -> Iterable[str]:
    for result in results:
        for reason in result.outcome.reasons if result.outcome is not None else ():
            if reason["code"] in ("rule", "preview") or reason.get("did", "skip") != "skip":
                yield reason["rule"]
