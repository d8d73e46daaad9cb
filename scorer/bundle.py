"""A whole model in one JSON file: what Spark's directories hold, as far as it decides.

    {"format": "scoregate-model", "version": 1, "run_id": TEXT, "inputs": INPUTS, "model": NODE}
            `run_id`, of the MLflow run that logged the model, and `inputs` (see `inputtypes`) may be absent
    NODE    {"metadata": Spark's own JSON object, "table": TABLE, "children": {name: NODE}}   each may be absent
    TABLE   {"columns": {name: ARRAY}}
    ARRAY   {"type": "double", "values": [0.5, null, "NaN"]}      likewise float, int8 … int64, string, bool
            {"type": "list", "lengths": [2, null], "items": ARRAY}
            {"type": "map", "lengths": [1], "keys": ARRAY, "items": ARRAY}
            {"type": "struct", "fields": {name: ARRAY}, "valid": [true, false]}   `valid` only if there are nulls

The children are named as Spark's folders. Numbers are the shortest text that reads back as the same bits; what
JSON has no number for is "NaN", "Infinity" or "-Infinity". A bundle is data from outside, like a folder.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Raw

from scorer import inputtypes
from scorer.errors import SavedError

FORMAT, VERSION = "scoregate-model", 1
MAX_BUNDLE = 1 << 30  # bytes
MAX_DEPTH = 100  # of folders
MAX_NESTING = 16  # of types
RUN_ID = re.compile(r"[\w-]{1,100}")
_NAMED = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}
_PLAIN: dict[str, tuple[pa.DataType, Any]] = {
    "double": (pa.float64(), list[float | str | None]),
    "float": (pa.float32(), list[float | str | None]),
    "int8": (pa.int8(), list[int | None]),
    "int16": (pa.int16(), list[int | None]),
    "int32": (pa.int32(), list[int | None]),
    "int64": (pa.int64(), list[int | None]),
    "string": (pa.string(), list[str | None]),
    "bool": (pa.bool_(), list[bool | None]),
}
_NOTHING = Raw()
T = TypeVar("T")


class Header(msgspec.Struct, omit_defaults=True):
    """The file itself."""

    format: str
    version: int
    model: Raw
    run_id: str | None = None
    inputs: list[inputtypes.Input] | None = None


class Node(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What stands in one folder."""

    metadata: Raw = _NOTHING
    table: Raw = _NOTHING
    children: dict[str, Raw] = {}


class Columns(msgspec.Struct, forbid_unknown_fields=True):
    """A table."""

    columns: dict[str, Raw]


class Array(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A column, or what lists, maps and structs are made of."""

    type: str
    values: Raw = _NOTHING
    lengths: list[int | None] | None = None
    keys: Raw = _NOTHING
    items: Raw = _NOTHING
    fields: dict[str, Raw] | None = None
    valid: list[bool] | None = None


# -- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bundle:
    """A place in a bundle, read when it is asked for; a `Source` as a folder is one.

    `run_id` and `schema`, at the top, are what MLflow said of the model: its run, and the types of its inputs.
    """

    path: str
    node: Node
    depth: int = 0
    run_id: str | None = None
    schema: pa.Schema | None = None

    @classmethod
    def open(cls, system: Any, path: str) -> Self:
        """Read a bundle from a file system of `pyarrow.fs`; raises SavedError."""
        try:
            with system.open_input_stream(path, compression=None) as stream:
                content = stream.read(MAX_BUNDLE + 1)
        except (OSError, pa.ArrowException) as e:
            raise SavedError(path, f"cannot be read: {e}") from None
        if len(content) > MAX_BUNDLE:
            raise SavedError(path, f"is larger than {MAX_BUNDLE >> 20} MiB")
        return cls.parse(content, path)

    @classmethod
    def parse(cls, content: bytes, path: str) -> Self:
        """Read a bundle from its bytes; raises SavedError."""
        header = _decode(content, Header, path, "is not a bundle, which `scoregate export` writes")
        if header.format != FORMAT:
            raise SavedError(path, f"is not a bundle: its `format` is {header.format!r}, not {FORMAT!r}")
        if header.version != VERSION:
            raise SavedError(
                path, f"is a bundle of format version {header.version}; this release reads version {VERSION}"
            )
        if header.run_id is not None and not RUN_ID.fullmatch(header.run_id):
            raise SavedError(path, f"{header.run_id[:100]!r} is no id of a run of MLflow's")
        try:
            schema = None if header.inputs is None else inputtypes.read(header.inputs)
        except (ValueError, RecursionError) as e:
            raise SavedError(path, f"{e}") from None
        node = _decode(header.model, Node, path)
        return cls(f"{path}#", node, run_id=header.run_id, schema=schema)

    def child(self, name: str) -> Bundle:
        """Name a place below this one; it need not exist."""
        path = f"{self.path}/{name}"
        if self.depth >= MAX_DEPTH:
            raise SavedError(path, f"is nested more than {MAX_DEPTH} deep")
        raw = self.node.children.get(name)
        return Bundle(path, Node() if raw is None else _decode(raw, Node, path), self.depth + 1)

    def names(self) -> list[str]:
        """List what stands below, sorted."""
        return sorted(self.node.children)

    def metadata(self) -> str:
        """Read the JSON text of the stage that is saved here."""
        if not bytes(self.node.metadata):
            raise SavedError(self.path, "is not a saved Spark model: it has no `metadata`")
        try:
            text = bytes(self.node.metadata).decode()
        except UnicodeDecodeError as e:
            raise SavedError(f"{self.path}/metadata", f"is not text: {e}") from None
        return str(_decode(self.node.metadata, str, f"{self.path}/metadata")) if text[0] == '"' else text

    def table(self) -> pa.Table:
        """Read the table that is saved here."""
        if not bytes(self.node.table):
            raise SavedError(self.path, "holds no table")
        raws = _decode(self.node.table, Columns, self.path).columns
        arrays = {name: _array(raw, f"{self.path}/{name}", 0) for name, raw in raws.items()}
        lengths = {name: len(array) for name, array in arrays.items()}
        if len(set(lengths.values())) != 1:
            raise SavedError(self.path, f"its columns are not of one length: {lengths}")
        return pa.table(arrays)


def _decode(raw: Any, kind: type[T], path: str, reason: str = "is damaged") -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, RecursionError, ValueError) as e:
        raise SavedError(path, f"{reason}: {e}") from None


def _array(raw: Raw, path: str, depth: int) -> pa.Array:
    if depth > MAX_NESTING:
        raise SavedError(path, f"its type is nested more than {MAX_NESTING} deep")
    array = _decode(raw, Array, path)
    try:
        if array.type in _PLAIN:
            return _plain(array, path)
        if array.type == "struct":
            return _struct(array, path, depth)
        if array.type in ("list", "map"):
            return _lists(array, path, depth)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as e:
        raise SavedError(path, f"its values are not of type {array.type}: {e}") from None
    raise SavedError(
        path, f"has the unknown type {array.type!r}; expected {', '.join(_PLAIN)}, list, map, struct"
    )


def _plain(array: Array, path: str) -> pa.Array:
    kind, form = _PLAIN[array.type]
    if not pa.types.is_floating(kind):
        return pa.array(_decode(array.values, form, path), kind)
    try:
        return pa.array(np.array(msgspec.json.decode(array.values, type=list[float])), kind)
    except (msgspec.MsgspecError, RecursionError):
        values = _decode(array.values, form, path)
    unknown = {value for value in values if isinstance(value, str)} - set(_NAMED)
    if unknown:
        raise SavedError(
            path, f"{min(unknown)!r} is no number; expected a number, {', '.join(_NAMED)} or null"
        )
    return pa.array([_NAMED[value] if isinstance(value, str) else value for value in values], kind)


def _lists(array: Array, path: str, depth: int) -> pa.Array:
    lengths, items = array.lengths, _array(array.items, f"{path}/items", depth + 1)
    if lengths is None or any(length is not None and length < 0 for length in lengths):
        raise SavedError(path, "a list or map needs `lengths`, none below zero")
    total = sum(length or 0 for length in lengths)
    if total != len(items):
        raise SavedError(path, f"its lengths make {total} items, but it holds {len(items)}")
    ends = np.cumsum([0, *(length or 0 for length in lengths)])
    starts = [None if length is None else at for length, at in zip(lengths, ends.tolist(), strict=False)]
    offsets = pa.array([*starts, total], pa.int32())
    if array.type == "list":
        return pa.ListArray.from_arrays(offsets, items)
    keys = _array(array.keys, f"{path}/keys", depth + 1)
    if len(keys) != total or keys.null_count:
        raise SavedError(path, f"holds {len(keys) - keys.null_count} keys for {total} items")
    return pa.MapArray.from_arrays(offsets, keys, items)


def _struct(array: Array, path: str, depth: int) -> pa.Array:
    if not array.fields:
        raise SavedError(path, "a struct needs `fields`")
    fields = {name: _array(raw, f"{path}/{name}", depth + 1) for name, raw in array.fields.items()}
    valid = array.valid
    lengths = {len(one) for one in fields.values()} | ({len(valid)} if valid is not None else set())
    if len(lengths) != 1:
        raise SavedError(path, f"its fields are not of one length: {sorted(lengths)}")
    mask = None if valid is None else pa.array([not one for one in valid], pa.bool_())
    return pa.StructArray.from_arrays(list(fields.values()), list(fields), mask=mask)


# -- writing ---------------------------------------------------------------------------------------------------------


class Source(Protocol):
    """Where a stage is read from: a folder of Spark's, or the same tree in a bundle. All of it raises SavedError."""

    @property
    def path(self) -> str:
        """The place, for messages."""

    def child(self, name: str) -> Source:
        """Name a place below this one; it need not exist."""

    def names(self) -> list[str]:
        """List what stands below, sorted."""

    def metadata(self) -> str:
        """Read the JSON text of the stage that is saved here."""

    def table(self) -> pa.Table:
        """Read the table that is saved here."""


@dataclass(slots=True)
class Recording:
    """A source that remembers what was read through it, so that a bundle holds just what decides."""

    source: Source
    _metadata: str | None = None
    _table: pa.Table | None = None
    _children: dict[str, Recording] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The place, for messages."""
        return self.source.path

    def child(self, name: str) -> Recording:
        """Name a place below this one."""
        if name not in self._children:
            self._children[name] = Recording(self.source.child(name))
        return self._children[name]

    def names(self) -> list[str]:
        """List what stands below."""
        return self.source.names()

    def metadata(self) -> str:
        """Read the JSON text of the stage that is saved here, and keep it."""
        self._metadata = self.source.metadata()
        return self._metadata

    def table(self) -> pa.Table:
        """Read the table that is saved here, and keep it."""
        self._table = self.source.table()
        return self._table

    def encode(self, run_id: str | None = None, schema: pa.Schema | None = None) -> bytes:
        """Write what was read as a bundle, with what MLflow says of it.

        Raises SavedError for a type that a bundle cannot hold.
        """
        inputs = None if schema is None else inputtypes.written(schema)
        node = Raw(msgspec.json.encode(self.node()))
        return msgspec.json.encode(Header(FORMAT, VERSION, node, run_id, inputs)) + b"\n"

    def node(self) -> Node:
        """Return what was read here and below."""
        below = {name: child.node() for name, child in sorted(self._children.items())}
        children = {name: Raw(msgspec.json.encode(node)) for name, node in below.items() if node != Node()}
        metadata = _NOTHING if self._metadata is None else _metadata(self._metadata)
        table = _NOTHING if self._table is None else _columns(self._table, self.path)
        return Node(metadata, table, children)


def _metadata(text: str) -> Raw:
    """Keep metadata as an object if JSON can say it, and as text where Spark wrote a bare NaN."""
    try:
        return Raw(json.dumps(json.loads(text), ensure_ascii=False, allow_nan=False).encode())
    except ValueError:
        return Raw(msgspec.json.encode(text))


def _columns(table: pa.Table, path: str) -> Raw:
    if len(set(table.column_names)) < table.num_columns:
        raise SavedError(path, "two of its columns have one name")
    columns = {}
    for name in table.column_names:
        chunks = table.column(name).combine_chunks()
        array = pa.concat_arrays(chunks.chunks) if isinstance(chunks, pa.ChunkedArray) else chunks
        columns[name] = _written(array, f"{path}/{name}")
    return Raw(msgspec.json.encode(Columns(columns)))


def _written(array: pa.Array, path: str) -> Raw:
    kind = array.type
    if pa.types.is_struct(kind):
        fields = {kind.field(i).name: _written(array.field(i), path) for i in range(kind.num_fields)}
        valid = array.is_valid().to_pylist() if array.null_count else None
        return _raw(Array("struct", fields=fields, valid=valid))
    if pa.types.is_map(kind):
        first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
        keys, items = array.keys.slice(first, last - first), array.items.slice(first, last - first)
        return _raw(
            Array("map", lengths=_lengths(array), keys=_written(keys, path), items=_written(items, path))
        )
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _raw(Array("list", lengths=_lengths(array), items=_written(array.flatten(), path)))
    for name, (plain, _) in _PLAIN.items():
        if kind == plain or (name == "string" and pa.types.is_large_string(kind)):
            return _raw(Array(name, values=Raw(msgspec.json.encode(_values(array)))))
    raise SavedError(path, f"is of type {kind}, which a bundle cannot hold")


def _lengths(array: pa.Array) -> list[int | None]:
    lengths = np.diff(array.offsets.to_numpy(zero_copy_only=False)).tolist()
    if not array.null_count:
        return list(lengths)
    return [n if ok else None for n, ok in zip(lengths, array.is_valid().to_pylist(), strict=True)]


def _values(array: pa.Array) -> list[Any]:
    values: list[Any] = array.to_pylist()
    if not pa.types.is_floating(array.type):
        return values
    return [_named(x) if x is not None and x - x != 0.0 else x for x in values]


def _named(x: float) -> str:
    return "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"


def _raw(array: Array) -> Raw:
    return Raw(msgspec.json.encode(array))
