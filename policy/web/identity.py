"""Decision ids: unique and ordered by time, or fixed by the caller's idempotency key."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from functools import lru_cache

ENTROPY = 10  # random bytes in an id

_KEY = re.compile(r"[!-~]([ -~]{0,253}[!-~])?").fullmatch  # printable ASCII, up to 255 characters
_VARIANT = {digit: "89ab"[number & 3] for number, digit in enumerate("0123456789abcdef")}
_POOL = 400  # ids for which random bytes are fetched at once


def new_id(at: int, entropy: bytes) -> str:
    """A UUID of version 7 (RFC 9562): `at`, in nanoseconds since 1970, and 10 random bytes."""
    chance = entropy.hex()
    return f"{_time(at // 1_000_000)}-7{chance[:3]}-{_VARIANT[chance[3]]}{chance[4:7]}-{chance[7:19]}"


def keyed_id(policy: str, key: str) -> str:
    """The UUID of version 5 of the key, in the namespace of the policy: a caller can compute it too.

    The namespace is uuid5(NAMESPACE_URL, "scoregate:" + policy).
    """
    return str(uuid.uuid5(_namespace(policy), key))


def key_problem(key: str) -> str | None:
    """What is wrong with an Idempotency-Key; None if it can be used."""
    return None if _KEY(key) else "Idempotency-Key must be 1 to 255 printable ASCII characters"


class Entropy:
    """Random bytes for ids from the system, fetched for many at once.

    Threads never get the same bytes (`next` of an iterator is one step), nor do forks.
    """

    def __init__(self) -> None:
        self._parts: Iterator[bytes] = iter(())
        os.register_at_fork(after_in_child=self._forget)

    def __call__(self) -> bytes:
        """Ten random bytes."""
        part = next(self._parts, None)
        return self._more() if part is None else part

    def _more(self) -> bytes:
        pool = os.urandom(ENTROPY * (_POOL + 1))
        parts = [pool[start : start + ENTROPY] for start in range(0, len(pool), ENTROPY)]
        self._parts = iter(parts[1:])
        return parts[0]

    def _forget(self) -> None:
        self._parts = iter(())


@lru_cache(4)
def _time(milliseconds: int) -> str:
    """How all ids of a millisecond begin."""
    digits = f"{milliseconds:012x}"
    return f"{digits[:8]}-{digits[8:]}"


@lru_cache(1024)
def _namespace(policy: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"scoregate:{policy}")
