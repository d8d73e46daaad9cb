"""Columns of large tables, which lie in chunks, as arrays: a chunk is let go as soon as it is copied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

N = TypeVar("N", bound=np.generic)


def taken(chunks: list[pa.Array], kind: type[N]) -> Iterator[npt.NDArray[N]]:
    """Give the numbers of each chunk, and take the chunk out of the list: its memory is free for the next one."""
    many = len(chunks) > 1
    chunks.reverse()
    while chunks:
        yield np.asarray(chunks.pop().to_numpy(zero_copy_only=False), dtype=kind)
    if many:
        pa.default_memory_pool().release_unused()


def joined(chunks: list[pa.Array], kind: type[N]) -> npt.NDArray[N]:
    """Return the numbers of all chunks, one after the other; the list is empty then."""
    out = np.empty(sum(map(len, chunks)), dtype=kind)
    start = 0
    for part in taken(chunks, kind):
        out[start : start + len(part)] = part
        start += len(part)
    return out
