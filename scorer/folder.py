"""Spark's directories: the files below a folder that `pyarrow.fs` knows, on this machine or elsewhere.

Layout and history of the format: a stage is a folder with `metadata/part-*` (one line of JSON) and, if it
has fitted values, folders of Parquet; Spark 4.0 and later name the metadata part `part-00000-<uuid>-c000.txt`.
A folder is data from outside: nothing in it is executed, and no path may leave the root.
"""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
from pyarrow import fs as pafs

from scorer import commits, parquet, textcodecs
from scorer.errors import SavedError

MAX_METADATA = 64 << 20  # bytes; stop words and labels of old saves stand in the metadata
PER_BYTE = 60  # bytes of memory that a byte of JSON may become
_LARGE = 1 << 20  # bytes; less is not worth the question how large the file is
_NEAR = 20  # folders that are looked at for a model
MAX_COMMIT = 16 << 20  # bytes of a transaction's list
_LOCAL = "is in Spark Connect's local format; save the model with `model.save`"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on some file system that `pyarrow.fs` knows; `root` is the model's own folder.

    The folders below share the budget: what the tables of the whole model may unfold to.
    """

    system: Any
    path: str
    root: str
    budget: parquet.Budget = field(default_factory=parquet.Budget, repr=False, compare=False)

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
        return [name for name in self._entries() if not name.startswith(("_", "."))]

    def _entries(self) -> list[str]:
        try:
            infos = self.system.get_file_info(pafs.FileSelector(self.path))
        except FileNotFoundError:
            raise SavedError(self.path, "is missing: there is no such folder") from None
        except (OSError, pa.ArrowException) as e:
            raise SavedError(self.path, f"cannot be listed: {e}") from None
        things = (pafs.FileType.File, pafs.FileType.Directory)  # no pipes, no devices
        return sorted(info.base_name for info in infos if info.type in things)

    def parts(self) -> list[str]:
        """List the paths of the part files here, without those that no transaction of Databricks committed."""
        entries = self._entries()
        found = [name for name in entries if name.startswith("part-")]
        started, committed = commits.marks(entries)
        if started or committed:
            try:
                found = commits.current(found, started, {t: self._commit(n) for t, n in committed.items()})
            except ValueError as e:
                raise SavedError(self.path, str(e)) from None
        return [self._inside(posixpath.join(self.path, name)) for name in found]

    def _commit(self, name: str) -> commits.Commit:
        path = self._inside(posixpath.join(self.path, name))
        try:
            with self.system.open_input_stream(path, compression=None) as stream:
                return commits.parse(stream.read(MAX_COMMIT))
        except (OSError, ValueError, pa.ArrowException) as e:
            raise SavedError(path, f"is not a list of a transaction's parts: {e}") from None

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
            raise SavedError(
                self.path, f"is not a saved Spark model: it has no `metadata` folder{self._meant()}"
            )
        return inner.text()

    def _meant(self) -> str:
        """Say which folder beside this one is a model, if the caller went one too far or stopped one short."""
        if self.path != self.root:
            return ""
        above = posixpath.dirname(self.path)
        if self._is_model(above):
            return f"; the folder above it, {above}, is one"
        near = [name for name in self.names()[:_NEAR] if self._is_model(posixpath.join(self.path, name))]
        return f"; in it, `{near[0]}` is one" if near else ""

    def _is_model(self, path: str) -> bool:
        found = self.system.get_file_info(posixpath.join(path, "metadata"))
        return bool(found.type == pafs.FileType.Directory)

    def text(self) -> str:
        """Read the first line of the part file that has content."""
        for path in self.parts():
            extension = posixpath.splitext(path)[1]
            hadoops = extension in textcodecs.EXTENSIONS
            try:
                with self.system.open_input_stream(path, compression=None if hadoops else "detect") as stream:
                    raw = stream.read(MAX_METADATA + 1)
                if hadoops:
                    raw = textcodecs.unfolded(raw, extension, MAX_METADATA + 1)
                if len(raw) > MAX_METADATA:
                    raise SavedError(path, f"the metadata is larger than {MAX_METADATA >> 20} MiB")
                if len(raw) > _LARGE:
                    self.budget.open(self.system.get_file_info(path).size)
                    self.budget.spend(len(raw) * PER_BYTE)
                line = str(raw, "utf-8").strip().partition("\n")[0]
            except (OSError, pa.ArrowException, ValueError) as e:
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
            with self.system.open_input_file(path) as file:
                here = isinstance(self.system, pafs.LocalFileSystem)
                source = (
                    file if here else pa.BufferReader(file.read_buffer())
                )  # elsewhere, one request a file
                return parquet.read(source, self.budget).replace_schema_metadata(None)
        except (OSError, pa.ArrowException, ValueError, LookupError) as e:
            raise SavedError(path, f"is not a readable Parquet file: {e}") from None
