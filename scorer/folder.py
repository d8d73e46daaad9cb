"""Spark's directories: the files below a folder that `pyarrow.fs` knows, on this machine or elsewhere.

Layout and history of the format: a stage is a folder with `metadata/part-*` (one line of JSON) and, if it
has fitted values, folders of Parquet; Spark 4.0 and later name the metadata part `part-00000-<uuid>-c000.txt`.
A folder is data from outside: nothing in it is executed, and no path may leave the root.
"""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs as pafs

from scorer.errors import SavedError

MAX_METADATA = 64 << 20  # bytes; stop words and labels of old saves stand in the metadata
MAX_TABLE_CELLS = 1 << 31
MAX_CELLS_PER_BYTE = 100  # of a large Parquet file: more is a bomb
_LARGE = 1 << 20  # bytes; below, threads cost more than they give
_LOCAL = "is in Spark Connect's local format; save the model with `model.save`"


def locate(location: str | os.PathLike[str]) -> tuple[Any, str, bool]:
    """Find a local path or a URI (`file`, `s3`, `gs`, `hdfs`, …): its file system, its path there, is it a folder.

    Raises SavedError where nothing stands.
    """
    text = os.fsdecode(location)
    try:
        if "://" in text:
            system, path = pafs.FileSystem.from_uri(text)
        else:
            system, path = pafs.LocalFileSystem(), os.path.realpath(text)
        found = system.get_file_info(path).type
    except (OSError, ValueError, pa.ArrowException) as e:
        raise SavedError(text, f"cannot be opened: {e}") from None
    if found == pafs.FileType.NotFound:
        raise SavedError(text, "no such file or folder")
    return system, path.rstrip("/"), found != pafs.FileType.File


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on some file system that `pyarrow.fs` knows; `root` is the model's own folder."""

    system: Any
    path: str
    root: str

    def child(self, name: str) -> Folder:
        """Name a folder below this one; it need not exist."""
        if name in ("", ".", "..") or "/" in name or "\\" in name or "\0" in name:
            raise SavedError(self.path, f"the name {name!r} would leave the model's folder")
        return replace(self, path=posixpath.join(self.path, name))

    def kind(self) -> str:
        """Tell what stands here: `folder`, `file` or `nothing`."""
        found = self.system.get_file_info(self.path).type
        return {pafs.FileType.Directory: "folder", pafs.FileType.File: "file"}.get(found, "nothing")

    def names(self) -> list[str]:
        """List the entries that Hadoop does not hide (hidden: a leading `_` or `.`), sorted."""
        try:
            infos = self.system.get_file_info(pafs.FileSelector(self.path))
        except (OSError, pa.ArrowException) as e:
            raise SavedError(self.path, f"cannot be listed: {e}") from None
        things = (pafs.FileType.File, pafs.FileType.Directory)  # no pipes, no devices
        names = (info.base_name for info in infos if info.type in things)
        return sorted(name for name in names if not name.startswith(("_", ".")))

    def parts(self, endings: tuple[str, ...] = ()) -> list[str]:
        """List the paths of the part files here."""
        found = [n for n in self.names() if n.startswith("part-") and (not endings or n.endswith(endings))]
        return [self._inside(posixpath.join(self.path, name)) for name in found]

    def _inside(self, path: str) -> str:
        if isinstance(self.system, pafs.LocalFileSystem):
            real = os.path.realpath(path)
            if real != self.root and not real.startswith(self.root + os.sep):
                raise SavedError(path, "is a link that leaves the model's folder")
        return path

    def metadata(self) -> str:
        """Read the JSON text of the stage that is saved here."""
        inner = self.child("metadata")
        if inner.kind() == "file":
            raise SavedError(inner.path, _LOCAL)
        if inner.kind() != "folder":
            raise SavedError(self.path, "is not a saved Spark model: it has no `metadata` folder")
        return inner.text()

    def text(self) -> str:
        """Read the first line of the part file that has content."""
        for path in self.parts():
            try:
                with self.system.open_input_stream(path, compression="detect") as stream:
                    raw = stream.read(MAX_METADATA + 1)
                if len(raw) > MAX_METADATA:
                    raise SavedError(path, f"the metadata is larger than {MAX_METADATA >> 20} MiB")
                line = str(raw, "utf-8").strip().partition("\n")[0]
            except (OSError, pa.ArrowException, UnicodeDecodeError) as e:
                raise SavedError(path, f"cannot be read: {e}") from None
            if line:
                return line
        raise SavedError(self.path, "holds no metadata: expected a file named part-* with one line of JSON")

    def table(self) -> pa.Table:
        """Read all Parquet parts here as one table (the order of rows means nothing in Spark's format)."""
        if self.kind() == "file":
            raise SavedError(self.path, _LOCAL)
        paths = self.parts()
        if not paths:
            raise SavedError(self.path, "holds no Parquet part files")
        tables = [self._read(path) for path in paths]
        kept = [table for table in tables if table.num_rows] or tables[:1]
        try:
            return pa.concat_tables(kept, promote_options="permissive")
        except pa.ArrowException as e:
            raise SavedError(self.path, f"its part files do not agree: {e}") from None

    def _read(self, path: str) -> pa.Table:
        try:
            with self.system.open_input_file(path) as source, pq.ParquetFile(source) as file:
                cells, size = _cells(file.metadata), max(source.size(), MAX_METADATA >> 8)
                if cells > min(MAX_TABLE_CELLS, MAX_CELLS_PER_BYTE * size):
                    raise SavedError(path, f"claims {cells} values in {source.size()} bytes")
                return file.read(use_threads=source.size() > _LARGE).replace_schema_metadata(None)
        except (OSError, pa.ArrowException, ValueError) as e:
            raise SavedError(path, f"is not a readable Parquet file: {e}") from None


def _cells(meta: Any) -> int:
    """Count the cells that a Parquet file claims: of its rows, and of its size when unpacked.

    The metadata of single columns is left alone: pyarrow aborts the process where it is damaged.
    """
    unpacked = sum(max(0, meta.row_group(i).total_byte_size) for i in range(meta.num_row_groups))
    return int(max(meta.num_rows * max(1, meta.num_columns), unpacked // 8))
