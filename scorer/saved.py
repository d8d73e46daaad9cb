"""The only reader of Spark's saved directories: metadata JSON and Parquet become `Saved` values.

Layout and history of the format: a stage is a folder with `metadata/part-*` (one line of JSON) and, if it
has fitted values, folders of Parquet; Spark 4.0 and later name the metadata part `part-00000-<uuid>-c000.txt`.
A folder is data from outside: nothing in it is executed, and no path may leave the root.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs as pafs

from scorer.errors import SavedError
from scorer.vectors import Matrix, Vector, matrix_of, vector_of

MAX_METADATA = 64 << 20  # bytes; stop words and labels of old saves stand in the metadata
MAX_STAGES = 20_000
MAX_TABLE_CELLS = 1 << 31
MAX_CELLS_PER_BYTE = 100  # of a large Parquet file: more is a bomb
_LARGE = 1 << 20  # bytes; below, threads cost more than they give
_LOCAL = "is in Spark Connect's local format; save the model with `model.save`"
Version = tuple[int, int]
_WORDS = {  # how Spark's versions write a double that JSON cannot hold
    "nan": math.nan,
    **dict.fromkeys(("inf", "infinity"), math.inf),
    **dict.fromkeys(("-inf", "-infinity"), -math.inf),
}


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on some file system that `pyarrow.fs` knows; `root` is the model's own folder."""

    system: Any
    path: str
    root: str

    @classmethod
    def open(cls, location: str | os.PathLike[str]) -> Self:
        """Open a local path or a URI (`file`, `s3`, `gs`, `hdfs`, …)."""
        text = os.fspath(location)
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
        if found == pafs.FileType.File:
            raise SavedError(text, "is a file; a saved Spark model is a folder that holds `metadata/`")
        return cls(system, path.rstrip("/"), path.rstrip("/"))

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


class Ledger:
    """Remembers the content that was read, so that a model's version is a hash of what it decides by."""

    def __init__(self) -> None:
        self._digests: dict[str, bytes] = {}

    def note(self, key: str, content: bytes) -> None:
        """Remember the content under its place in the model; raises SavedError for too many stages."""
        if len(self._digests) > MAX_STAGES:
            raise SavedError(key, f"the model holds more than {MAX_STAGES} stages and tables")
        self._digests[key] = content

    def version(self) -> str:
        """Return `sha256:…` over all that was read, whatever the order of reading."""
        total = hashlib.sha256()
        for key in sorted(self._digests):
            total.update(key.encode() + b"\0" + self._digests[key])
        return "sha256:" + total.hexdigest()


@dataclass(frozen=True, slots=True)
class Saved:
    """One saved stage: its class, parameters, extras, and the way to its tables and sub-stages."""

    class_name: str
    uid: str
    version: Version
    params: Mapping[str, Any]
    given: frozenset[str]
    extras: Mapping[str, Any]
    place: str
    folder: Folder = field(repr=False)
    ledger: Ledger = field(repr=False, compare=False)
    as_of: Version | None = None

    @property
    def behaves(self) -> Version:
        """The Spark version whose values, nulls and errors to follow."""
        return self.as_of or self.version

    def fail(self, reason: str) -> SavedError:
        """Make the error that names this stage; the caller raises it."""
        return SavedError(self.folder.path, reason, self.uid)

    # -- parameters ---------------------------------------------------------------------------------------

    def text(self, name: str, default: str | None = None) -> str:
        """Return a parameter that is text."""
        value = self.params.get(name, default)
        if not isinstance(value, str):
            raise self.fail(f"parameter `{name}` should be text, not {value!r}")
        return value

    def flag(self, name: str, default: bool | None = None) -> bool:
        """Return a parameter that is true or false."""
        value = self.params.get(name, default)
        if not isinstance(value, bool):
            raise self.fail(f"parameter `{name}` should be true or false, not {value!r}")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """Return a parameter that is a double; Spark writes NaN and infinities as text."""
        return self._number(name, self.params.get(name, default))

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a parameter that is a whole number."""
        value = self._number(name, self.params.get(name, default))
        if not value.is_integer():
            raise self.fail(f"parameter `{name}` should be a whole number, not {value!r}")
        return int(value)

    def numbers(self, name: str, default: Sequence[float] | None = None) -> tuple[float, ...]:
        """Return a parameter that is a list of doubles."""
        return self.numbers_in(name, self.params.get(name, default))

    def numbers_in(self, name: str, value: Any) -> tuple[float, ...]:
        """Read a list of doubles that stands inside a parameter."""
        if not isinstance(value, list | tuple):
            raise self.fail(f"parameter `{name}` should be a list of numbers, not {value!r}")
        return tuple(self._number(name, item) for item in value)

    def texts(self, name: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return a parameter that is a list of texts."""
        value = self.params.get(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise self.fail(f"parameter `{name}` should be a list of texts, not {value!r}")
        return tuple(value)

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """Return a parameter that is one of a few words."""
        value = self.text(name, default)
        if value not in allowed:
            raise self.fail(f"parameter `{name}` is {value!r}; expected one of {', '.join(allowed)}")
        return value

    def _number(self, name: str, value: Any) -> float:
        number = _WORDS.get(value.lower()) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise self.fail(f"parameter `{name}` should be a number, not {value!r}")
        return float(number)

    def has(self, name: str) -> bool:
        """Tell whether a parameter was set by hand (before Spark 2.4 a save does not tell: then true)."""
        return name in self.given

    # -- tables -------------------------------------------------------------------------------------------

    def table(self, name: str = "data") -> pa.Table:
        """Read a folder of Parquet below this stage."""
        try:
            table = self.folder.child(name).table()
        except SavedError as e:
            raise SavedError(e.place, e.reason, self.uid) from None
        self.ledger.note(f"{self.place}/{name}", digest(table))
        return table

    def nested(self, outer: str, inner: str) -> pa.Table:
        """Read a table one folder deeper, where the older library's models keep theirs."""
        table = self.folder.child(outer).child(inner).table()
        self.ledger.note(f"{self.place}/{outer}/{inner}", digest(table))
        return table

    def record(self, name: str = "data") -> dict[str, Any]:
        """Read a table that must hold exactly one row."""
        table = self.table(name)
        if table.num_rows != 1:
            raise self.fail(f"`{name}` should hold one row, not {table.num_rows}")
        return cast("dict[str, Any]", table.to_pylist()[0])

    def vector(self, value: Any, name: str) -> Vector:
        """Decode Spark's struct of a vector."""
        try:
            return vector_of(value)
        except (ValueError, TypeError, KeyError) as e:
            raise self.fail(f"`{name}` is not a vector: {e}") from None

    def matrix(self, value: Any, name: str) -> Matrix:
        """Decode Spark's struct of a matrix."""
        try:
            return matrix_of(value)
        except (ValueError, TypeError, KeyError) as e:
            raise self.fail(f"`{name}` is not a matrix: {e}") from None

    # -- sub-stages ---------------------------------------------------------------------------------------

    def child(self, name: str) -> Saved:
        """Read the stage saved in a folder below this one."""
        return read(self.folder.child(name), f"{self.place}/{name}", self.ledger, self.as_of)

    def stages(self) -> Iterator[Saved]:
        """Read the stages of a pipeline, in order."""
        uids = self.texts("stageUids")
        folder = self.folder.child("stages")
        present = folder.names() if uids else []
        width = len(str(len(uids)))
        for number, uid in enumerate(uids):
            name = f"{number:0{width}d}_{uid}"
            if name not in present:
                name = next((n for n in present if n.endswith(f"_{uid}")), name)
            if name not in present:
                raise self.fail(f"stage {number} of {len(uids)}, `{uid}`, is not in {folder.path}")
            yield read(folder.child(name), f"{self.place}/stages/{number}", self.ledger, self.as_of)


def open_saved(location: str | os.PathLike[str], as_of: Version | None = None) -> Saved:
    """Read the metadata of the stage or pipeline that was saved at `location`."""
    return read(Folder.open(location), "", Ledger(), as_of)


def read(folder: Folder, place: str, ledger: Ledger, as_of: Version | None) -> Saved:
    """Read the metadata of one stage; `place` is where it stands in the model, whatever the folders' names."""
    meta_folder = folder.child("metadata")
    if meta_folder.kind() == "file":
        raise SavedError(meta_folder.path, _LOCAL)
    if meta_folder.kind() != "folder":
        raise SavedError(folder.path, "is not a saved Spark model: it has no `metadata` folder")
    try:
        meta = json.loads(meta_folder.text())
        json.dumps(meta, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise SavedError(meta_folder.path, "the metadata holds half a character (a lone surrogate)") from None
    except (ValueError, RecursionError) as e:
        raise SavedError(meta_folder.path, f"the metadata is not JSON: {e}") from None
    saved = _saved(meta, folder, place, ledger, as_of)
    content = {
        "class": saved.class_name,
        "spark": list(saved.version),
        "params": saved.params,
        "extras": saved.extras,
    }
    ledger.note(f"{place}/metadata", json.dumps(content, sort_keys=True).encode())
    return saved


def _saved(meta: Any, folder: Folder, place: str, ledger: Ledger, as_of: Version | None) -> Saved:
    known = ("class", "uid", "sparkVersion", "paramMap", "defaultParamMap", "timestamp")
    maps = (
        [meta.get(name) or {} for name in ("defaultParamMap", "paramMap")] if isinstance(meta, dict) else []
    )
    if not maps or not all(isinstance(m, dict) for m in maps):
        raise SavedError(
            folder.path, "the metadata should be a JSON object with `class`, `uid` and `paramMap`"
        )
    for name in ("class", "uid", "sparkVersion"):
        if not isinstance(meta.get(name), str):
            raise SavedError(folder.path, f"the metadata has no `{name}`")
    return Saved(
        class_name=meta["class"],
        uid=meta["uid"],
        version=spark_version(meta["sparkVersion"], folder.path),
        params={**maps[0], **maps[1]},
        given=frozenset(maps[1]),
        extras={name: value for name, value in meta.items() if name not in known},
        place=place,
        folder=folder,
        ledger=ledger,
        as_of=as_of,
    )


def spark_version(text: str, place: str = "as_of") -> Version:
    """Return (major, minor) of a version such as `3.5.1`, `2.4.0.cloudera2` or `4.0.0-preview1`."""
    head = text.split(".")
    digits = ["".join(c for c in part[:4] if c.isdigit()) for part in head[:2]]
    if len(digits) < 2 or not all(digits):
        raise SavedError(place, f"cannot tell the Spark version from {text!r}")
    return int(digits[0]), int(digits[1])


def digest(table: pa.Table) -> bytes:
    """Hash a table's values, whatever its chunks, its nullability and the version of Parquet it came from."""
    total = hashlib.sha256()
    for name in table.column_names:
        total.update(name.encode() + b"\0")
        column = table.column(name)
        _hash(column.chunk(0) if column.num_chunks == 1 else column.combine_chunks(), total)
    return total.digest()


def _hash(array: pa.Array, total: Any) -> None:
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    kind = array.type
    total.update(f"{len(array)}:{array.null_count};".encode())
    if array.null_count:
        total.update(np.packbits(array.is_null().to_numpy(zero_copy_only=False)).tobytes())
    if pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            _hash(array.field(number), total)
    elif pa.types.is_map(kind):
        _hash(array.keys, total)
        _hash(array.items, total)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        total.update(
            array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype("<i8").tobytes()
        )
        _hash(array.flatten(), total)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        total.update("\x1f".join(map(repr, array.to_pylist())).encode())
    else:
        values = array.fill_null(0) if not pa.types.is_boolean(kind) else array.fill_null(False)
        numbers = values.to_numpy(zero_copy_only=False)
        total.update(numbers.astype("<f8" if numbers.dtype.kind == "f" else "<i8").tobytes())
