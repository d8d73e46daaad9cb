"""Folders for what can be made again: in this user's cache directory, where nobody else can write.

$XDG_CACHE_HOME or ~/.cache, or else the directory of temporary files. What is kept there is trusted when it is read
back, so a folder that another user owns or can write is passed over.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path


def private(name: str, first: str = "") -> Path | None:
    """Return a folder of this name, made if need be; None if none can be written. `first`: where to try first."""
    for parent in _candidates(first):
        path = parent / name
        try:
            for folder in (parent, path):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _refuse_shared(folder)
            with tempfile.TemporaryFile(dir=path):
                return path
        except (OSError, RuntimeError):
            continue
    return None


def _candidates(first: str) -> Iterator[Path]:
    if first:
        yield Path(first) / "scoregate"
    if os.environ.get("XDG_CACHE_HOME", "").startswith("/"):
        yield Path(os.environ["XDG_CACHE_HOME"]) / "scoregate"
    else:
        yield Path.home() / ".cache" / "scoregate"
    yield Path(tempfile.gettempdir()) / f"scoregate-{os.getuid()}"


def _refuse_shared(path: Path) -> None:
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(f"{path} can be written by others")
