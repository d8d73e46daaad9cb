"""The objects that a bundle's JSON is made of; the package says how they lie in each other."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Raw

from scorer import inputtypes
from scorer.errors import SavedError

FORMAT, VERSION = "scoregate-model", 1
NAMED = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}
PLAIN: dict[str, tuple[pa.DataType, Any]] = {
    "double": (pa.float64(), list[float | str | None]),
    "float": (pa.float32(), list[float | str | None]),
    "int8": (pa.int8(), list[int | None]),
    "int16": (pa.int16(), list[int | None]),
    "int32": (pa.int32(), list[int | None]),
    "int64": (pa.int64(), list[int | None]),
    "string": (pa.string(), list[str | None]),
    "bool": (pa.bool_(), list[bool | None]),
}
NOTHING = Raw()
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

    metadata: Raw = NOTHING
    table: Raw = NOTHING
    children: dict[str, Raw] = {}


class Columns(msgspec.Struct, forbid_unknown_fields=True):
    """A table."""

    columns: dict[str, Raw]


class Array(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A column, or what lists, maps and structs are made of."""

    type: str
    values: Raw = NOTHING
    lengths: list[int | None] | None = None
    keys: Raw = NOTHING
    items: Raw = NOTHING
    fields: dict[str, Raw] | None = None
    valid: list[bool] | None = None


def decode(raw: Any, kind: type[T], path: str, reason: str = "is damaged") -> T:
    """Read one of them; raises SavedError."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, RecursionError, ValueError) as e:
        raise SavedError(path, f"{reason}: {e}") from None
