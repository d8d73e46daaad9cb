"""One file of the decision log, written by one process: `decisions-<UTC time>-<pid>-<random>.jsonl`.

A segment is appended to and never renamed or rewritten. While its writer lives it holds a lock (flock) on
the file: `is_live` asks the kernel, so that a killed writer's segments are known to be finished.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PREFIX, SUFFIX = "decisions-", ".jsonl"

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_NO_SPACE = frozenset((errno.ENOSPC, errno.EDQUOT))


@dataclass(slots=True)
class Segment:
    """An open segment. size: bytes of whole lines; broken: nothing more may be written to it."""

    path: Path
    file: int
    size: int = 0
    broken: bool = False

    @classmethod
    def create(cls, directory: Path, *, durable: bool = False) -> Self:
        """A new segment (mode 0640) in the folder, which is made if need be. Raises OSError."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o750)
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        path = directory / f"{PREFIX}{stamp}-{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
        file = os.open(path, _FLAGS, 0o640)
        with suppress(OSError):  # a file system without locks: its segments never count as live
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if durable:
            _sync_directory(directory)
        return cls(path, file)

    def append(self, line: bytes, *, durable: bool = False) -> None:
        """Write the whole line, or raise OSError and leave the segment as it was."""
        try:
            if (written := os.write(self.file, line)) < len(line):
                _write_rest(self.file, line[written:])
            if durable:
                os.fdatasync(self.file)
        except OSError as error:
            # After a failed sync nobody knows what the disk holds; a lack of space does no harm.
            self.broken = error.errno not in _NO_SPACE
            self._cut()
            raise
        self.size += len(line)

    def _cut(self) -> None:
        """Cut off what is not a whole line; never lengthen a file that somebody else has cut."""
        try:
            if os.fstat(self.file).st_size > self.size:
                os.ftruncate(self.file, self.size)
        except OSError:
            self.broken = True

    def is_intact(self) -> bool:
        """Whether the file still has its name, and nobody has cut it."""
        try:
            state = os.fstat(self.file)
        except OSError:
            return False
        return state.st_nlink > 0 and state.st_size == self.size

    def close(self) -> None:
        """Close the file, and remove it if it is empty."""
        if self.size == 0:
            with suppress(OSError):
                self.path.unlink()
        self.forget()

    def forget(self) -> None:
        """Close this process's hold of the file and nothing else: in a fork it is the parent's."""
        with suppress(OSError):
            os.close(self.file)


def is_live(path: Path) -> bool:
    """Whether a process still holds the segment open for writing. Raises FileNotFoundError."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(file)
    return False


def _write_rest(file: int, rest: bytes) -> None:
    """After a short write: the next one names the reason, be it no space, a quota or a limit."""
    while rest:
        written = os.write(file, rest)
        if written == 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rest = rest[written:]


def _sync_directory(directory: Path) -> None:
    file = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
