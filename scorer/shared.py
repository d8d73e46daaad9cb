"""Large arrays once in memory, for all processes of this user that load the same model.

An array from SHARED bytes on is written to a file of the cache directory, named by a hash of its content, and mapped
read-only in its place: its pages are the system's, which all workers share, however they were started. A file that
is there already is used if it holds the same bytes. Without a folder, or with a full disk, the array stays as it is.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from scorer.caches import private

A = TypeVar("A", bound=np.generic)

SHARED = 4 << 20  # bytes; less is not worth a file
_BLOCK = 1 << 20  # bytes that are compared at a time
UNUSED = 30 * 86400  # seconds; then a file is removed when another is written


def shared(array: npt.NDArray[A]) -> npt.NDArray[A]:
    """Return the array, read-only: mapped from a file that other processes share, if it is large."""
    array = np.ascontiguousarray(array)
    mapped = _mapped(array) if array.nbytes >= SHARED else None
    kept = array if mapped is None else mapped
    kept.flags.writeable = False
    return kept


def _mapped(array: npt.NDArray[A]) -> npt.NDArray[A] | None:
    folder = private("arrays")
    if folder is None:
        return None
    content = array.data.cast("B")
    path = folder / f"{hashlib.sha256(content).hexdigest()[:32]}.bin"
    for attempt in (_same, _written):
        with suppress(OSError, ValueError):
            held = attempt(path, content)
            if held is not None:
                return np.frombuffer(held, dtype=array.dtype).reshape(array.shape)
    return None


def _same(path: Path, content: memoryview) -> mmap.mmap | None:
    """Map the file if it holds this content; note that it is still of use."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size != len(content):
            return None
        held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    fresh = np.frombuffer(content, np.uint8)
    for start in range(0, len(content), _BLOCK):
        if not np.array_equal(
            np.frombuffer(held, np.uint8)[start : start + _BLOCK], fresh[start : start + _BLOCK]
        ):
            return None
    os.utime(path)
    return held


def _written(path: Path, content: memoryview) -> mmap.mmap | None:
    """Write the file, as a whole or not at all, and map it."""
    _remove_unused(path.parent)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return _same(path, content)


def _remove_unused(folder: Path) -> None:
    """Remove what no process has mapped for long; who has it mapped still keeps it."""
    for path in folder.iterdir():
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - UNUSED:
                path.unlink()
