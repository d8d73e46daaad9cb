"""What a ranking gave for one request, and why."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

Reason = dict[str, Any]


class RankedItem(Struct, frozen=True):
    """An item of the list. source: "model", "store", "fold_in" or "popular"; reasons: what moved it."""

    id: Any
    score: float
    source: str
    reasons: tuple[Reason, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"id": self.id, "score": self.score, "source": self.source, "reasons": list(self.reasons)}


class RankOutcome(Struct, frozen=True):
    """A list of items.

    n: how many were asked for, at most the policy's most; wanted: as the request had it; history: (item, rating) pairs
    and exclude: as they were read; left: after each filter how many items were left; plan: "list" if the eligible items
    were gone through one by one, "scan" if all factors were; reasons: why this source, and why fewer than n.
    facts: the context as it was read; ignored: names of facts that the policy does not know; degraded: what went wrong
    and was answered by `on_error`, as {"cause", "pointer"}.
    """

    policy: str
    policy_version: str
    model_version: str
    user: Any
    n: int
    items: tuple[RankedItem, ...]
    left: tuple[tuple[str, int], ...]
    plan: str
    reasons: tuple[Reason, ...]
    facts: dict[str, Any]
    ignored: tuple[str, ...] = ()
    degraded: tuple[dict[str, str], ...] = ()
    wanted: int = 0
    history: tuple[tuple[Any, float], ...] = ()
    exclude: tuple[Any, ...] = ()

    def without(self, cause: str) -> RankOutcome:
        """The same list, for a cause that arose later, such as a full disk."""
        return replace(self, degraded=(*self.degraded, {"cause": cause, "pointer": ""}))

    def to_dict(self) -> dict[str, Any]:
        """The body of an answer, ready for JSON."""
        body: dict[str, Any] = {
            "user": self.user,
            "n": self.n,
            "items": [item.to_dict() for item in self.items],
            "filters": [{"name": name, "left": left} for name, left in self.left],
            "plan": self.plan,
            "reasons": list(self.reasons),
        }
        if self.degraded:
            body["degraded"] = list(self.degraded)
        if self.ignored:
            body["ignored_facts"] = list(self.ignored)
        versions = {"policy": self.policy_version, "model": self.model_version}
        return body | {"policy": self.policy, "versions": versions}
