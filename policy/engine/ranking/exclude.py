"""Items that are left out for one request: named by it, in its history, on a list, or seen by the user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self

from policy.engine.ranking.items import Items
from policy.engine.ranking.outcome import Reason
from policy.engine.ranking.request import Request
from policy.spec.entries import Entry
from policy.spec.rankings.exclude import HISTORY, REQUEST

_NAMED = 5  # unknown items that a reason names


class SeenItems(NamedTuple):
    """The items that a user has seen; or why that is not known."""

    items: Sequence[Any]
    why: str = ""


class Seen(Protocol):
    """A store of what users have seen, which always answers, in time. `policy.stores.ranks` has one."""

    @property
    def counts(self) -> Counter[str]:
        """How many look-ups came to what, by a word for it."""

    def row(self, user: Any) -> SeenItems:
        """What a user has seen."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What a ranking leaves out.

    words: of the request; fixed: rows that a list names for good; ending: rows that one names up to a time, in
    microseconds since 1970; seen: the store of what users have seen.
    """

    items: Items
    words: tuple[str, ...]
    fixed: tuple[int, ...]
    ending: tuple[tuple[int, int], ...]
    seen: Seen | None

    @classmethod
    def of(cls, words: tuple[str, ...], listed: Sequence[Entry], seen: Seen | None, items: Items) -> Self:
        """The exclusion from these items; what a list names and the table does not have is left out for good."""
        rows = [(row, one.expires_us) for one in listed if (row := items.row(one.value)) is not None]
        fixed = tuple(dict.fromkeys(row for row, ends in rows if ends is None))
        return cls(items, words, fixed, tuple((row, ends) for row, ends in rows if ends is not None), seen)

    def rows(self, asked: Request, now: int | None) -> tuple[list[int], list[Reason]]:
        """The rows that are left out, and what there is to say; now: microseconds since 1970, if lists end."""
        gone = list(self.fixed)
        if now is not None:
            gone += [row for row, ends in self.ending if ends > now]
        named = [*asked.exclude] if REQUEST in self.words else []
        named += [item for item, _ in asked.history] if HISTORY in self.words else []
        reasons = self._unknown([*asked.exclude, *(item for item, _ in asked.history)])
        if self.seen is not None and asked.user is not None:
            seen = self.seen.row(asked.user)
            named += seen.items
            reasons += [{"code": "seen", "missing": seen.why}] if seen.why else []
        gone += [row for item in named if (row := self.items.row(item)) is not None]
        return gone, reasons

    def _unknown(self, named: Sequence[Any]) -> list[Reason]:
        """The items of a request that the table does not have: nothing can be said or done about them."""
        unknown = [item for item in dict.fromkeys(named) if self.items.row(item) is None]
        return (
            [{"code": "unknown_items", "items": unknown[:_NAMED], "count": len(unknown)}] if unknown else []
        )
