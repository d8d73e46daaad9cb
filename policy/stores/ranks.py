"""Lists of a ranking in a store: written by `scoregate precompute`, read for each request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from policy.engine.ranking.ranking import Ranking, Stored
from policy.errors import StoreError
from policy.stores.guard import Guarded
from policy.stores.store import LONGEST_KEY, Current, Store

BLOCK = 500  # users whose lists are written in one step

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[tuple[int | str, float]]).decode


def key_of(user: Any) -> str | None:
    """The key of a user; None for what is no user. A number and its text are one."""
    text = str(user) if isinstance(user, int | str) and not isinstance(user, bool) else ""
    return text if 0 < len(text) <= LONGEST_KEY else None


def stored(ranking: Ranking, store: Guarded, user: Any, now: float) -> Stored:
    """What the store holds for a user, or why it holds nothing that may be used; now: seconds since 1970."""
    key = key_of(user)
    if key is None:
        return Stored(None, "no user")
    try:
        entry = store.get(ranking.name, key)
    except StoreError as error:
        return Stored(None, str(error))
    spec = ranking.spec.store
    if entry is None:
        return Stored(None, "there is no entry")
    if entry.version != ranking.version:
        return Stored(None, "the entry is of another version")
    if spec is not None and spec.max_age is not None and now - entry.at > spec.max_age.total_seconds():
        return Stored(None, f"the entry is {now - entry.at:.0f} s old")
    try:
        return Stored(_decode(entry.value))
    except msgspec.DecodeError:
        return Stored(None, "the entry is damaged")


def precompute(
    ranking: Ranking,
    store: Store,
    users: Iterable[Any],
    n: int,
    clock: Callable[[], float],
    done: Callable[[int], None] = lambda _: None,
) -> Current:
    """Fill a set with the lists of users, block by block, and put it in place; an interrupted one goes on.

    n: how many items to keep for each; clock: seconds since 1970; done: told how many users are through.
    Raises StoreError.
    """
    fill = store.begin(ranking.name, ranking.version)
    through = 0
    for block, some in enumerate(_blocks(users)):
        if block not in fill.done:
            lists = [(key, _list(ranking, user, n)) for user in some if (key := key_of(user)) is not None]
            fill.put(block, lists, clock())
        through += len(some)
        done(through)
    return fill.finish(clock())


def _list(ranking: Ranking, user: Any, n: int) -> bytes:
    """The list for a user with no other facts; what a request adds is looked at when it comes."""
    outcome = ranking.row({"user": user, "n": n})
    return _encode([(item.id, item.score) for item in outcome.items if item.source == "model"])


def _blocks(users: Iterable[Any]) -> Iterator[Sequence[Any]]:
    stream = iter(dict.fromkeys(users))
    while some := list(islice(stream, BLOCK)):
        yield some
