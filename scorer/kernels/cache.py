"""Where compiled kernels are kept between processes: a directory that only this user can write.

The first that can be used of: NUMBA_CACHE_DIR, $XDG_CACHE_HOME or ~/.cache, the directory of temporary files.
Compiled code is run when it is read back, so a directory that another user owns or can write is passed over.
Without any, the kernels are compiled anew by each process.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numba

SOURCES = ("compiled.py", "tables.py")  # numba itself looks at the age of the first only


@cache
def directory() -> Path | None:
    """Return a directory of ours for these sources, made if need be; None if none can be written."""
    sources = b"".join((Path(__file__).parent / name).read_bytes() for name in SOURCES)
    digest = hashlib.sha256(sources).hexdigest()[:16]
    for parent in _candidates():
        path = parent / f"numba-{digest}"
        try:
            for folder in (parent, path):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _refuse_shared(folder)
            with tempfile.TemporaryFile(dir=path):
                return path
        except (OSError, RuntimeError):
            continue
    return None


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


def _candidates() -> Iterator[Path]:
    if numba.config.CACHE_DIR:
        yield Path(numba.config.CACHE_DIR) / "scoregate"
    if os.environ.get("XDG_CACHE_HOME", "").startswith("/"):
        yield Path(os.environ["XDG_CACHE_HOME"]) / "scoregate"
    else:
        yield Path.home() / ".cache" / "scoregate"
    yield Path(tempfile.gettempdir()) / f"scoregate-{os.getuid()}"


def _refuse_shared(path: Path) -> None:
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(f"{path} can be written by others")
