"""Proofs about conditions: what can never be true, what always is, what follows from what.

Sound and bounded: `True` is certain for all values that the inputs may have, `False` only means that nothing was
proved. Unknown values are reasoned about like any other. It knows no policy: `domains` says what inputs can be.

Three-valued claims become formulas of facts about terms (`claims`), a search narrows terms and tries branches
(`search`), and computed terms are bounded by interval arithmetic (`images`) or tried out where there are few values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policy.expr.proof.claims import All, Budget, ExhaustedError, Formula, Mode, OneOf, Terms
from policy.expr.proof.domains import Domain, Domains, among, between, of_type
from policy.expr.proof.examples import witness
from policy.expr.proof.search import Search, compiled, holds
from policy.expr.typed import Typed, inputs

__all__ = [
    "Claim",
    "Claims",
    "Domain",
    "Domains",
    "Either",
    "Mode",
    "Prover",
    "Within",
    "always",
    "among",
    "between",
    "example",
    "implies",
    "impossible",
    "never",
    "of_type",
]

STEPS = 20_000  # of one proof

Claim = tuple[Typed, Mode]


@dataclass(frozen=True, slots=True)
class Either:
    """All claims of one of the options hold."""

    options: tuple[tuple[Claim, ...], ...]


@dataclass(frozen=True, slots=True)
class Within:
    """The value of a part of any type lies in a domain."""

    tree: Typed
    domain: Domain


Claims = Sequence[Claim | Either | Within]


class Prover:
    """Proofs over inputs of these domains, which share what they learn about trees, and a bounded work."""

    def __init__(self, domains: Domains, steps: int = STEPS) -> None:
        self._budget = Budget(steps)
        self._terms = Terms(self._budget)
        self._search = Search(self._terms, domains, self._budget)

    @property
    def exhausted(self) -> bool:
        """Whether all work allowed is done, so that nothing more will be proved."""
        return self._budget.steps <= 0

    def impossible(self, claims: Claims) -> bool:
        """Whether no values of the inputs make all claims hold together."""
        self._budget.begin(STEPS)
        try:
            return self._search.holds([_formula(one, self._terms) for one in claims]) is None
        except (ExhaustedError, RecursionError):
            return False

    def domain(self, tree: Typed) -> Domain:
        """What the value of a part can be, or more."""
        return self._search.whole(self._terms.number(tree))

    def example(self, claims: Claims) -> dict[str, Any] | None:
        """Machine values of inputs, None for unknown, for which all claims hold; None if none was found.

        What it gives is tried out, and certain. Inputs that it does not name may have any value.
        """
        self._budget.begin(STEPS)
        names = {name: node for one in claims for tree in _trees(one) for name, node in inputs(tree).items()}
        try:
            state = self._search.holds([_formula(one, self._terms) for one in claims])
            if state is None:
                return None
            return witness(self._search, state, list(names.values()), lambda values: _hold(claims, values))
        except (ExhaustedError, RecursionError):
            return None


def _trees(claim: Claim | Either | Within) -> list[Typed]:
    if isinstance(claim, Either):
        return [tree for option in claim.options for tree, _ in option]
    return [claim.tree if isinstance(claim, Within) else claim[0]]


def _formula(claim: Claim | Either | Within, terms: Terms) -> Formula:
    if isinstance(claim, Either):
        return OneOf(tuple(All(tuple(terms.claim(*one) for one in option)) for option in claim.options))
    if isinstance(claim, Within):
        return terms.fact(claim.tree, claim.domain.ranges, unknown=claim.domain.unknown)
    return terms.claim(*claim)


def _hold(claims: Claims, values: Mapping[str, Any]) -> bool:
    """Whether claims hold for these values."""
    return all(_holds(claim, values) for claim in claims)


def _holds(claim: Claim | Either | Within, values: Mapping[str, Any]) -> bool:
    if isinstance(claim, Either):
        return any(_hold(option, values) for option in claim.options)
    if isinstance(claim, Within):
        return holds(_value(claim.tree, values), claim.tree.type, claim.domain)
    tree, mode = claim
    found = _value(tree, values)
    wanted = mode in ("true", "not false")
    return found is wanted or (found is None and mode in ("not true", "not false"))


def _value(tree: Typed, values: Mapping[str, Any]) -> Any:
    return compiled(tree)(*(values.get(name) for name in inputs(tree)))


def impossible(claims: Claims, domains: Domains) -> bool:
    """Whether no values of the inputs make all claims hold together."""
    return Prover(domains).impossible(claims)


def example(claims: Claims, domains: Domains) -> dict[str, Any] | None:
    """Machine values of inputs, None for unknown, for which all claims hold; None if none was found."""
    return Prover(domains).example(claims)


def never(tree: Typed, domains: Domains) -> bool:
    """Whether a bool is never true; it may be false or unknown."""
    return impossible([(tree, "true")], domains)


def always(tree: Typed, domains: Domains) -> bool:
    """Whether a bool is always true, whatever is unknown."""
    return impossible([(tree, "not true")], domains)


def implies(one: Typed, other: Typed, domains: Domains) -> bool:
    """Whether a bool is true wherever another is."""
    return impossible([(one, "true"), (other, "not true")], domains)
