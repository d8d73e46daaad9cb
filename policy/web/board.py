"""Counts of several processes: each writes its own file, and whoever reads adds them up.

A count stands in memory that is shared with the file, so that a killed process loses none. The process that comes in
its place takes the file over: there are never more files than there were processes at once, and no sum ever falls.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

import structlog

from policy.log import is_live

CAPACITY = 8_192  # different counts of one process; what comes later is only counted as lost
SUFFIX = ".counts"
LOST = ("lost",)

_PROCESS = ("process",)  # its slot holds the number of the process that writes the file
_BYTES = 8 * CAPACITY
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW

log = structlog.get_logger("scoregate.metrics")

Name = tuple[str, ...]  # what is counted, and the values of its labels


class Board:
    """The counts of this process, each in a slot; one object serves all threads.

    directory: where all processes of a service keep theirs; None for a process that is alone. A file holds CAPACITY
    numbers of 8 bytes, and after them the names of those in use, a line of JSON each. values: the numbers, by slot;
    who changes them holds the lock.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self.open()

    def open(self) -> None:
        """Start to count, in a forked child too: the file and the counts so far are the parent's."""
        self.lock = threading.Lock()
        self._slots: dict[Name, int] = {}
        self._file: int | None = None
        self._torn = False
        path: Path | None = None
        try:
            if self._directory is not None:
                path, self._file = _take(self._directory)
                self._slots = {name: place for place, name in enumerate(_cut(self._file))}
        except OSError as error:
            log.warning("counts are of this process alone", reason=error.strerror or str(error))
            self._directory = path = None
            self._slots.clear()
            self.close()
        self.values = memoryview(_memory(path)).cast("Q")
        self.slot(*LOST)  # the first of every file
        self.values[self.slot(*_PROCESS)] = os.getpid()

    def close(self) -> None:
        """Leave the file to another process."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None

    def slot(self, *name: str) -> int:
        """The slot of a name, which is given one if it has none and there is room; else that of LOST, the first."""
        known = self._slots.get(name)
        if known is not None:
            return known
        with self.lock:
            if name not in self._slots:
                if len(self._slots) >= CAPACITY or not self._write(name):
                    return 0
                self._slots[name] = len(self._slots)
            return self._slots[name]

    def add(self, slot: int, amount: int = 1) -> None:
        """Count."""
        with self.lock:
            self.values[slot] += amount

    def total(self) -> Counter[Name]:
        """The counts of all processes, the dead ones too."""
        found: Counter[Name] = Counter()
        for names, values in self._boards():
            for name, value in zip(names, values, strict=False):
                found[name] += value
        found.pop(_PROCESS, None)
        return found

    def processes(self) -> dict[int, int]:
        """The processes that count here now, by the number of their file: a successor has that of the dead."""
        if self._directory is None:
            return {0: os.getpid()}
        found = {}
        for path in self._directory.glob(f"*{SUFFIX}"):
            if is_live(path):
                names, values = _parts(path.read_bytes())
                found[int(path.stem)] = values[names.index(_PROCESS)] if _PROCESS in names else 0
        return dict(sorted(found.items()))

    def _boards(self) -> Iterator[tuple[Sequence[Name], Sequence[int]]]:
        if self._directory is None:
            yield list(self._slots), self.values.tolist()
            return
        for path in self._directory.glob(f"*{SUFFIX}"):
            yield _parts(path.read_bytes())

    def _write(self, name: Name) -> bool:
        """Whether the name stands in the file; after half a name no other may follow."""
        if self._file is None:
            return True
        line = json.dumps(name).encode() + b"\n"
        try:
            written = 0 if self._torn else os.write(self._file, line)
        except OSError:
            return False
        self._torn = self._torn or written < len(line)
        return not self._torn


def _take(directory: Path) -> tuple[Path, int]:
    """The first file that no living process writes, locked; a new one if there is none. Raises OSError."""
    for number in count():
        path = directory / f"{number}{SUFFIX}"
        file = os.open(path, _FLAGS, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        except OSError:
            os.close(file)
            raise
        return path, file
    raise AssertionError("numbers do not end")


def _memory(path: Path | None) -> mmap.mmap:
    """Memory that is the file's, or of this process alone."""
    if path is None:
        return mmap.mmap(-1, _BYTES)
    with path.open(
        "r+b"
    ) as file:  # opened again, for a mapping keeps what it is made of open, and so the lock
        return mmap.mmap(file.fileno(), _BYTES)


def _cut(file: int) -> list[Name]:
    """The names that a file holds, which is cut after the last whole one. Raises OSError if there is no room for it."""
    os.posix_fallocate(file, 0, _BYTES)  # memory that a full disk cannot hold would end the process
    whole = os.pread(file, os.fstat(file).st_size, 0)
    os.ftruncate(file, max(_BYTES, whole.rfind(b"\n", _BYTES) + 1))
    return _parts(whole)[0]


def _parts(whole: bytes) -> tuple[list[Name], list[int]]:
    """The names of a file, and the numbers in the same order; a file that was only just made has none."""
    names = [tuple(json.loads(line)) for line in whole[_BYTES:].split(b"\n")[:-1]]
    return names, memoryview(whole[:_BYTES].ljust(_BYTES, b"\0")).cast("Q").tolist()
