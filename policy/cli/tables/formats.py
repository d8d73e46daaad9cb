"""The formats of tables: by the end of a file's name, or as the user says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from policy.cli.tables.errors import TableError

FORMATS = ("parquet", "arrow", "arrows", "csv", "tsv", "jsonl")
"""arrow: the Arrow IPC file format (Feather 2); arrows: the Arrow IPC stream."""

STANDARD = "-"

_BY_SUFFIX = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".arrows": "arrows",
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_COMPRESSED = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
_TEXT = ("csv", "tsv", "jsonl")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table is. name: a path, or "-"; compression: of a text format's bytes, None if plain."""

    name: str
    format: str
    compression: str | None = None

    @property
    def is_standard(self) -> bool:
        """Whether this is standard input or output."""
        return self.name == STANDARD


def place(name: str, given: str | None, option: str, *, standard: str = "jsonl") -> Place:
    """The place of a table. given: the format that the user names with `option`; standard: what "-" holds.

    Raises TableError if the format cannot be told.
    """
    if name == STANDARD:
        return Place(name, given or standard)
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    compression = _COMPRESSED.get(suffixes[-1]) if suffixes else None
    if compression is not None:
        suffixes.pop()
    format_ = given or (_BY_SUFFIX.get(suffixes[-1]) if suffixes else None)
    if format_ is None:
        ends = ", ".join(_BY_SUFFIX)
        raise TableError(f"{name}: the format cannot be told from the name ({ends}); say it with {option}")
    if compression is not None and format_ not in _TEXT:
        raise TableError(f"{name}: {format_} compresses by itself; decompress the file first")
    return Place(name, format_, compression)
