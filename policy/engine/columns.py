"""The facts of a table against the inputs of a policy: the twin of `policy.engine.inputs`, by columns.

A column of a fitting Arrow type is checked by vector code. Whatever that cannot settle (a value out of
range, a column of another type, text that stands for a time) goes through the row's own `accept`, each
distinct value once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import UNSET

from policy.engine.inputs import MISSING, Inputs, accept
from policy.errors import Problem
from policy.spec.inputs import InputSpec

ARROW = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
    "duration": pa.duration("us"),
    "ip": pa.string(),
}

_LARGEST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class Columns:
    """Arrays in the order of the inputs, null where refused, and the problems of the rows that have any."""

    arrays: list[pa.Array]
    problems: dict[int, list[Problem]]


class Unreadable:
    """Stands for a value of a column that Python cannot hold, such as text that is not UTF-8."""


def read_columns(inputs: Inputs, table: pa.Table) -> Columns:
    """The inputs' values for every row of the table."""
    problems: dict[int, list[Problem]] = {}
    arrays = []
    for spec in inputs.specs:
        array, bad = _read(spec, _column(table, spec.name), table.num_rows)
        arrays.append(array)
        for row, problem in bad.items():
            problems.setdefault(row, []).append(problem)
    if inputs.strict:
        unknown = inputs.refused(inputs.unknown(dict.fromkeys(table.column_names)))
        for row in range(table.num_rows if unknown else 0):
            problems.setdefault(row, []).extend(unknown)
    return Columns(arrays, problems)


def _column(table: pa.Table, name: str) -> pa.Array | None:
    places = table.schema.get_all_field_indices(name)
    if not places:
        return None
    return one_chunk(table.column(places[-1]))


def one_chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The column as one array; views, for which Arrow lacks kernels, become plain text and bytes."""
    if pa.types.is_string_view(column.type):
        column = column.cast(pa.large_string())
    elif pa.types.is_binary_view(column.type):
        column = column.cast(pa.large_binary())
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def of_every_row(given: Any, what: str, rows: int) -> Any:
    """An array that a caller gives beside a table. Raises ValueError if it is not as long as the table."""
    if len(given) != rows:
        raise ValueError(f"`{what}` holds {len(given):,} values, and the table {rows:,} rows")
    return given


Bad = dict[int, Problem]


def _read(spec: InputSpec, column: pa.Array | None, rows: int) -> tuple[pa.Array, Bad]:
    if column is None:
        value, problem = accept(spec, MISSING)
        array = pa.repeat(pa.scalar(None if value is UNSET else value, ARROW[spec.type]), rows)
        return array, {} if problem is None else dict.fromkeys(range(rows), problem)
    plain = _plainly_right(spec, column)
    if plain is None:
        return _one_by_one(spec, column)
    array, right = plain
    doubtful = np.flatnonzero(~right)
    if not doubtful.size:
        return array, {}
    values, bad = _accept_all(spec, python(column.take(pa.array(doubtful))))
    mended = pc.replace_with_mask(_flat(array), pa.array(~right), pa.array(values, _flat(array).type))
    return mended, {int(doubtful[place]): problem for place, problem in bad.items()}


def _flat(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _plainly_right(spec: InputSpec, column: pa.Array) -> tuple[pa.Array, Any] | None:
    """The column in the input's Arrow type, and the rows where it surely holds the row's value; or None."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _dictionary(spec, column) if spec.type == "string" else None
    array = _fitting(spec.type, column)
    if array is None:
        return None
    right = _mask(_within(spec, array), array)
    if spec.optional and spec.default is None and array.null_count:
        right |= array.is_null().to_numpy(zero_copy_only=False)
    return array, right


def _dictionary(spec: InputSpec, column: pa.DictionaryArray) -> tuple[pa.Array, Any] | None:
    """A dictionary column stays one if all of its words are right and none is null."""
    if column.dictionary.null_count or not _is_text(column.type.value_type):
        return None
    words = _plainly_right(spec, column.dictionary)
    if words is None or not words[1].all() or column.null_count:
        return _plainly_right(spec, column.dictionary_decode())
    return pa.DictionaryArray.from_arrays(column.indices, words[0]), np.ones(len(column), bool)


def _fitting(type_: str, column: pa.Array) -> pa.Array | None:
    kind = column.type
    if type_ == "bool" and pa.types.is_boolean(kind):
        return column
    if type_ == "int" and pa.types.is_integer(kind) and kind != pa.uint64():
        return column.cast(pa.int64())
    if type_ == "double" and (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        return column.cast(pa.float64(), safe=False)
    if type_ == "string" and _is_text(kind):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            return None
        return column if kind == pa.string() else column.cast(pa.string())
    return None


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _within(spec: InputSpec, array: pa.Array) -> pa.Array | None:
    """Where the value lies in what the input allows; null for null, None for everywhere."""
    tests = []
    if spec.enum is not None:
        tests.append(pc.is_in(array, value_set=pa.array(list(spec.enum), ARROW[spec.type])))
    elif spec.type == "string":
        tests.append(pc.less_equal(pc.utf8_length(array), spec.max_length))
    low, high = spec.minimum, spec.maximum
    if spec.type == "double":
        low, high = -_LARGEST if low is None else low, _LARGEST if high is None else high
    if low is not None:
        tests.append(pc.greater_equal(array, pa.scalar(low, array.type)))
    if high is not None:
        tests.append(pc.less_equal(array, pa.scalar(high, array.type)))
    for test in tests[1:]:
        tests[0] = pc.and_(tests[0], test)
    return tests[0] if tests else None


def _mask(within: pa.Array | None, array: pa.Array) -> Any:
    if within is None:
        return array.is_valid().to_numpy(zero_copy_only=False)
    mask = within.fill_null(pa.scalar(False)).to_numpy(zero_copy_only=False)
    return mask & array.is_valid().to_numpy(zero_copy_only=False) if array.null_count else mask.copy()


def _one_by_one(spec: InputSpec, column: pa.Array) -> tuple[pa.Array, Bad]:
    """Every distinct value through the row's `accept`."""
    try:
        encoded = (
            column
            if pa.types.is_dictionary(column.type)
            else column.dictionary_encode(null_encoding="encode")
        )
        if encoded.null_count:
            encoded = encoded.dictionary_decode().dictionary_encode(null_encoding="encode")
    except (pa.ArrowException, NotImplementedError):
        values, bad = _accept_all(spec, python(column))
        return pa.array(values, ARROW[spec.type]), bad
    values, wrong = _accept_all(spec, python(encoded.dictionary))
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    array = pa.array(values, ARROW[spec.type]).take(encoded.indices)
    rows = np.flatnonzero(np.isin(indices, list(wrong))) if wrong else ()
    return array, {int(row): wrong[int(indices[row])] for row in rows}


def _accept_all(spec: InputSpec, values: Sequence[Any]) -> tuple[list[Any], Bad]:
    accepted, bad = [], {}
    for place, value in enumerate(values):
        converted, problem = accept(spec, value)
        accepted.append(None if converted is UNSET else converted)
        if problem is not None:
            bad[place] = problem
    return accepted, bad


def python(array: pa.Array) -> list[Any]:
    """The values as `to_pylist` has them, times to microseconds; Unreadable for what Python cannot hold."""
    kind = array.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        array = array.cast(pa.timestamp("us", kind.tz), safe=False)
    elif pa.types.is_duration(kind) and kind.unit == "ns":
        array = array.cast(pa.duration("us"), safe=False)
    try:
        values: list[Any] = array.to_pylist()
    except (pa.ArrowException, ValueError, OverflowError):
        return [_scalar(scalar) for scalar in array]
    return values


def _scalar(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except (pa.ArrowException, ValueError, OverflowError):
        return Unreadable()
