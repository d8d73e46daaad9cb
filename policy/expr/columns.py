"""Columns as compiled expressions read them, made once for a table.

| type                | data                                   | unknown                    |
|---------------------|----------------------------------------|----------------------------|
| bool                | NumPy bool                             | `valid` false              |
| int                 | int64, or fewer bytes that hold them   | `valid` false              |
| double              | float64                                | NaN                        |
| timestamp, duration | int64, microseconds                    | `valid` false              |
| string, ip          | codes of distinct values               | the code past the last     |
| cidr, lists         | a Python list of machine values        | None                       |
| set                 | the set itself                         |                            |

`valid` is None where every row has a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policy.expr.machine import MAX_EXACT, MAX_TIME, MIN_TIME, MistypedError, inward
from policy.expr.types import Type
from policy.expr.units import dtype, unit

Kind = Literal["number", "coded", "object", "set"]
Array = Any  # a NumPy array

_MAX_DURATION = 9_223_372_036_854_775  # microseconds whose nanoseconds fit 64 bits


@dataclass(slots=True)
class Column:
    """One column. Of a coded one, `values` are the machine values with None at the end, `text` the Arrow dictionary."""

    kind: Kind
    type: Type
    data: Any
    valid: Array | None = None
    values: list[Any] | None = None
    text: pa.Array | None = None

    @property
    def layout(self) -> tuple[str, bool]:
        """What generated code depends on."""
        return self.kind, self.valid is not None

    def machine(self, begin: int, end: int) -> list[Any]:
        """The machine values of some rows."""
        if self.kind == "set":
            return [self.data] * (end - begin)
        piece = self.data[begin:end]
        values: list[Any]
        if self.kind == "object":
            return list(piece)
        if self.values is not None:
            return [self.values[code] for code in piece.tolist()]
        values = piece.tolist()
        if self.type.name == "double":
            return [value if value == value else None for value in values]
        if (size := unit(self.type)) > 1:
            values = [value * size for value in values]
        if self.valid is None:
            return values
        return [
            value if known else None
            for value, known in zip(values, self.valid[begin:end].tolist(), strict=True)
        ]


@dataclass(slots=True)
class Columns:
    """The columns of a table by name, all of `rows` rows."""

    rows: int
    columns: dict[str, Column]


def encode(
    table: pa.Table | pa.RecordBatch, types: Mapping[str, Type], sets: Mapping[str, Any] | None = None
) -> Columns:
    """The columns of these names and types. An absent column is null throughout; `sets` are the values of set types.

    Raises MistypedError with the column's name.
    """
    columns = {}
    for name, type_ in types.items():
        if type_.name == "set":
            columns[name] = Column("set", type_, (sets or {})[name])
            continue
        places = table.schema.get_all_field_indices(name)
        array = table.column(places[-1]) if places else pa.nulls(table.num_rows)
        try:
            columns[name] = _column(_flat(array), type_)
        except (MistypedError, pa.ArrowException, UnicodeDecodeError) as error:
            raise MistypedError(f"{error} - in column `{name}`") from None
    return Columns(table.num_rows, columns)


def _flat(array: Any) -> pa.Array:
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    return array


def _column(array: pa.Array, type_: Type) -> Column:
    if type_.name in ("string", "ip"):
        return _coded(array, type_)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if type_.name in ("list", "cidr"):
        return _objects(array, type_)
    if pa.types.is_null(array.type):
        return _nothing(len(array), type_)
    if type_.name == "double":
        return Column("number", type_, _doubles(array))
    number = {"bool": _bools, "int": _ints, "timestamp": _timestamps, "duration": _durations}[type_.name](
        array
    )
    valid = array.is_valid().to_numpy(zero_copy_only=False) if array.null_count else None
    return Column("number", type_, number, valid)


def _nothing(rows: int, type_: Type) -> Column:
    if type_.name == "double":
        return Column("number", type_, np.full(rows, np.nan))
    return Column("number", type_, np.zeros(rows, dtype(type_)), np.zeros(rows, bool))


def _wrong(wanted: str, array: pa.Array) -> MistypedError:
    return MistypedError(f"expected {wanted}, got {array.type}")


def _bools(array: pa.Array) -> Array:
    if not pa.types.is_boolean(array.type):
        raise _wrong("bool", array)
    return array.fill_null(fill_value=False).to_numpy(zero_copy_only=False)


def _ints(array: pa.Array) -> Array:
    if not pa.types.is_integer(array.type):
        raise _wrong("int", array)
    return _narrow(array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False))


def _narrow(values: Array) -> Array:
    """In as few bytes as hold every value: what a column costs is reading it."""
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    for narrow in (np.int8, np.int16, np.int32):
        limits = np.iinfo(narrow)
        if limits.min <= low and high <= limits.max:
            return values.astype(narrow)
    return values


def _doubles(array: pa.Array) -> Array:
    if pa.types.is_integer(array.type):
        numbers = array.fill_null(0).to_numpy(zero_copy_only=False)
        if numbers.size and (int(numbers.max()) > MAX_EXACT or int(numbers.min()) < -MAX_EXACT):
            raise MistypedError("expected double, got int beyond 2**53")
        return array.cast(pa.float64()).to_numpy(zero_copy_only=False)
    if not pa.types.is_floating(array.type):
        raise _wrong("double", array)
    return array.cast(pa.float64()).to_numpy(zero_copy_only=False)


def _timestamps(array: pa.Array) -> Array:
    if not pa.types.is_timestamp(array.type) or array.type.tz is None:
        raise _wrong("timestamp with a zone", array)
    values = _microseconds(array, pa.timestamp("us", array.type.tz))
    return _bounded(values, MIN_TIME // 1000, MAX_TIME // 1000, "timestamp of the years 1 to 9999")


def _durations(array: pa.Array) -> Array:
    if not pa.types.is_duration(array.type):
        raise _wrong("duration", array)
    return _bounded(
        _microseconds(array, pa.duration("us")),
        -_MAX_DURATION,
        _MAX_DURATION,
        "duration of at most 292 years",
    )


def _microseconds(array: pa.Array, wanted: pa.DataType) -> Array:
    try:
        return array.cast(wanted).cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        raise MistypedError(f"expected whole microseconds, got {array.type}") from None


def _bounded(values: Array, low: int, high: int, wanted: str) -> Array:
    if values.size and (values.min() < low or values.max() > high):
        raise MistypedError(f"expected {wanted}, got one further out")
    return values


def _objects(array: pa.Array, type_: Type) -> Column:
    convert = inward(type_)
    return Column("object", type_, [None if value is None else convert(value) for value in array.to_pylist()])


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _coded(array: pa.Array, type_: Type) -> Column:
    if pa.types.is_null(array.type):
        array = array.cast(pa.string())
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if not _is_text(kind):
        raise _wrong(type_.name, array)
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(array.cast(pa.string()))
    text = array.dictionary.cast(pa.string())
    values = [None if value is None else inward(type_)(value) for value in text.to_pylist()]
    missing = len(values)
    narrow = np.uint8 if missing < 256 else np.uint16 if missing < 65_536 else np.intp
    indices = array.indices.cast(pa.int64()).fill_null(missing) if array.indices.null_count else array.indices
    codes = indices.to_numpy(zero_copy_only=False).astype(narrow)
    return Column("coded", type_, codes, None, [*values, None], text)
