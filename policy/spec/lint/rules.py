"""Rules and segments that can never matter, and what stands in their way."""

from __future__ import annotations

from collections.abc import Sequence

from policy.expr.proof import Claim, Either
from policy.spec.decision import DecisionSpec
from policy.spec.lint.conditions import check_condition
from policy.spec.lint.proofs import Proofs, acts, named, related, stands_by
from policy.spec.lint.score import below
from policy.spec.reader import Reader
from policy.spec.rules import RuleSpec


def check_rules(spec: DecisionSpec, proofs: Proofs, reader: Reader) -> None:
    """Note rules that can never fire, and rules whose floor or ceiling never changes anything."""
    finals: list[RuleSpec] = []
    for rule in spec.rules:
        if not check_condition(
            rule.when, f"the rule `{rule.name}`", proofs, reader, skips=rule.on_unknown == "skip"
        ):
            continue
        masks = proofs.culprits([acts(rule)], related(rule, finals), lambda one: [stands_by(one)])
        if masks:
            verb = "decides" if len(masks) == 1 else "together decide"
            note = f"wherever it could, {named(masks)} {verb} first"
            hints = ("move it above, widen its condition, or remove it",)
            reader.note(
                "W422",
                f"the rule `{rule.name}` can never fire",
                rule.span,
                note,
                hints=hints,
                severity="warning",
            )
        elif rule.action is None:
            _check_effect(rule, spec, proofs, reader)
        if rule.action is not None and rule.mode == "enforce" and not masks:
            finals.append(rule)


def check_conditions(spec: DecisionSpec, proofs: Proofs, reader: Reader) -> None:
    """Note definitions, and what actions need, that are always the same."""
    for one in spec.definitions:
        if one.meaning.program.type == "bool":
            check_condition(one.meaning, f"the definition `{one.name}`", proofs, reader)
    for action in spec.actions:
        if action.needs is not None:
            check_condition(action.needs, f"`needs` of `{action.name}`", proofs, reader)


def check_segments(spec: DecisionSpec, proofs: Proofs, reader: Reader) -> None:
    """Note segments that no facts belong to."""
    for place, segment in enumerate(spec.segments):
        if not check_condition(segment.when, f"the segment `{segment.name}`", proofs, reader):
            continue
        claims: list[Claim] = [(segment.when.tree, "true")]
        masks = proofs.culprits(claims, spec.segments[:place], lambda one: [(one.when.tree, "not true")])
        if masks:
            note = f"whatever it holds, {named(masks)} holds first"
            reader.note(
                "W422",
                f"the segment `{segment.name}` can never apply",
                segment.span,
                note,
                severity="warning",
            )


def _check_effect(rule: RuleSpec, spec: DecisionSpec, proofs: Proofs, reader: Reader) -> None:
    """Note a floor that never changes anything, for something else always asks for as much."""
    if rule.at_least is None or rule.at_most is not None:
        return
    others = [one for one in related(rule, spec.rules) if one is not rule and one.mode == "enforce"]
    stronger = [one for one in others if one.action is not None or _surpasses(one, rule, spec)]
    note = ""
    if masks := proofs.culprits([acts(rule)], stronger, lambda one: [stands_by(one)]):
        note = (
            f"wherever it could, {named(masks)} {'asks' if len(masks) == 1 else 'ask'} for at least as much"
        )
    elif proofs.impossible([acts(rule), _under(spec, rule.at_least, others)]):
        note = f"wherever it could, the score's band already asks for `{rule.at_least}` or more"
    if note:
        message = f"the floor of `{rule.name}` never changes anything"
        reader.note("W423", message, rule.name_span, note, severity="warning")


def _surpasses(other: RuleSpec, rule: RuleSpec, spec: DecisionSpec) -> bool:
    """Whether the other's floor is stricter, or as strict and stands above."""
    if other.at_least is None or rule.at_least is None:
        return False
    one, two = spec.ladder.index(other.at_least), spec.ladder.index(rule.at_least)
    return one > two or (one == two and spec.rules.index(other) < spec.rules.index(rule))


def _under(spec: DecisionSpec, action: str, others: Sequence[RuleSpec]) -> Either:
    """Without a floor the outcome could be milder than the action: by the score, or by a ceiling."""
    rank = spec.ladder.index(action)
    ceilings = [one for one in others if one.at_most is not None and spec.ladder.index(one.at_most) < rank]
    return Either((*below(spec, rank), *((acts(one),) for one in ceilings)))
