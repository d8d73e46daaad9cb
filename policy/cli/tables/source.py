"""What every reader gives: chunks of bounded size, which know the place of each of their rows."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from policy.cli.tables.errors import TableError
from policy.cli.tables.formats import Place

ROWS = 65_536  # of a chunk, at most
BLOCK = 4 * 2**20  # bytes of text that are read at a time


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a table. start: rows before them; where: the place of a row, from 0 in the chunk."""

    table: pa.Table
    start: int
    where: Callable[[int], str]


@dataclass(slots=True)
class Source:
    """A table being read. chunks: at least one, perhaps empty; total, done: for progress, in one unit."""

    name: str
    chunks: Iterator[Chunk]
    total: int | None
    done: Callable[[], int]


@dataclass(slots=True)
class Input:
    """An open file. stream: its bytes, decompressed; raw: the file itself."""

    name: str
    stream: Any
    raw: BinaryIO
    size: int | None

    @property
    def is_file(self) -> bool:
        """Whether the bytes can be read a second time."""
        return self.size is not None


@contextlib.contextmanager
def opened(place: Place, *, seekable: bool = False) -> Iterator[Input]:
    """Open a file or standard input. seekable: copy what cannot be sought in to a temporary file first."""
    name = "standard input" if place.is_standard else place.name
    with contextlib.ExitStack() as stack:
        if place.is_standard:
            raw: Any = sys.stdin.buffer
            size = None
        else:
            raw = stack.enter_context(Path(place.name).open("rb", buffering=0))
            size = raw.seek(0, 2) if raw.seekable() else None
            raw.seek(0) if size is not None else None
        if seekable and size is None:
            raw, size = _copied(raw, stack.enter_context(tempfile.TemporaryFile()))
        stream = raw
        if place.compression is not None:
            stream = stack.enter_context(pa.CompressedInputStream(pa.PythonFile(raw), place.compression))
        yield Input(name, stream, raw, size)


def _copied(raw: Any, copy: Any) -> tuple[Any, int]:
    shutil.copyfileobj(raw, copy, BLOCK)
    size = copy.tell()
    copy.seek(0)
    return copy, size


def sliced(table: pa.Table, start: int, where: Callable[[int], str]) -> Iterator[Chunk]:
    """Chunks of a table that may be larger than a chunk; at least one."""
    for first in range(0, max(table.num_rows, 1), ROWS):
        yield Chunk(table.slice(first, ROWS), start + first, shifted(where, first))


def shifted(where: Callable[[int], str], by: int) -> Callable[[int], str]:
    """The places of a chunk's rows from one of them on."""
    return where if by == 0 else lambda row: where(row + by)


def by_row(name: str, start: int) -> Callable[[int], str]:
    """Places of rows in a file that has no lines."""
    return lambda row: f"{name}: row {start + row + 1}"


@contextlib.contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn what the operating system and Arrow say into a TableError that names the file."""
    try:
        yield
    except BrokenPipeError:  # whoever read our output has gone: no news
        raise
    except pa.ArrowException as error:
        raise TableError(f"{name}: {error}") from error
    except OSError as error:
        raise TableError(f"{name}: {error.strerror or error}") from error
