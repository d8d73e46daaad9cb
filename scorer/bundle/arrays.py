"""The columns of a bundle's tables: Arrow's arrays from their JSON, and back."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Raw

from scorer.bundle.form import NAMED, PLAIN, Array, Columns, decode
from scorer.errors import SavedError

MAX_NESTING = 16  # of types


def read(raw: Raw, path: str, depth: int = 0) -> pa.Array:
    """Read an array; `depth` is that of its type. Raises SavedError."""
    if depth > MAX_NESTING:
        raise SavedError(path, f"its type is nested more than {MAX_NESTING} deep")
    array = decode(raw, Array, path)
    try:
        if array.type in PLAIN:
            return _plain(array, path)
        if array.type == "struct":
            return _struct(array, path, depth)
        if array.type in ("list", "map"):
            return _lists(array, path, depth)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as e:
        raise SavedError(path, f"its values are not of type {array.type}: {e}") from None
    raise SavedError(
        path, f"has the unknown type {array.type!r}; expected {', '.join(PLAIN)}, list, map, struct"
    )


def _plain(array: Array, path: str) -> pa.Array:
    kind, form = PLAIN[array.type]
    if not pa.types.is_floating(kind):
        return pa.array(decode(array.values, form, path), kind)
    try:
        return pa.array(np.array(msgspec.json.decode(array.values, type=list[float])), kind)
    except (msgspec.MsgspecError, RecursionError):
        values = decode(array.values, form, path)
    unknown = {value for value in values if isinstance(value, str)} - set(NAMED)
    if unknown:
        raise SavedError(
            path, f"{min(unknown)!r} is no number; expected a number, {', '.join(NAMED)} or null"
        )
    return pa.array([NAMED[value] if isinstance(value, str) else value for value in values], kind)


def _lists(array: Array, path: str, depth: int) -> pa.Array:
    lengths, items = array.lengths, read(array.items, f"{path}/items", depth + 1)
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
    keys = read(array.keys, f"{path}/keys", depth + 1)
    if len(keys) != total or keys.null_count:
        raise SavedError(path, f"holds {len(keys) - keys.null_count} keys for {total} items")
    return pa.MapArray.from_arrays(offsets, keys, items)


def _struct(array: Array, path: str, depth: int) -> pa.Array:
    if not array.fields:
        raise SavedError(path, "a struct needs `fields`")
    fields = {name: read(raw, f"{path}/{name}", depth + 1) for name, raw in array.fields.items()}
    valid = array.valid
    lengths = {len(one) for one in fields.values()} | ({len(valid)} if valid is not None else set())
    if len(lengths) != 1:
        raise SavedError(path, f"its fields are not of one length: {sorted(lengths)}")
    mask = None if valid is None else pa.array([not one for one in valid], pa.bool_())
    return pa.StructArray.from_arrays(list(fields.values()), list(fields), mask=mask)


def written(table: pa.Table, path: str) -> Raw:
    """Write a table; raises SavedError for a type that a bundle cannot hold."""
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
    for name, (plain, _) in PLAIN.items():
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
