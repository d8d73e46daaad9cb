"""A ranking over a table of requests: a row for each item of each list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from policy.engine.ranking.outcome import RankOutcome
from policy.errors import FactsError

_COLUMNS = {
    "request": pa.int64(),
    "user": pa.string(),
    "place": pa.int64(),
    "id": pa.string(),
    "score": pa.float64(),
    "source": pa.string(),
    "problem": pa.string(),
}


def rank_rows(row: Callable[..., RankOutcome], table: pa.Table | pa.RecordBatch, now: Any) -> pa.Table:
    """The lists of all requests; see `Ranking.batch`."""
    made: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    for number, values in enumerate(table.to_pylist()):
        try:
            outcome = row(values, now=now)
        except FactsError as error:
            _add(made, number, values.get("user"), None, None, None, None, str(error))
            continue
        for place, item in enumerate(outcome.items, 1):
            _add(made, number, outcome.user, place, item.id, item.score, item.source, None)
    return pa.table(
        {
            name: pa.array([_text(v) for v in made[name]] if kind == pa.string() else made[name], kind)
            for name, kind in _COLUMNS.items()
        }
    )


def _add(made: Mapping[str, list[Any]], *values: Any) -> None:
    for column, value in zip(made.values(), values, strict=True):
        column.append(value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
