"""The writer of the decision log: a segment per process, one write per record, before the answer leaves."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Literal
from weakref import WeakSet

from policy.errors import LogError
from policy.log.segment import Segment

Sync = Literal["none", "each"]

MAX_BYTES = 256 * 2**20
MAX_AGE = 3600.0

_LOOK = 1.0  # seconds between looks at whether the file is still there
_NEVER = float("inf")


class LogWriter:
    """Appends lines to segments in a folder; one object serves all threads of a process and survives forks.

    A line that `append` has taken is in the kernel's hands: a killed process loses none. With sync="each"
    it is on the disk (fdatasync): a power cut loses none. A new segment starts after `max_bytes` or
    `max_age` seconds, in a forked child, and where somebody removed or cut the file.
    """

    def __init__(
        self,
        directory: str | Path,
        *,
        sync: Sync = "none",
        max_bytes: int = MAX_BYTES,
        max_age: float = MAX_AGE,
    ) -> None:
        self.directory = Path(directory)
        self.written = 0
        self.failed = 0
        self.error: str | None = None  # why the last append failed; None once one has succeeded
        self._durable = sync == "each"
        self._max_bytes, self._max_age = max_bytes, max_age
        self._lock = threading.Lock()
        self._segment: Segment | None = None
        self._end = self._next_look = -_NEVER
        _WRITERS.add(self)

    def open(self) -> None:
        """Start a segment now: a folder that cannot be written is found at start-up. Raises LogError."""
        with self._lock:
            if self._segment is None:
                try:
                    self._start()
                except OSError as error:
                    raise self._failure(error) from error

    def append(self, line: bytes) -> None:
        """Add a line, which ends with its only line feed. Raises LogError: the log holds nothing of it."""
        with self._lock:
            try:
                segment = self._segment
                if (
                    segment is None
                    or segment.broken
                    or time.monotonic() >= self._next_look
                    or segment.size + len(line) > self._max_bytes
                ):
                    segment = self._current(len(line))
                segment.append(line, durable=self._durable)
            except OSError as error:
                raise self._failure(error) from error
            self.written += 1
            self.error = None

    def close(self) -> None:
        """Close the segment; the next append starts another."""
        with self._lock:
            self._drop()

    def _current(self, more: int) -> Segment:
        """The segment that the next line goes to, where it may be another than that of the last."""
        segment, now = self._segment, time.monotonic()
        if segment is not None and now >= self._next_look:
            self._next_look = min(now + _LOOK, self._end)
            segment.broken = segment.broken or not segment.is_intact()
        if (
            segment is None
            or segment.broken
            or now >= self._end
            or (segment.size and self._is_full(segment, more))
        ):
            return self._start()
        return segment

    def _is_full(self, segment: Segment, more: int) -> bool:
        return segment.size + more > self._max_bytes

    def _start(self) -> Segment:
        self._drop()
        self._segment = Segment.create(self.directory, durable=self._durable)
        now = time.monotonic()
        self._end = now + self._max_age
        self._next_look = min(now + _LOOK, self._end)
        return self._segment

    def _drop(self) -> None:
        segment, self._segment = self._segment, None
        if segment is not None:
            segment.close()

    def _failure(self, error: OSError) -> LogError:
        self.failed += 1
        self.error = f"{self.directory}: {error.strerror or error}"
        return LogError(f"the decision log cannot be written: {self.error}")

    def forked(self) -> None:
        """In a forked child: the segment is the parent's, for two writers could not repair one file."""
        self._lock = threading.Lock()
        segment, self._segment = self._segment, None
        if segment is not None:
            segment.forget()


_WRITERS: WeakSet[LogWriter] = WeakSet()


def _in_child() -> None:
    for writer in list(_WRITERS):
        writer.forked()


os.register_at_fork(after_in_child=_in_child)
