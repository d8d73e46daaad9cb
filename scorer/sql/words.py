"""What sqlglot calls the parts of a statement, and what messages call those that are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from scorer.sql.types import BIGINT, BOOLEAN, DATE, DOUBLE, FLOAT, INT, SMALLINT, STRING, TINYINT

BINARY = {
    "Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Mod": "%", "IntDiv": "div", "EQ": "=", "LT": "<",
    "LTE": "<=", "GT": ">", "GTE": ">=", "NullSafeEQ": "<=>", "DPipe": "||", "BitwiseAnd": "&",
    "BitwiseOr": "|", "BitwiseXor": "^",
}  # fmt: skip
BITS = frozenset({"BitwiseAnd", "BitwiseOr", "BitwiseXor"})
EXTRACTS = {
    **dict.fromkeys(("year", "y", "years", "yr", "yrs"), "year"),
    **dict.fromkeys(("quarter", "qtr"), "quarter"),
    **dict.fromkeys(("month", "mon", "mons", "months"), "month"),
    **dict.fromkeys(("week", "w", "weeks"), "weekofyear"),
    **dict.fromkeys(("day", "d", "days"), "day"),
    **dict.fromkeys(("dayofweek", "dow"), "dayofweek"),
    "doy": "dayofyear",
    **dict.fromkeys(("hour", "h", "hours", "hr", "hrs"), "hour"),
    **dict.fromkeys(("minute", "m", "min", "mins", "minutes"), "minute"),
}
FIELDS = ("year", "quarter", "month", "week", "day", "dayofweek", "doy", "hour", "minute")
COMPARE = frozenset({"EQ", "NEQ", "LT", "LTE", "GT", "GTE", "NullSafeEQ"})
PREDICATE = frozenset({"Is", "In", "Between", "Like", "RegexpLike", "Not", "And", "Or"})
CLAUSES = {
    "group": "GROUP BY", "having": "HAVING", "order": "ORDER BY", "sort": "SORT BY", "limit": "LIMIT",
    "offset": "OFFSET", "distinct": "DISTINCT", "with_": "WITH", "with": "WITH", "joins": "JOIN",
    "laterals": "LATERAL VIEW", "hint": "a hint", "windows": "WINDOW", "qualify": "QUALIFY",
    "cluster": "CLUSTER BY", "distribute": "DISTRIBUTE BY", "into": "INTO", "pivots": "PIVOT",
    "sample": "TABLESAMPLE", "operation_modifiers": "a modifier", "kind": "SELECT AS", "match": "MATCH",
}  # fmt: skip
NAMES = {
    "Window": "a window function", "Subquery": "a subquery", "Exists": "a subquery",
    "Bracket": "an element or field by [ ]", "Lambda": "a lambda", "Interval": "INTERVAL",
    "Placeholder": "a parameter", "Parameter": "a parameter", "Distinct": "DISTINCT", "Escape": "ESCAPE",
    "Aliases": "several names of one column", "Dot": "a field of a struct",
}  # fmt: skip
CASTABLE = {
    "BOOLEAN": BOOLEAN, "TINYINT": TINYINT, "SMALLINT": SMALLINT, "INT": INT, "BIGINT": BIGINT,
    "FLOAT": FLOAT, "DOUBLE": DOUBLE, "TEXT": STRING, "DATE": DATE,
}  # fmt: skip
FLAGS = frozenset({"typed", "safe", "quoted", "coalesce", "comments", "nested", "_type"})


class UnknownError(Exception):
    """Something outside the subset: the message names it."""


def spaced(kind: str) -> str:
    """Write a node's class as words: `GroupingSets` as GROUPING SETS."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).upper()


def written(one: Any) -> str:
    """Write a part of the statement for a message."""
    made: Callable[..., str] = one.sql
    try:
        text = made(dialect="spark")
    except (ValueError, RecursionError, AttributeError, TypeError):
        text = type(one).__name__
    return text if len(text) <= 60 else text[:59] + "…"
