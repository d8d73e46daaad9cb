"""Whether a folder takes what is written to it: asked of the disk, not of what happened last."""

from __future__ import annotations

import tempfile
from pathlib import Path

_BYTES = b"\0" * 4_096  # as much as any file takes at least


def fault(directory: Path) -> str | None:
    """Why nothing can be written to the folder, which is made if need be; None if it can."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o750)
        with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
            return None if file.write(_BYTES) == len(_BYTES) else "no space is left"
    except OSError as error:
        return error.strerror or str(error)
