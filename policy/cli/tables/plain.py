"""Columns for formats that hold text: what CSV and JSON cannot hold becomes text that they can."""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from policy.cli.tables.errors import TableError

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
    try:
        return list(array.to_pylist())
    except (ValueError, OverflowError) as error:  # times that Python cannot hold
        raise TableError(f"a value cannot be written as text: {error}") from error


def _timestamps(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """RFC 3339 text in UTC; without an offset where the column has no time zone."""
    naive = array.cast(pa.timestamp(array.type.unit))  # Arrow writes these far faster than those with a zone
    text = pc.replace_substring(naive.cast(pa.string()), " ", "T", max_replacements=1)
    return text if array.type.tz is None else pc.binary_join_element_wise(text, "Z", "")


def _decoded(array: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([chunk.dictionary_decode() for chunk in array.chunks], array.type.value_type)


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    )


def _json_text(value: Any) -> str:
    text = _encode(value).decode()
    return text[1:-1] if text.startswith('"') else text
