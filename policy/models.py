"""One number of a scorer's model, as the engine asks for it, and what loads models by their location."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from policy.engine.scorer import NO_SCORE, Scores

Models = Callable[[str], Any]  # the location of a model -> what has `output(name)`

_ROW_NUMBER = re.compile(r"\Arow \d+, ")


@dataclass(frozen=True, slots=True)
class ModelScorer:
    """One number of a scorer's model, as the engine sees it."""

    output: Any  # scorer.Output
    errors: tuple[type[Exception], ...] = (Exception,)

    @property
    def inputs(self) -> pa.Schema:
        """The columns that the number needs."""
        return self.output.inputs

    @property
    def version(self) -> str:
        """The model's content hash."""
        return str(self.output.version)

    @property
    def label(self) -> str | None:
        """The class at the output's slot."""
        label: str | None = self.output.label
        return label

    def bind(self, names: Sequence[str]) -> Callable[..., float | None]:
        """The compiled row function."""
        function: Callable[..., float | None] = self.output.bind(names)
        return function

    def batch(self, table: pa.Table) -> Scores:
        """The scores of a table, with the causes that the row function would give."""
        try:
            scores, causes = self.output.batch(table)
        except self.errors:  # a row is refused in a way that stops the table: ask row by row
            return self._rows(table)
        return scores, [None if cause is None else _of_row(cause) for cause in causes]

    def _rows(self, table: pa.Table) -> Scores:
        function = self.bind(table.column_names)
        scores = np.full(table.num_rows, np.nan)
        causes: list[str | None] = [None] * table.num_rows
        for row, values in enumerate(zip(*(column.to_pylist() for column in table.columns), strict=True)):
            scores[row], causes[row] = self._row(function, values)
        return scores, causes

    def _row(self, function: Callable[..., float | None], values: Sequence[Any]) -> tuple[float, str | None]:
        try:
            score = function(*values)
        except self.errors as error:
            return np.nan, str(error) or type(error).__name__
        return (np.nan, NO_SCORE) if score is None else (score, None)


@dataclass(slots=True)
class Cached:
    """Loads each model once, however many policies use it."""

    models: Models
    loaded: dict[str, Any] = field(default_factory=dict)

    def __call__(self, location: str) -> Any:
        """The model at the location."""
        if location not in self.loaded:
            self.loaded[location] = self.models(location)
        return self.loaded[location]


def _of_row(cause: str) -> str:
    """What the scorer says of a row of a table as it would say it of a single row."""
    return NO_SCORE if cause == "dropped" else _ROW_NUMBER.sub("", cause)
