"""Where a policy's score comes from: a model over some of the facts, one of the facts itself, or what a store holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isnan
from typing import Any

import numpy as np
import pyarrow as pa

from policy.engine.formula import Formula
from policy.engine.kept import NOT_KEPT, Held, Kept
from policy.engine.scorer import NO_SCORE, Scorer, Scores
from policy.spec.values import describe

WITHHELD = "the model cannot score this record; details are withheld, for it reads a fact not logged in clear"
NO_FACT = "the fact that is the score is missing"
NO_MODEL = "the policy has no model, and its store is not asked here"


@dataclass(frozen=True, slots=True)
class Argument:
    """One input of the model: its name there, the place of its fact, and whether it becomes a double.

    formula: what is computed in the place of a fact.
    """

    name: str
    place: int
    as_double: bool = False
    formula: Formula | None = None


@dataclass(frozen=True, slots=True)
class Scoring:
    """A scorer bound to the facts of a policy; without a scorer the one argument is the score.

    withheld: whether the texts of the model's errors, which may quote facts, are kept from outcomes and logs. kept:
    the store that is asked first; with one there may be neither scorer nor argument.
    """

    scorer: Scorer | None
    arguments: tuple[Argument, ...]
    pointer: str = "/score"
    withheld: bool = False
    kept: Kept | None = None
    function: Callable[..., float | None] = field(init=False)

    def __post_init__(self) -> None:
        names = [argument.name for argument in self.arguments]
        function = _itself if self.scorer is None else self.scorer.bind(names)
        object.__setattr__(self, "function", function)

    @property
    def version(self) -> str | None:
        """The model's content hash; None without a model."""
        return None if self.scorer is None else self.scorer.version

    @property
    def label(self) -> str | None:
        """The class whose probability the score is, if the model tells it."""
        return None if self.scorer is None else self.scorer.label

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What the function may raise for a record."""
        return () if self.scorer is None else self.scorer.errors

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """What is computed for the model."""
        return tuple(one.formula for one in self.arguments if one.formula is not None)

    def row(self, values: Sequence[Any], named: Mapping[str, Any]) -> tuple[float | None, str, Held | None]:
        """The score of one record, why there is none, and what the store held. named: machine values, for formulas."""
        if self.kept is None:
            return *self.asked(values, named), None
        held = self.kept.lookup.row(values[self.kept.place])
        if held.score is not None:
            return held.score, "", held
        if not self.kept.live:
            return None, NOT_KEPT.format(held.why), held
        return *self.asked(values, named), held

    def asked(self, values: Sequence[Any], named: Mapping[str, Any]) -> tuple[float | None, str]:
        """The score of one record by the model or the fact, and why there is none."""
        try:
            number = self.function(*(_argument(one, values, named) for one in self.arguments))
        except self.errors as error:
            return None, self.cause(str(error) or type(error).__name__)
        if number is None or _is_nan(number):
            return None, self._none()
        return usable(number)

    def batch(self, arrays: Sequence[pa.Array], made: Sequence[pa.Array], rows: int) -> Scores:
        """The scores of all rows by the model or the fact, and why there is none. made: what formulas give."""
        rest = iter(made)
        columns = [
            _column(one, arrays[one.place]) if one.formula is None else next(rest) for one in self.arguments
        ]
        if not columns and self.scorer is None:
            return np.full(rows, np.nan), [NO_MODEL] * rows
        if self.scorer is None:
            values = columns[0].to_numpy(zero_copy_only=False)
            if not columns[0].null_count:
                return values, [None] * rows
            return values, [NO_FACT if gone else None for gone in columns[0].is_null().to_pylist()]
        names = [one.name for one in self.arguments]
        table = pa.table([*columns, pa.nulls(rows)], names=[*names, ""]).select(range(len(names)))
        scores, causes = self.scorer.batch(table)
        for row in np.flatnonzero(np.isnan(scores)).tolist():
            causes[row] = causes[row] or NO_SCORE
        return scores, causes

    def _none(self) -> str:
        """Why there is no score where none was raised."""
        if self.scorer is not None:
            return NO_SCORE
        return NO_FACT if self.arguments else NO_MODEL

    def cause(self, text: str) -> str:
        """The text of a model's error as an outcome may hold it."""
        return WITHHELD if self.withheld and text != NO_SCORE else text


def usable(score: Any) -> tuple[float | None, str]:
    """A score as a double within [0, 1]; or None and why it is not."""
    if isinstance(score, np.generic):
        score = score.item()
    if isinstance(score, bool) or not isinstance(score, float | int):
        return None, f"the score is no number but {describe(score)}"
    if 0.0 <= score <= 1.0:
        return float(score), ""
    number = _rounded(score)
    if isnan(number):
        return None, "the score is NaN"
    return None, f"the score {number:.17g} lies outside 0 to 1"


def _is_nan(number: Any) -> bool:
    return isinstance(number, float) and isnan(number)


def _rounded(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf


def _itself(value: float | None = None) -> float | None:
    return value


def _argument(argument: Argument, values: Sequence[Any], named: Mapping[str, Any]) -> Any:
    if argument.formula is not None:
        return argument.formula.function(*(named[name] for name in argument.formula.reads))
    value = values[argument.place]
    return float(value) if argument.as_double and value is not None else value


def _column(argument: Argument, array: pa.Array) -> pa.Array:
    return array.cast(pa.float64(), safe=False) if argument.as_double else array
