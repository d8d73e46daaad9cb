"""Claims about rules, and which of several is to blame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from policy.expr.proof import Claim, Claims, Domain, Either, Prover
from policy.expr.typed import Typed
from policy.spec.conditions import names_of
from policy.spec.decision import DecisionSpec
from policy.spec.lint.facts import domains
from policy.spec.rules import RuleSpec
from policy.spec.segments import SegmentSpec

STEPS = 60_000  # of all proofs about one policy: some tenths of a second

_MANY = 40  # rules from which only those are asked that read something in common

T = TypeVar("T")


class Proofs:
    """Proofs about one policy; together they take a bounded time."""

    def __init__(self, spec: DecisionSpec) -> None:
        self.spec = spec
        self.types = {name: one.type for name, one in names_of(spec.inputs).variables.items()}
        self._prover = Prover(domains(spec.inputs), STEPS)

    def impossible(self, claims: Claims) -> bool:
        """Whether no facts and no score make all claims hold."""
        return not self._prover.exhausted and self._prover.impossible(claims)

    def domain(self, tree: Typed) -> Domain:
        """What the value of an expression can be, or more."""
        return self._prover.domain(tree)

    def example(self, claims: Claims) -> dict[str, Any] | None:
        """Machine values of inputs for which all claims hold, tried out; None if none was found."""
        return None if self._prover.exhausted else self._prover.example(claims)

    def culprits(
        self, claims: Sequence[Claim | Either], others: Sequence[T], but: Callable[[T], Claims]
    ) -> list[T] | None:
        """The fewest others, about, whose claims make these impossible; None if they do not, all together."""
        if not others or not self.impossible([*claims, *(claim for one in others for claim in but(one))]):
            return None
        for one in others:
            if self.impossible([*claims, *but(one)]):
                return [one]
        kept = list(others)
        for one in others:
            fewer = [other for other in kept if other is not one]
            if fewer and self.impossible([*claims, *(claim for other in fewer for claim in but(other))]):
                kept = fewer
        return kept


def acts(rule: RuleSpec) -> Claim:
    """The rule may change the action."""
    return rule.when.tree, "true" if rule.on_unknown == "skip" else "not false"


def stands_by(rule: RuleSpec) -> Claim:
    """The rule's own effect, that of a true condition, does not happen."""
    return rule.when.tree, "false" if rule.on_unknown == "fire" else "not true"


def in_segment(spec: DecisionSpec, segment: SegmentSpec | None) -> list[Claim]:
    """The segment is the one that holds; None: no segment does."""
    found: list[Claim] = []
    for one in spec.segments:
        if one is segment:
            return [*found, (one.when.tree, "true")]
        found.append((one.when.tree, "not true"))
    return found


def named(found: Sequence[RuleSpec | SegmentSpec]) -> str:
    """Rules or segments with their places."""
    return " and ".join(f"`{one.name}` ({one.name_span.file}:{one.name_span.line})" for one in found)


def related(rule: RuleSpec, others: Sequence[RuleSpec]) -> list[RuleSpec]:
    """The others; of very many, those that read something that the rule reads."""
    if len(others) <= _MANY:
        return list(others)
    return [one for one in others if not rule.when.reads.isdisjoint(one.when.reads)]
