"""What actions need: where it is not definitely so, another action is taken in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from policy.expr.batch import Conditions
from policy.expr.columns import Columns
from policy.expr.row import compile_value
from policy.expr.typed import Typed, inputs
from policy.spec.actions import ActionSpec

Array = Any  # a NumPy array
Replaced = tuple[tuple[str, str], ...]  # (action, the one in its place), in order


class _Need(NamedTuple):
    function: Callable[..., bool | None]
    reads: tuple[str, ...]
    otherwise: str
    tree: Typed


@dataclass(frozen=True, slots=True)
class Needs:
    """The actions that need something, by name."""

    actions: Mapping[str, _Need]

    @classmethod
    def of(cls, specs: Sequence[ActionSpec]) -> Self:
        """The needs of a policy's actions."""
        found = {}
        for spec in specs:
            if spec.needs is not None and spec.otherwise is not None:
                reads = tuple(inputs(spec.needs.tree))
                function = compile_value(spec.needs.tree, reads)
                found[spec.name] = _Need(function, reads, spec.otherwise, spec.needs.tree)
        return cls(found)

    @property
    def reads(self) -> tuple[str, ...]:
        """What the conditions read."""
        return tuple(dict.fromkeys(name for need in self.actions.values() for name in need.reads))

    def row(self, action: str, values: Mapping[str, Any]) -> tuple[str, Replaced]:
        """The action that is left for a record by its machine values, and what was replaced on the way.

        A condition on facts that were refused, which have no value here, is not met.
        """
        replaced: list[tuple[str, str]] = []
        while (need := self.actions.get(action)) is not None:
            if values.keys() >= set(need.reads) and need.function(*map(values.get, need.reads)) is True:
                break
            replaced.append((action, need.otherwise))
            action = need.otherwise
        return action, tuple(replaced)

    def met(self, columns: Columns) -> dict[str, Array]:
        """For each action that needs something the rows where it is so."""
        masks = Conditions([need.tree for need in self.actions.values()]).truths(columns)
        return dict(zip(self.actions, masks, strict=True))

    def batch(self, actions: Array, met: Mapping[str, Array], ladder: Sequence[str]) -> Array:
        """The actions that are left, all as places on the ladder; which were replaced, is where they differ."""
        left = actions.copy()
        for _ in self.actions:  # a chain is no longer than there are actions that need something
            for name, need in self.actions.items():
                left[(left == ladder.index(name)) & ~met[name]] = ladder.index(need.otherwise)
        return left
