"""The lazy door to sqlglot and DuckDB: both are imported when a pipeline first holds a SQLTransformer."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from scorer.errors import ScorerError


@cache
def parser() -> Any:
    """Return sqlglot; raises ScorerError where it is not installed."""
    try:
        return importlib.import_module("sqlglot")
    except ModuleNotFoundError as e:
        if e.name != "sqlglot":
            raise
        raise ScorerError(
            "a SQLTransformer is read by sqlglot, which is not installed: pip install 'scoregate[sql]'"
        ) from None


@cache
def engine() -> Any:
    """Return DuckDB, None where it is not installed: then a batch is mapped from its rows."""
    try:
        return importlib.import_module("duckdb")
    except ModuleNotFoundError as e:
        if e.name != "duckdb":
            raise
        return None
