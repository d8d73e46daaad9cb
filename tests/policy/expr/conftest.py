"""Random rows of the expression language, and what its tests share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from edges import random_value
from sentences import TYPES, WORDS, Sentences

ARROW = {
    "int": pa.int64(),
    "double": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
    "duration": pa.duration("us"),
    "ip": pa.string(),
    "list(int)": pa.list_(pa.int64()),
    "list(double)": pa.list_(pa.float64()),
    "list(string)": pa.list_(pa.string()),
}


def random_row(random: Random) -> dict[str, Any]:
    """A row over TYPES."""
    values = {name: random_value(random, kind) for name, kind in TYPES.items() if isinstance(kind, str)}
    return {**values, "e": random.choice([*WORDS, None])}


def table_of(rows: list[dict[str, Any]], *, dictionary: bool = False) -> pa.Table:
    """The rows as an Arrow table, its strings dictionary-encoded if asked for."""
    columns = {}
    for name, kind in TYPES.items():
        arrow = ARROW[kind] if isinstance(kind, str) else pa.string()
        column = pa.array([row[name] for row in rows], arrow)
        columns[name] = column.dictionary_encode() if dictionary and arrow == pa.string() else column
    return pa.table(columns)


def plain(value: Any) -> Any:
    """A value in a form in which equal answers are equal: times in UTC, bit-exact doubles."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return repr(value)


@dataclass(frozen=True)
class Lab:
    """What tests of the language share."""

    types: dict[str, Any]
    sentences: type[Sentences]
    row: Callable[[Random], dict[str, Any]]
    table: Callable[..., pa.Table]
    plain: Callable[[Any], Any]


@pytest.fixture(scope="session")
def lab() -> Lab:
    """Random expressions and rows."""
    return Lab(TYPES, Sentences, random_row, table_of, plain)
