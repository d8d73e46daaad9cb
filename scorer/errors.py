"""What can go wrong while a model is loaded or a row is scored.

    Exception
    └── ScorerError            the model, its files, its columns or a table cannot be used
        ├── SavedError         a saved directory is missing, damaged or hostile; names the file and the stage
        ├── UnsupportedError   a class that has no stage here; names it and its nearest relatives
        ├── ColumnError        a column is missing or of the wrong type
        └── RowError           one row on which Spark would raise; names stage, column, value and row number

Inside a stage, a function over values raises `Invalid` (it knows no names) or `Dropped`; the compiled
function adds stage, column and row number, and the caller sees `RowError` or a dropped row.
"""

from __future__ import annotations

from typing import Any


class ScorerError(Exception):
    """The base of everything that this package raises on purpose."""


class SavedError(ScorerError):
    """A saved model cannot be read: `place` is the file or folder, `stage` the stage's uid (or None)."""

    def __init__(self, place: str, reason: str, stage: str | None = None) -> None:
        self.place, self.reason, self.stage = place, reason, stage
        where = f"{place} (stage {stage})" if stage else place
        super().__init__(f"{where}: {reason}")


class UnsupportedError(ScorerError):
    """The saved model holds a class that cannot be scored here."""


class ColumnError(ScorerError):
    """A column that the model needs is missing, or its type does not fit."""


class RowError(ScorerError):
    """One row on which Spark would raise too.

    `stage` is the stage's uid, `column` the name of the column that was read, `value` what came, `row` the
    number of the row in the table (None for a single row), `reason` one sentence.
    """

    def __init__(self, stage: str, column: str, value: Any, reason: str, row: int | None = None) -> None:
        self.stage, self.column, self.value, self.reason, self.row = stage, column, value, reason, row
        where = f"row {row}, " if row is not None else ""
        super().__init__(f"{where}stage {stage}, column `{column}`: {reason}")


class Invalid(Exception):
    """A value that a stage refuses; `position` counts the stage's inputs. Never leaves the package."""

    def __init__(self, reason: str, position: int = 0) -> None:
        self.reason, self.position = reason, position
        super().__init__(reason)


class Dropped(Exception):
    """The row is dropped (`handleInvalid="skip"`). Never leaves the package."""


def shown(value: Any, limit: int = 60) -> str:
    """Write a value for a message: its Python form, at most `limit` characters of it."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
