"""Typed expressions as DuckDB's SQL: the faster spelling of a batch.

Only operators that give there exactly what they give here are spelt; DuckDB raises where Spark raises or wraps, and
then the rows are computed one by one. No text of the statement reaches DuckDB but literals, quoted here. The engine is
in memory, on one thread, without files, network, extensions or settings.
"""

from __future__ import annotations

import ctypes
import math
import os
from collections import deque
from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from scorer.sql import door
from scorer.sql.casts import duck_type
from scorer.sql.exprs import Expr
from scorer.sql.texts import MAX_GROWN, quoted

MAX_SQL = 50_000  # characters of one expression
NUMERAL = 30  # characters of a number as a text, or more
_CONFIG = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "threads": "1",
    "memory_limit": "1GB",
}
_idle: deque[Any] = deque()  # engines that no batch uses now: each batch has one to itself


def spell(e: Expr) -> str | None:
    """Write an expression in DuckDB's SQL over columns `c0`, `c1` …; None if it cannot be exactly the same."""
    if e.kind == "column":
        return f"c{e.value}" if duck_type(e.type) else None
    if e.kind == "literal":
        return _literal(e)
    parts = [spell(arg) for arg in e.args]
    args = [part for part in parts if part is not None]
    if len(args) < len(parts):
        return None
    made = _step(e, args)
    return made if made and len(made) <= MAX_SQL else None


def _step(e: Expr, args: list[str]) -> str:
    if e.kind in ("and", "or"):
        return f"({f' {e.kind.upper()} '.join(args)})"
    if e.kind == "in":
        return f"({args[0]} IN ({', '.join(args[1:])}))"
    if e.kind == "coalesce":
        return f"coalesce({', '.join(args)})"
    if e.kind == "case":
        pairs = "".join(f" WHEN {args[i]} THEN {args[i + 1]}" for i in range(0, len(args) - 1, 2))
        return f"(CASE{pairs} ELSE {args[-1]} END)" if pairs else args[-1]
    assert e.op is not None
    return e.op.sql.format(*args) if e.op.sql else ""


def _literal(e: Expr) -> str | None:
    kind = duck_type(e.type)
    if not kind:
        return None
    value = e.value
    if value is None:
        return f"CAST(NULL AS {kind})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"CAST({value} AS {kind})"
    if isinstance(value, float):
        return (
            f"CAST('{_WORDS.get(str(float(value)), repr(float(value)))}' AS {kind})"
            if not _odd(value)
            else None
        )
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return quoted(value).replace("{{", "{").replace("}}", "}") or None if isinstance(value, str) else None


_WORDS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def _odd(value: float) -> bool:
    """Tell whether a double is so small that texts of it may be read in different ways."""
    return math.isfinite(value) and 0 < abs(value) < 1e-300


def run(columns: Sequence[pa.Array | None], count: int, text: str) -> pa.Array | None:
    """Compute an expression over columns `c0` … of `count` rows; None where DuckDB raises or is not installed."""
    duckdb = door.engine()
    if duckdb is None:
        return None
    if _grows(columns, text):
        return None
    given = {f"c{i}": column for i, column in enumerate(columns) if column is not None}
    table = pa.table(given or {"c": pa.nulls(count, pa.int8())})
    try:
        connection = _idle.pop()
    except IndexError:
        connection = _engine(duckdb)
    connection.register("given", table)
    try:
        made = connection.sql(f"SELECT {text} AS made FROM given").to_arrow_table().column(0)
    except duckdb.Error:
        return None
    finally:
        connection.unregister("given")
        _idle.append(connection)
    return made.combine_chunks() if made.num_chunks != 1 else made.chunk(0)


def _grows(columns: Sequence[pa.Array | None], text: str) -> bool:
    """Tell whether a text could grow beyond a row's bound, were every part of the expression the longest value."""
    sizes = [
        pc.max(pc.binary_length(c)).as_py() or 0 for c in columns if c is not None and c.type == pa.string()
    ]
    return len(text) * max([NUMERAL, *sizes]) > MAX_GROWN


def _engine(duckdb: Any) -> Any:
    made = duckdb.connect(":memory:", config=_CONFIG)
    made.execute("PRAGMA disable_optimizer")
    made.execute("SET lock_configuration = true")
    return made


def _forget() -> None:
    """Leave the parent's engines alone in a process that was forked: to free one there waits for ever."""
    for engine in _idle:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine))
    _idle.clear()


os.register_at_fork(after_in_child=_forget)
