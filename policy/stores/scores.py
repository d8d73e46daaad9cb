"""Scores of a decision in a store: written by `scoregate precompute`, looked up for each record."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from policy.engine.kept import Held
from policy.errors import StoreError
from policy.spec.decision import DecisionSpec
from policy.stores.guard import Guarded
from policy.stores.shared import shared
from policy.stores.store import Current, Entry, Store, key_of

BLOCK = 5_000  # rows whose scores are computed and written in one step
ASKED = 500  # keys that are asked for at once

_LATEST = 4e9  # seconds since 1970 that a time may be
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(float).decode

Pair = tuple[Any, float]  # a value of the key, and its score


@dataclass(frozen=True, slots=True)
class StoredScores:
    """The scores of one policy.

    version: what entries must be of, "" for any; counts: how many look-ups were `found`, `missing` (no entry, or none
    of this version), `stale`, `damaged` or `failed`, since the policy was loaded.
    """

    store: Guarded
    name: str
    version: str
    max_age: timedelta | None = None
    clock: Callable[[], float] = time.time
    counts: Counter[str] = field(default_factory=Counter)

    def row(self, key: Any) -> Held:
        """What is held for a value of the key."""
        return self.batch([key])[0]

    def batch(self, keys: Sequence[Any]) -> list[Held]:
        """What is held for each value; a store that fails is asked no more for this batch's block."""
        found: list[Held] = []
        for start in range(0, len(keys), ASKED):
            found += self._block(keys[start : start + ASKED])
        return found

    def _block(self, values: Sequence[Any]) -> list[Held]:
        keys = [key_of(value) for value in values]
        asked = sorted({key for key in keys if key is not None})
        try:
            entries = self.store.many(self.name, asked) if asked else {}
        except StoreError as error:
            self.counts["failed"] += len(keys)
            return [Held(None, str(error)) if key is not None else _NO_KEY for key in keys]
        now = self.clock()
        held = [_NO_KEY if key is None else self._read(entries.get(key), now) for key in keys]
        self.counts.update(_counted(one) for one in held)
        return held

    def _read(self, entry: Entry | None, now: float) -> Held:
        if entry is None:
            return _NO_ENTRY
        if self.version not in ("", entry.version):
            return _OTHER
        if not 0.0 <= entry.at <= _LATEST:
            return _DAMAGED
        if self.max_age is not None and now - entry.at > self.max_age.total_seconds():
            return Held(None, f"the entry is {now - entry.at:.0f} s old")
        try:
            score = _decode(entry.value)
        except msgspec.MsgspecError:
            return _DAMAGED
        return Held(score, "", entry.at, entry.version) if 0.0 <= score <= 1.0 else _DAMAGED


_NO_KEY = Held(None, "the key is missing")
_NO_ENTRY = Held(None, "there is no entry")
_OTHER = Held(None, "the entry is of another version")
_DAMAGED = Held(None, "the entry is damaged")


def _counted(held: Held) -> str:
    if held.score is not None:
        return "found"
    if held in (_NO_KEY, _NO_ENTRY, _OTHER):
        return "missing"
    return "damaged" if held == _DAMAGED else "stale"


def shelf(folder: Path, spec: DecisionSpec, version: str) -> StoredScores:
    """The store that a decision in a folder names, of whose entries this version counts."""
    named = spec.score.store
    assert named is not None
    return StoredScores(shared(named, folder), spec.name, version, named.max_age)


def fill_scores(
    store: Store,
    name: str,
    version: str,
    blocks: Iterable[Callable[[], Iterable[Pair]]],
    clock: Callable[[], float],
    job: str = "",
) -> Current:
    """Fill a set with scores, block by block, and put it in place in one step; an interrupted one goes on.

    blocks: functions that give pairs, all without a repeated key; one whose pairs are there already is not called.
    clock: seconds since 1970; job: what the blocks are made of. Raises StoreError.
    """
    fill = store.begin(name, version, job)
    for number, pairs in enumerate(blocks):
        if number not in fill.done:
            keyed = ((key_of(value), score) for value, score in pairs())
            fill.put(number, [(key, _encode(score)) for key, score in keyed if key is not None], clock())
    return fill.finish(clock())
