"""Columns for formats that hold text: what CSV and JSON cannot hold becomes text that they can."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

_encode = msgspec.json.Encoder().encode


def csv_column(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column that Arrow's CSV writer takes: RFC 3339 times, lists and structs as JSON, base64 for bytes."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return csv_column(_decoded(array))
    if pa.types.is_timestamp(kind):
        return _timestamps(array)
    if pa.types.is_nested(kind) or _is_binary(kind) or pa.types.is_duration(kind):
        texts = [None if value is None else _json_text(value) for value in json_values(array)]
        return pa.chunked_array([pa.array(texts, pa.string())])
    return array


def json_values(array: pa.ChunkedArray) -> list[Any]:
    """The values as JSON holds them: RFC 3339 times, base64 for bytes; NaN and infinities become null."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return json_values(_decoded(array))
    if pa.types.is_timestamp(kind):
        return list(_timestamps(array).to_pylist())
    if pa.types.is_floating(kind) and not array.null_count:
        return list(array.to_numpy().tolist())
    if pa.types.is_list(kind) and not array.null_count:
        return _lists(array)
    return list(array.to_pylist())


def _lists(array: pa.ChunkedArray) -> list[Any]:
    whole = array.combine_chunks()
    parts = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
    found: list[Any] = []
    for part in parts:
        flat = json_values(pa.chunked_array([part.flatten()]))
        ends = (part.offsets.to_numpy() - part.offsets[0].as_py()).tolist()
        found.extend(flat[start:end] for start, end in pairwise(ends))
    return found


def _timestamps(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """RFC 3339 text; without an offset where the column has no time zone."""
    if array.type.tz is not None:
        array = array.cast(pa.timestamp(array.type.unit, "UTC"))
    return pc.replace_substring(array.cast(pa.string()), " ", "T", max_replacements=1)


def _decoded(array: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([chunk.dictionary_decode() for chunk in array.chunks], array.type.value_type)


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    )


def _json_text(value: Any) -> str:
    text = _encode(value).decode()
    return text[1:-1] if text.startswith('"') else text
