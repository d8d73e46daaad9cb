"""Floors and ceilings that cannot be kept together."""

from __future__ import annotations

from policy.spec.decision import DecisionSpec
from policy.spec.lint.proofs import Proofs, acts, named, related, stands_by
from policy.spec.reader import Reader
from policy.spec.rules import RuleSpec


def check_contradictions(spec: DecisionSpec, proofs: Proofs, reader: Reader) -> None:
    """Note a ceiling that a stricter floor always overrules: the pair can never be satisfied."""
    enforced = [rule for rule in spec.rules if rule.mode == "enforce"]
    floors = [rule for rule in enforced if rule.at_least is not None]
    for rule in enforced:
        if rule.at_most is None or rule.at_least is not None:
            continue
        rank = spec.ladder.index(rule.at_most)
        stricter = [one for one in floors if one is not rule and spec.ladder.index(one.at_least or "") > rank]
        for one in related(rule, stricter):
            if proofs.impossible([acts(rule), stands_by(one)]):
                _contradict(rule, one, proofs, reader)
                break


def _contradict(ceiling: RuleSpec, floor: RuleSpec, proofs: Proofs, reader: Reader) -> None:
    note = f"wherever it fires, {named([floor])} fires too, and a floor wins over a ceiling"
    both = proofs.impossible([acts(floor), stands_by(ceiling)])
    message = (
        f"at most `{ceiling.at_most}` of `{ceiling.name}` is always overruled by at least `{floor.at_least}`"
    )
    if both:
        reader.note("E137", message, ceiling.name_span, note, "the two conditions are always true together")
    else:
        reader.note("W423", message, ceiling.name_span, note, severity="warning")
