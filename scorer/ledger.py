"""What was read of a model: the hash that is its version, and how much it claims without storing it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from scorer.errors import SavedError

MAX_STAGES = 20_000
MAX_CLAIMS = 1 << 28  # bytes that a model may need beyond what it stores, for zeros and unnamed slots
PER_BYTE = 100  # bytes of them that each byte that is stored pays for
HASHED, BLOCK = 10_000, 1 << 18  # texts, numbers that are hashed at a time


class Ledger:
    """Remembers the content that was read, so that a model's version is a hash of what it decides by."""

    def __init__(self) -> None:
        self._digests: dict[str, bytes] = {}
        self._claimed = 0

    def claim(self, size: int, stored: int = 0) -> None:
        """Count bytes that a model needs for what it only claims; raises ValueError if they are too many."""
        self._claimed += max(0, size - PER_BYTE * stored)
        if self._claimed > MAX_CLAIMS:
            raise ValueError(
                f"claims {size} bytes and stores {stored}, more than a model of its size may hold"
            )

    def note(self, key: str, content: bytes) -> None:
        """Remember the content under its place in the model; raises SavedError for too many stages."""
        if len(self._digests) > MAX_STAGES:
            raise SavedError(key, f"the model holds more than {MAX_STAGES} stages and tables")
        self._digests[key] = content

    def version(self) -> str:
        """Return `sha256:…` over all that was read, whatever the order of reading."""
        total = hashlib.sha256()
        for key in sorted(self._digests):
            total.update(key.encode() + b"\0" + self._digests[key])
        return "sha256:" + total.hexdigest()


def digest(table: pa.Table) -> bytes:
    """Hash a table's values, whatever its chunks, its nullability and the version of Parquet it came from."""
    total = hashlib.sha256()
    for name in table.column_names:
        total.update(name.encode() + b"\0")
        column = table.column(name)
        _hash(column.chunks or [pa.array([], column.type)], total)
    return total.digest()


def _hash(chunks: list[pa.Array], total: Any) -> None:
    """Hash a column that lies in chunks as if it lay in one: no chunks are joined, for that takes them twice."""
    kind = chunks[0].type
    nulls = sum(chunk.null_count for chunk in chunks)
    total.update(f"{sum(map(len, chunks))}:{nulls};".encode())
    if nulls:
        where = [chunk.is_null().to_numpy(zero_copy_only=False) for chunk in chunks]
        total.update(np.packbits(np.concatenate(where)).tobytes())
    if pa.types.is_struct(kind):
        for fields in zip(*(chunk.flatten() for chunk in chunks), strict=True):
            _hash(list(fields), total)  # null where the struct is, whatever lies under it
    elif pa.types.is_map(kind):
        pairs = pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)]))
        _hash([chunk.cast(pairs) for chunk in chunks], total)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        for chunk in chunks:
            lengths = _filled(chunk.value_lengths()).to_numpy(zero_copy_only=False)
            total.update(lengths.astype("<i8").tobytes())
        _hash([chunk.flatten() for chunk in chunks], total)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        first = True
        for part in _parts(chunks, HASHED):  # few texts at a time, since Python's take ten times their bytes
            texts = "\x1f".join(map(repr, part.to_pylist()))
            total.update(("\x1f" * (not first) + texts).encode())
            first = False
    else:
        for part in _parts(chunks, BLOCK):
            total.update(_bytes(part))


def _parts(chunks: list[pa.Array], size: int) -> Iterator[pa.Array]:
    """Cut chunks into parts of at most so many values; none is empty."""
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            yield chunk.slice(start, size)


def _bytes(array: pa.Array) -> bytes:
    """Return numbers as doubles or longs; a null is zero, and a NaN one NaN, whatever its sign and payload."""
    numbers = _filled(array).to_numpy(zero_copy_only=False)
    if numbers.dtype.kind == "f" and (nans := np.isnan(numbers)).any():
        numbers = np.where(nans, np.nan, numbers)
    return bytes(numbers.astype("<f8" if numbers.dtype.kind == "f" else "<i8"))


def _filled(array: pa.Array) -> pa.Array:
    """Return an array with zeros for nulls. An Arrow scalar, since for a Python number pyarrow imports pandas."""
    return array.fill_null(pa.scalar(0).cast(array.type)) if array.null_count else array
