"""Where compiled kernels are kept between processes: a directory that only this user can write.

The first that can be used of: NUMBA_CACHE_DIR, $XDG_CACHE_HOME or ~/.cache, the directory of temporary files.
Compiled code is run when it is read back, so a directory that another user owns or can write is passed over.
Without any, the kernels are compiled anew by each process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numba

from scorer.caches import private

SOURCES = (
    "bounds.py",
    "choice.py",
    "columns.py",
    "compiled.py",
    "compiled_topk.py",
    "compiled_vocabulary.py",
    "compiling.py",
    "lanes.py",
    "reading.py",
    "sketches.py",
    "tables.py",
    "words.py",
)  # numba itself looks at the age of the first only


@cache
def directory() -> Path | None:
    """Return a directory of ours for these sources, made if need be; None if none can be written."""
    sources = b"".join((Path(__file__).parent / name).read_bytes() for name in SOURCES)
    digest = hashlib.sha256(sources).hexdigest()[:16]
    return private(f"numba-{digest}", str(numba.config.CACHE_DIR or ""))


@contextmanager
def kept() -> Iterator[bool]:
    """Point numba to our directory for functions that are declared meanwhile; yields whether there is one."""
    before, ours = numba.config.CACHE_DIR, directory()
    if ours is not None:
        numba.config.CACHE_DIR = str(ours)
    try:
        yield ours is not None
    finally:
        numba.config.CACHE_DIR = before
