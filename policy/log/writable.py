"""Whether a folder takes what is written to it: asked of the disk, not of what happened last, but not too often."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_BYTES = b"\0" * 4_096  # as much as any file takes at least


@dataclass(slots=True)
class Rarely:
    """The answer to a question that makes the disk work: asked once in `seconds` at most, and shared by all who ask.

    While one thread waits for the disk, the others get the last answer.
    """

    ask: Callable[[], str | None]
    seconds: float = 1.0
    clock: Callable[[], float] = time.monotonic
    _until: float | None = field(default=None, init=False)
    _answer: str | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __call__(self) -> str | None:
        """The answer, at most `seconds` old."""
        if self._is_old() and self._lock.acquire(blocking=self._until is None):
            try:
                if self._is_old():
                    self._answer = self.ask()
                    self._until = self.clock() + self.seconds
            finally:
                self._lock.release()
        return self._answer

    def _is_old(self) -> bool:
        return self._until is None or self.clock() >= self._until


def fault(directory: Path) -> str | None:
    """Why nothing can be written to the folder, which is made if need be; None if it can."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o750)
        with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
            return None if file.write(_BYTES) == len(_BYTES) else "no space is left"
    except OSError as error:
        return error.strerror or str(error)
