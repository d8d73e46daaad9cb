"""Every rule and decision table of a policy and what it said of one record, those that were masked too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policy.diagnostics import Span
from policy.engine.decision import Decision
from policy.engine.machine import moment
from policy.engine.outcome import Outcome
from policy.engine.reasons import words
from policy.spec.values import plain


@dataclass(frozen=True, slots=True)
class Traced:
    """One rule, or a table with the row that matched.

    `state` is "true", "false" or "unknown"; `verdict` what became of it; `values` what it read.
    """

    name: str
    state: str
    verdict: str
    effect: Mapping[str, str]
    values: Mapping[str, Any]
    source: str
    span: Span

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "rule": self.name,
            "state": self.state,
            "verdict": self.verdict,
            **self.effect,
            "values": dict(self.values),
            "when": self.source,
            "line": self.span.line,
        }


def trace(decision: Decision, outcome: Outcome, now: Any = None) -> Sequence[Traced]:
    """What every rule and table said of the record of an outcome that the decision gave at that time."""
    verdict = decision.verdict
    if not verdict.judge or not outcome.values or outcome.ignored is None:
        return ()
    at = moment(now) if verdict.reads_now else None
    values = verdict.values(outcome.values, outcome.score, at)
    states = verdict.judge.states(values)
    shown: dict[str, Any] = {**outcome.facts, "score": outcome.score, "now": plain(now)}
    traced = []
    for place, (rule, state) in enumerate(zip(decision.spec.rules, states, strict=True)):
        effect = verdict.judge.rules.effects[place]
        traced.append(
            Traced(
                rule.name,
                {True: "true", False: "false", None: "unknown"}[state],
                _verdict(place, state, outcome, decision),
                words(effect, verdict.ladder),
                {name: shown[name] for name in sorted(rule.when.reads) if name in shown},
                rule.when.source,
                rule.span,
            )
        )
    return [*traced, *_tables(decision, outcome, values, shown)]


def _tables(
    decision: Decision, outcome: Outcome, values: Mapping[str, Any], shown: Mapping[str, Any]
) -> Iterator[Traced]:
    """What each table said: its first row that matches, or none."""
    verdict = decision.verdict
    for spec, table in zip(decision.spec.tables, verdict.judge.tables, strict=True):
        place = table.row(*(values[name] for name in table.reads))
        read = {name: shown[name] for name in sorted(table.reads) if name in shown}
        if place < 0:
            yield Traced(spec.name, "false", "not met", {}, read, "no row matches", spec.span)
            continue
        row = spec.rows[place - table.offset]
        tests = [
            f"{column.condition.source}: {cell.text}"
            for column, cell in zip(spec.columns, row.cells, strict=True)
            if not cell.anything
        ]
        effect = verdict.judge.rules.effects[place]
        became, did = _verdict(place, True, outcome, decision), words(effect, verdict.ladder)
        yield Traced(effect.name, "true", became, did, read, "; ".join(tests) or "anything", row.span)


def _verdict(place: int, state: bool | None, outcome: Outcome, decision: Decision) -> str:
    """What became of a rule: decided, acted, no effect, preview, masked, skipped or not met."""
    name = decision.verdict.judge.rules.effects[place].name
    fired = 2 * place in outcome.hits
    unknown = 2 * place + 1 in outcome.hits
    if not fired and not unknown:
        return "not met" if state is False else "masked by an earlier rule"
    effect = decision.verdict.judge.rules.effect(2 * place if fired else 2 * place + 1)
    if effect is None:
        return "skipped"
    if effect.preview:
        return "preview, not applied"
    if outcome.rule == name:
        return "decided"
    return "masked by an earlier rule" if _masked(place, outcome, decision) else "changed nothing"


def _masked(place: int, outcome: Outcome, decision: Decision) -> bool:
    """Whether a final rule decided over the head of this one."""
    rules = decision.verdict.judge.rules
    finals = [hit // 2 for hit in outcome.hits if (one := rules.effect(hit)) is not None and one.final >= 0]
    return any(other != place and rules.effects[other].name == outcome.rule for other in finals)
