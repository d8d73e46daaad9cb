"""Spark's MurmurHash3 (x86, 32 bits, seed 42), today's and that of Spark 2.

Source: org.apache.spark.unsafe.hash.Murmur3_x86_32; `hashUnsafeBytes2` is the standard algorithm, which mmh3
computes; `hashUnsafeBytes` of Spark 2 mixes each byte of the tail as a word of its own, sign-extended.
"""

from __future__ import annotations

import struct
from typing import Any

import mmh3

SEED = 42
_WORD = 0xFFFFFFFF


def hashed(data: bytes, *, legacy: bool = False) -> int:
    """Return the signed 32-bit hash of bytes."""
    return _legacy(data) if legacy else mmh3.hash(data, SEED, signed=True)


def slot(data: bytes, size: int, *, legacy: bool = False) -> int:
    """Return the hash as a slot from 0 to size - 1 (Spark's nonNegativeMod)."""
    return hashed(data, legacy=legacy) % size


def bytes_of(term: Any, kind: str = "text") -> bytes | None:
    """Write a term that is no text as the bytes that Spark hashes; None for null, whose hash is the seed.

    `kind` is the column's: int, long, float or double; without it, an int is a long and a float a double.
    """
    if term is None:
        return None
    if isinstance(term, bool):
        return struct.pack("<i", int(term))
    if not isinstance(term, int | float):
        raise TypeError(f"a term is a text or a number, not {term!r}")
    if kind == "int":
        return struct.pack("<i", int(term))
    if kind == "long" or (kind == "text" and isinstance(term, int)):
        return struct.pack("<q", int(term))
    number = abs(float("nan")) if term != term else float(term)  # Java has one NaN
    return struct.pack("<f" if kind == "float" else "<d", number)


def _legacy(data: bytes) -> int:
    state = SEED
    whole = len(data) // 4 * 4
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        state = _mixed(state, word)
    for byte in data[whole:]:
        state = _mixed(state, byte - 256 if byte > 127 else byte)
    return _finished(state, len(data))


def _mixed(state: int, word: int) -> int:
    word = word * 0xCC9E2D51 & _WORD
    word = (word << 15 | word >> 17) & _WORD
    state ^= word * 0x1B873593 & _WORD
    state = (state << 13 | state >> 19) & _WORD
    return (state * 5 + 0xE6546B64) & _WORD


def _finished(state: int, length: int) -> int:
    state ^= length
    state = (state ^ state >> 16) * 0x85EBCA6B & _WORD
    state = (state ^ state >> 13) * 0xC2B2AE35 & _WORD
    state ^= state >> 16
    return state - (1 << 32) if state >> 31 else state
