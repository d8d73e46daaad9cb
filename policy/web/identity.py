"""Decision ids: unique and ordered by time, or fixed by the caller's idempotency key."""

from __future__ import annotations

import re
import uuid
from functools import lru_cache

_KEY = re.compile(r"[!-~]([ -~]{0,253}[!-~])?").fullmatch  # printable ASCII, up to 255 characters
_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62


def new_id(at: int, entropy: bytes) -> str:
    """A UUID of version 7 (RFC 9562): `at`, in nanoseconds since 1970, and 10 random bytes."""
    chance = int.from_bytes(entropy, "big")
    bits = ((at // 1_000_000) & 0xFFFF_FFFF_FFFF) << 80 | _VERSION_7 | _VARIANT
    bits |= (chance >> 62 & 0xFFF) << 64 | chance & 0x3FFF_FFFF_FFFF_FFFF
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def keyed_id(policy: str, key: str) -> str:
    """The UUID of version 5 of the key, in the namespace of the policy: a caller can compute it too.

    The namespace is uuid5(NAMESPACE_URL, "scoregate:" + policy).
    """
    return str(uuid.uuid5(_namespace(policy), key))


def key_problem(key: str) -> str | None:
    """What is wrong with an Idempotency-Key; None if it can be used."""
    return None if _KEY(key) else "Idempotency-Key must be 1 to 255 printable ASCII characters"


@lru_cache(1024)
def _namespace(policy: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"scoregate:{policy}")
