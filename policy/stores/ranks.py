"""Lists of a ranking in a store: written by `scoregate precompute`, read for each request."""

from __future__ import annotations

import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from math import isfinite
from typing import Any

import msgspec

from policy.engine.machine import instant
from policy.engine.ranking.exclude import SeenItems
from policy.engine.ranking.heads import heads
from policy.engine.ranking.ranking import Ranking
from policy.engine.ranking.stored import Stored
from policy.errors import StoreError
from policy.stores.guard import Guarded
from policy.stores.store import Current, Store, key_of

BLOCK = 500  # users whose lists are written in one step

_encode = msgspec.json.Encoder().encode
_decode_seen = msgspec.json.Decoder(list[int | str]).decode
_decode = msgspec.json.Decoder(list[tuple[int | str, float]]).decode


@dataclass(frozen=True, slots=True)
class StoredLists:
    """The lists of one ranking.

    version: what entries must be of, "" for any; counts: how many look-ups were `found`, `missing` (no entry, or one of
    another version), `stale`, `damaged` or `failed`, since the policy was loaded.
    """

    store: Guarded
    name: str
    version: str
    max_age: timedelta | None = None
    clock: Callable[[], float] = time.time
    counts: Counter[str] = field(default_factory=Counter)

    def row(self, user: Any) -> Stored:
        """What the store holds for a user, or why it holds nothing that may be used."""
        count, stored = self._row(user)
        self.counts[count] += 1
        return stored

    def _row(self, user: Any) -> tuple[str, Stored]:
        key = key_of(user)
        if key is None:
            return "missing", Stored(None, "no user")
        try:
            entry = self.store.get(self.name, key)
        except StoreError as error:
            return "failed", Stored(None, str(error))
        if entry is None:
            return "missing", Stored(None, "there is no entry")
        if self.version not in ("", entry.version):
            return "missing", Stored(None, "the entry is of another version")
        if self.max_age is not None and (age := self.clock() - entry.at) > self.max_age.total_seconds():
            return "stale", Stored(None, f"the entry is {age:.0f} s old")
        try:
            return "found", Stored(_decode(entry.value))
        except msgspec.MsgspecError:
            return "damaged", Stored(None, "the entry is damaged")


@dataclass(frozen=True, slots=True)
class StoredSeen:
    """What users have seen, of one ranking; counts: as those of StoredLists."""

    store: Guarded
    name: str
    max_age: timedelta | None = None
    clock: Callable[[], float] = time.time
    counts: Counter[str] = field(default_factory=Counter)

    def row(self, user: Any) -> SeenItems:
        """What a user has seen: nothing, if there is no entry."""
        count, seen = self._row(user)
        self.counts[count] += 1
        return seen

    def _row(self, user: Any) -> tuple[str, SeenItems]:
        key = key_of(user)
        try:
            entry = None if key is None else self.store.get(seen_name(self.name), key)
        except StoreError as error:
            return "failed", SeenItems((), str(error))
        if entry is None:
            return "missing", SeenItems(())
        if self.max_age is not None and (age := self.clock() - entry.at) > self.max_age.total_seconds():
            return "stale", SeenItems((), f"the entry is {age:.0f} s old")
        try:
            return "found", SeenItems(_decode_seen(entry.value))
        except msgspec.MsgspecError:
            return "damaged", SeenItems((), "the entry is damaged")


def fill_lists(
    store: Store,
    ranking: str,
    rows: Iterable[tuple[Any, Any, float]],
    clock: Callable[[], float],
    job: str = "",
) -> Current:
    """Fill a set with lists that were computed elsewhere, from (user, item, score) in any order. Raises StoreError.

    Equal scores stay in the order in which they came; of an item that stands there twice the best score counts.
    """
    lists: dict[str, tuple[array[int], array[float]]] = {}
    items = _Items()
    for user, item, score in rows:
        key = key_of(user)
        if key is not None and item is not None and isfinite(score):
            held = lists.get(key)
            if held is None:
                held = lists[key] = (array("I"), array("d"))
            held[0].append(items.number(item))
            held[1].append(score)
    fill = store.begin(ranking, f"sha256:{job}", job)
    for block, some in enumerate(_blocks(lists)):
        if block not in fill.done:
            fill.put(
                block,
                [(key, _encode(_best(items.of(lists[key][0]), lists[key][1]))) for key in some],
                clock(),
            )
    return fill.finish(clock())


class _Items:
    """Items as numbers: a pair that is held in memory takes a few bytes, and the name of its item none."""

    def __init__(self) -> None:
        self._names: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def number(self, item: Any) -> int:
        """The item's number."""
        number = self._numbers.setdefault(item, len(self._names))
        if number == len(self._names):
            self._names.append(item)
        return number

    def of(self, numbers: Iterable[int]) -> list[Any]:
        """The items of these numbers."""
        return [self._names[number] for number in numbers]


def _best(items: Sequence[Any], scores: Sequence[float]) -> list[tuple[Any, float]]:
    """Best first, and each item once."""
    found: dict[Any, float] = {}
    for item, score in sorted(zip(items, scores, strict=True), key=lambda pair: -pair[1]):
        found.setdefault(item, score)
    return [*found.items()]


def seen_name(ranking: str) -> str:
    """The name of the set of what users have seen."""
    return f"{ranking}/seen"


def fill_seen(
    store: Store, ranking: str, pairs: Iterable[tuple[Any, Any]], clock: Callable[[], float], job: str = ""
) -> Current:
    """Fill a set with what users have seen, from (user, item) in any order, and put it in place. Raises StoreError."""
    seen: dict[str, array[int]] = {}
    items = _Items()
    for user, item in pairs:
        key = key_of(user)
        if key is not None and item is not None:
            numbers = seen.get(key)
            if numbers is None:
                numbers = seen[key] = array("I")
            numbers.append(items.number(item))
    fill = store.begin(seen_name(ranking), f"sha256:{job}", job)
    for block, some in enumerate(_blocks(seen)):
        if block not in fill.done:
            fill.put(block, [(key, _encode(items.of(dict.fromkeys(seen[key])))) for key in some], clock())
    return fill.finish(clock())


def precompute(
    ranking: Ranking,
    store: Store,
    users: Iterable[Any],
    n: int,
    clock: Callable[[], float],
    done: Callable[[int], None] = lambda _: None,
    job: str = "",
) -> Current:
    """Fill a set with the lists of users, block by block, and put it in place; an interrupted one goes on.

    n: how many items to keep for each; clock: seconds since 1970; done: told how many users are through; job: what
    the users and `n` are, so that only the same job goes on. Raises StoreError.
    """
    fill = store.begin(ranking.name, ranking.lists_version, job)
    ranking = ranking.live
    through = 0
    for block, some in enumerate(_blocks(users)):
        if block not in fill.done:
            at = clock()
            fill.put(block, [*_lists(ranking, some, n, at)], at)
        through += len(some)
        done(through)
    return fill.finish(clock())


def _lists(ranking: Ranking, users: Sequence[Any], n: int, at: float) -> Iterator[tuple[str, bytes]]:
    """The lists for users with no other facts; what a request adds is looked at when it comes.

    A user whom the model does not know has none: a request gets what the policy's fallback makes of it.
    """
    now = instant(round(at * 1e9)) if ranking.reads_now else None
    keyed = [(key, user) for user in users if (key := key_of(user)) is not None]
    found = heads(ranking, [user for _, user in keyed], n, now=now)
    yield from ((key, _encode(head)) for (key, _), head in zip(keyed, found, strict=True) if head)


def _blocks(users: Iterable[Any]) -> Iterator[Sequence[Any]]:
    stream = iter(dict.fromkeys(users))
    while some := list(islice(stream, BLOCK)):
        yield some
