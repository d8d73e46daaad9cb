"""Scores computed beforehand: looked up by the value of one fact, before the model is asked, or in its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from policy.engine.machine import instant
from policy.spec.values import plain

FOUND = "found"
NOT_KEPT = "the store has no score: {}"


class Held(NamedTuple):
    """What a store holds for a key.

    score: None if it holds none that may be used, and `why`; at: when it was computed, seconds since 1970; version:
    that of its set.
    """

    score: float | None
    why: str = ""
    at: float = 0.0
    version: str = ""

    def reason(self) -> dict[str, Any]:
        """What an outcome says of it, ready for JSON."""
        if self.score is None:
            return {"code": "store", "missing": self.why}
        return {"code": "store", "at": plain(instant(round(self.at * 1e6) * 1000)), "version": self.version}


class Lookup(Protocol):
    """A store, as the engine sees it: it always answers, in time. `policy.stores.scores` has one."""

    @property
    def counts(self) -> Counter[str]:
        """How many look-ups came to what, by a word for it."""

    def row(self, key: Any) -> Held:
        """What is held for a value of the key."""

    def batch(self, keys: Sequence[Any]) -> list[Held]:
        """The same for many values."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a policy's scores are kept.

    place: of the key among the inputs; live: whether the model answers for what is not there.
    """

    lookup: Lookup
    place: int
    live: bool
