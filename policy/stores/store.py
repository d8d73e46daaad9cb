"""What a store is, whatever keeps it.

A store holds one set of entries a name (of a policy); a new set is filled beside it, block by block, and then put in
its place in one step: a reader sees the old set or the new one, never a mixture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

LONGEST_KEY = 255  # characters

_NO_KEY = re.compile("[\\0\ud800-\udfff]").search


class Entry(NamedTuple):
    """What is kept for a key: `value` is JSON, `at` its time in seconds since 1970, `version` that of its set."""

    value: bytes
    at: float
    version: str


class Current(NamedTuple):
    """The set that readers see: its version, how many entries it has, since when it is in place."""

    version: str
    entries: int
    at: float


class Fill(Protocol):
    """A set that is being filled. `done` are the blocks that it holds already: an interrupted fill goes on."""

    done: frozenset[int]

    def put(self, block: int, entries: Sequence[tuple[str, bytes]], at: float) -> None:
        """Add a block of (key, value) as a whole, `at` seconds since 1970. Raises StoreError."""

    def finish(self, at: float) -> Current:
        """Put the set in the place of the former one, which is removed. Raises StoreError."""


class Store(Protocol):
    """A place for sets of entries. Every method raises StoreError where the place cannot be reached."""

    def get(self, name: str, key: str) -> Entry | None:
        """The entry of a key in the set that is in place; None if there is none."""

    def many(self, name: str, keys: Sequence[str]) -> Mapping[str, Entry]:
        """The entries of those keys that have one, all in one set."""

    def current(self, name: str) -> Current | None:
        """The set that is in place; None if there is none."""

    def begin(self, name: str, version: str, job: str = "") -> Fill:
        """Start a set of this version, or go on with one of the same version and job that was not finished.

        job: what the blocks are made of, so that nobody goes on with blocks of something else.
        """

    def close(self) -> None:
        """Let go of connections."""


def key_of(value: object) -> str | None:
    """The key of a value; None for what can be none. A number and its text are one.

    No key holds a zero byte, which PostgreSQL has in no text, nor half of a surrogate pair, which UTF-8 has not.
    """
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if 0 < len(text) <= LONGEST_KEY and not _NO_KEY(text) else None
