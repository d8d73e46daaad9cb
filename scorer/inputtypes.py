"""The types of a model's inputs as a bundle states them, where a signature of MLflow's did before.

INPUTS  [{"name": "x", "type": TYPE}]
TYPE    "double"      likewise float, int8 … int64, string, bool, binary, timestamp (microseconds, of no zone)
        {"list": TYPE}      {"list": TYPE, "size": 3}   where every list is of one size

Only types that a signature can state are held.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa
from msgspec import Raw

MAX_NESTING = 64
MAX_SIZE = 1 << 20  # of a list of fixed size
_TYPES: dict[str, pa.DataType] = {
    "double": pa.float64(),
    "float": pa.float32(),
    **{f"int{n}": pa.type_for_alias(f"int{n}") for n in (8, 16, 32, 64)},
    "string": pa.string(),
    "bool": pa.bool_(),
    "binary": pa.binary(),
    "timestamp": pa.timestamp("us"),
}
_NAMES = {kind: name for name, kind in _TYPES.items()}


class Input(msgspec.Struct, forbid_unknown_fields=True):
    """A column and its type."""

    name: str
    type: Raw


class List(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A list, of any length or of one."""

    list: Raw
    size: int | None = None


def written(schema: pa.Schema) -> list[Input]:
    """Return the types of a schema in a bundle's form; raises ValueError for a type that no signature states."""
    return [Input(field.name, Raw(msgspec.json.encode(_written(field.type)))) for field in schema]


def _written(kind: pa.DataType) -> Any:
    if kind in _NAMES:
        return _NAMES[kind]
    if pa.types.is_fixed_size_list(kind):
        return List(_raw(kind.value_type), kind.list_size)
    if pa.types.is_list(kind):
        return List(_raw(kind.value_type))
    raise ValueError(f"{kind} is no type of a signature")


def _raw(kind: pa.DataType) -> Raw:
    return Raw(msgspec.json.encode(_written(kind)))


def read(inputs: list[Input]) -> pa.Schema:
    """Return the schema that a bundle states; raises ValueError with one sentence."""
    names = [one.name for one in inputs]
    if len(set(names)) < len(names):
        raise ValueError("two of its `inputs` have one name")
    return pa.schema([(one.name, _read(one.type, one.name, 0)) for one in inputs])


def _read(raw: Raw, name: str, depth: int) -> pa.DataType:
    if depth > MAX_NESTING:
        raise ValueError(f"the type of the input {name!r} is nested more than {MAX_NESTING} deep")
    found = msgspec.json.decode(raw, type=str | List)
    if isinstance(found, List):
        items = _read(found.list, name, depth + 1)
        if found.size is None:
            return pa.list_(items)
        if not 0 < found.size <= MAX_SIZE:
            raise ValueError(f"the lists of the input {name!r} cannot be of the size {found.size}")
        return pa.list_(items, found.size)
    if found not in _TYPES:
        raise ValueError(
            f"the input {name!r} has the unknown type {found!r}; expected {', '.join(_TYPES)} or a list"
        )
    return _TYPES[found]
