"""Lists computed beforehand, as a ranking sees them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from policy.spec.rankings.ranking import RankingSpec


@dataclass(frozen=True, slots=True)
class Stored:
    """What a store holds for a user: (item, score) best first; or None, and why there is no such list."""

    pairs: Sequence[tuple[Any, float]] | None
    why: str = ""


class Lists(Protocol):
    """A store, as the engine sees it: it always answers, in time. `policy.stores.ranks` has one."""

    @property
    def counts(self) -> Counter[str]:
        """How many look-ups came to what, by a word for it."""

    def row(self, user: Any) -> Stored:
        """What is held for a user."""


def lists_version(spec: RankingSpec, model: str) -> str:
    """The version of lists computed beforehand: a hash of the ranking, its items and its model; "" without a model."""
    if not spec.model:
        return ""
    return "sha256:" + hashlib.sha256(f"{spec.version}\n{model}".encode()).hexdigest()
