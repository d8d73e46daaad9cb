"""Values of inputs that make claims hold, picked from the domains that a search leaves, and tried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice, product
from typing import Any

from policy.expr.proof.domains import Domain, has_keys, value_of
from policy.expr.proof.ranges import TOP, Ranges
from policy.expr.proof.search import Search, State
from policy.expr.typed import Input
from policy.expr.types import STRING, Type, plain

_TRIES = 200
_PICKS = 4  # values of one input


def witness(
    search: Search, state: State, names: Sequence[Input], fits: Callable[[Mapping[str, Any]], bool]
) -> dict[str, Any] | None:
    """Machine values of the inputs that fit; None if none of those tried does."""
    picks = [_picks(node.type, search.left(node, state)) for node in names]
    for row in islice(product(*picks), _TRIES):
        values = {node.name: value for node, value in zip(names, row, strict=True)}
        search.budget.spend()
        if fits(values):
            return values
    return None


def _picks(type_: Type, domain: Domain) -> list[Any]:
    """A few values of a domain: plain ones first, then the ends of its ranges."""
    if not has_keys(type_):
        empty: dict[str, list[Any]] = {"list": [()], "set": [frozenset()]}
        return [*(empty.get(type_.name, []) if domain.ranges else []), None]
    keys = [key for lower, upper in domain.ranges for key in _ends(type_, lower, upper)]
    plain_ = [key for key in (_plain(type_, domain.ranges),) if key is not None]
    values = [value_of(type_, key) for key in dict.fromkeys((*plain_, *keys))][:_PICKS]
    return [*values, None] if domain.unknown else values


def _plain(type_: Type, ranges: Ranges) -> Any:
    """A key that people would choose: zero, or the end next to it."""
    zero = "" if plain(type_) == STRING else 0
    if plain(type_) == STRING or not ranges:
        return None
    return zero if any(lower <= zero < upper for lower, upper in ranges) else None


def _ends(type_: Type, lower: Any, upper: Any) -> list[Any]:
    if plain(type_) != STRING:
        return [lower, upper - 1]
    near = [lower] if lower else ["a", ""]
    return [*near, lower + "a"] if upper is TOP or lower + "a" < upper else near
