"""Memory that reading a large model leaves with the allocators, given back to the system."""

from __future__ import annotations

import ctypes
import sys

import pyarrow as pa

LARGE = 16 << 20  # bytes of a model's files; less is not worth the time


def give_back(read: int) -> None:
    """Give back what is free, if so many bytes were read that it may be much.

    Arrow's pool keeps pages for the next table. The C library keeps what was freed between what is still held; for
    glibc, `malloc_trim` returns it.
    """
    if read < LARGE:
        return
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
