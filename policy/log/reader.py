"""Reading the decision log: every record whose checksum fits, and every damage with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from policy.errors import LogError
from policy.log.rankings import MARK, RankingRecord, decode_ranking
from policy.log.record import Record, decode
from policy.log.segment import PREFIX, SUFFIX, is_live

MAX_LINE = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Damage:
    """A line that is no record. line: from 1; offset: of its first byte; torn: it has no line feed."""

    path: Path
    line: int
    offset: int
    reason: str
    torn: bool

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


def segments(directory: str | Path) -> list[Path]:
    """The segments of a log, oldest first. Raises LogError if there is no such folder."""
    try:
        return sorted(path for path in Path(directory).iterdir() if _is_segment(path.name))
    except OSError as error:
        raise LogError(f"the decision log cannot be read: {directory}: {error.strerror}") from error


def read(place: str | Path, damaged: Callable[[Damage], None]) -> Iterator[Record]:
    """The decisions of a log's folder, or of one segment, in the order of each segment; see `read_rankings`.

    damaged: told of every line that is no record. A torn last line is what a killed or cut-off writer
    leaves, and was never acknowledged; while the writer lives, it is a line not yet finished, and no
    damage. Raises LogError.
    """
    return (record for record in _read(Path(place), damaged) if isinstance(record, Record))


def read_rankings(place: str | Path, damaged: Callable[[Damage], None]) -> Iterator[RankingRecord]:
    """The rankings of a log's folder, or of one segment; as `read`."""
    return (record for record in _read(Path(place), damaged) if isinstance(record, RankingRecord))


def _read(place: Path, damaged: Callable[[Damage], None]) -> Iterator[Record | RankingRecord]:
    for path in segments(place) if place.is_dir() else [place]:
        try:
            with path.open("rb") as file:
                yield from _records(path, file, damaged)
        except OSError as error:
            raise LogError(f"the decision log cannot be read: {path}: {error.strerror}") from error


def _records(
    path: Path, file: BinaryIO, damaged: Callable[[Damage], None]
) -> Iterator[Record | RankingRecord]:
    offset = 0
    for number, (line, length) in enumerate(_lines(file), 1):
        torn = not line.endswith(b"\n")
        try:
            yield decode_ranking(line) if line.startswith(MARK) else decode(line)
        except LogError as error:
            if not (torn and is_live(path)):
                damaged(Damage(path, number, offset, str(error), torn))
        offset += length


def _lines(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Lines and their lengths; of a line that is longer than any record, the first and last bytes."""
    while line := file.readline(MAX_LINE):
        length = len(line)
        while len(line) == MAX_LINE and not line.endswith(b"\n") and (more := file.readline(MAX_LINE)):
            length += len(more)
            line = line[: MAX_LINE - 1] + more[-1:] if more.endswith(b"\n") else line
        yield line, length


def _is_segment(name: str) -> bool:
    return name.startswith(PREFIX) and name.endswith(SUFFIX)
