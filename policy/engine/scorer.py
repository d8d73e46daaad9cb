"""What the engine knows of a model: named inputs in, one number out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

NO_SCORE = "the model gives no score for this record"  # the cause where a model says None or NaN

Scores = tuple[np.ndarray[tuple[int], np.dtype[np.float64]], list[str | None]]


@runtime_checkable
class Scorer(Protocol):
    """One number a record, from a model or from a constant."""

    @property
    def inputs(self) -> pa.Schema:
        """The model's inputs that this number needs; a field of type null takes any type."""

    @property
    def version(self) -> str:
        """The content hash of the model, "sha256:…", or "constant"."""

    @property
    def label(self) -> str | None:
        """The class whose probability the number is, as the model's labels name it."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What the bound function may raise for a record: it means "no score", and the message says why."""

    def bind(self, names: Sequence[str]) -> Callable[..., float | None]:
        """A positional function of the inputs named, in that order; None if the model drops the record."""

    def batch(self, table: pa.Table) -> Scores:
        """Scores of shape (rows,), NaN where there is none, and a text why, or None, for each row.

        The texts are those of the exceptions of the bound function; NO_SCORE or None where it says None.
        """


@dataclass(frozen=True, slots=True)
class ConstantScorer:
    """A scorer that needs nothing and always says the same: to test or try a policy without a model."""

    value: float | None
    version: str = "constant"
    label: str | None = None
    errors: tuple[type[Exception], ...] = ()

    @property
    def inputs(self) -> pa.Schema:
        """No inputs."""
        return pa.schema([])

    def bind(self, names: Sequence[str]) -> Callable[..., float | None]:
        """The constant, whatever the inputs."""
        del names
        value = self.value
        return lambda *_: value

    def batch(self, table: pa.Table) -> Scores:
        """The constant for every row."""
        value = float("nan") if self.value is None else self.value
        cause = NO_SCORE if self.value is None else None
        return np.full(table.num_rows, value), [cause] * table.num_rows
