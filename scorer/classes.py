"""How a classifier chooses: raw scores, probabilities and thresholds become a class.

Source: org.apache.spark.ml.classification.ProbabilisticClassificationModel, ml.impl.Utils.softmax.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scorer.columns import Numbers
from scorer.saved import Saved
from scorer.vectors import Dense, Floats, Vectors

# -- what a model was told ------------------------------------------------------------------------------------


def read_thresholds(saved: Saved, classes: int) -> tuple[float, ...] | None:
    """Read the thresholds, one for each class; None if there are none."""
    if not saved.params.get("thresholds"):
        return None
    thresholds = saved.numbers("thresholds")
    if len(thresholds) != classes:
        raise saved.fail(f"holds {len(thresholds)} thresholds for {classes} classes")
    if not all(t >= 0 for t in thresholds) or thresholds.count(0.0) > 1:
        raise saved.fail(f"its thresholds should be 0 or more, at most one of them 0, not {thresholds}")
    return thresholds


def read_route(saved: Saved) -> str:
    """Read which column Spark takes the class from: the first that is made of raw | probability | prediction."""
    if saved.text("rawPredictionCol", "rawPrediction"):
        return "raw"
    return "probability" if saved.text("probabilityCol", "probability") else "prediction"


@dataclass(frozen=True, slots=True)
class Rule:
    """How one of `classes` is chosen: by `thresholds`, or else the largest number of the column that `route` names."""

    classes: int
    thresholds: tuple[float, ...] | None
    route: str = "raw"

    @classmethod
    def of(cls, saved: Saved, classes: int) -> Rule:
        """Read the thresholds and the route."""
        return cls(classes, read_thresholds(saved, classes), read_route(saved))

    def row(self) -> Callable[[list[float], list[float]], float]:
        """Return the function from the raw scores and probabilities of one row to its class."""
        thresholds = self.thresholds
        if thresholds is not None:
            return lambda _, probability: float(scaled_argmax(probability, thresholds))
        if self.route == "probability":
            return lambda _, probability: float(argmax(probability))
        return lambda raw, _: float(argmax(raw))

    def batch(self, raw: Floats, probability: Floats) -> Floats:
        """Choose (rows,) the class of each row of (rows, classes)."""
        if self.thresholds is not None:
            return scaled_argmax_rows(probability, self.thresholds)
        return argmax_rows(probability if self.route == "probability" else raw)

    def columns(self, raw: Floats, probability: Floats) -> tuple[Vectors, Vectors, Numbers]:
        """Return the columns of raw scores, probabilities and classes of (rows, classes)."""
        return class_columns(raw, probability, self.batch(raw, probability))


def class_columns(raw: Floats, probability: Floats, prediction: Floats) -> tuple[Vectors, Vectors, Numbers]:
    """Return the columns of a classifier: raw scores and probabilities (rows, classes), classes (rows,)."""
    return Vectors((Dense(raw),)), Vectors((Dense(probability),)), Numbers(prediction)


def pair(zero: Floats, one: Floats) -> Floats:
    """Return (rows, 2) of the numbers (rows,) of two classes."""
    out = np.empty((len(zero), 2))
    out[:, 0], out[:, 1] = zero, one
    return out


# -- the largest ----------------------------------------------------------------------------------------------


def argmax(numbers: Sequence[float]) -> int:
    """Return the first largest place; NaN never wins but at place 0."""
    best, place = numbers[0], 0
    for i, x in enumerate(numbers):
        if x > best:
            best, place = x, i
    return place


def argmax_rows(numbers: Floats) -> Floats:
    """Return (rows,) the first largest place of each row, as doubles."""
    held = np.where(np.isnan(numbers), -np.inf, numbers)
    places = np.argmax(held, axis=1)
    return np.asarray(np.where(np.isnan(numbers[:, 0]), 0, places), dtype=np.float64)


def scaled_argmax(probability: Sequence[float], thresholds: Sequence[float]) -> int:
    """Return the class with the largest probability / threshold; a threshold of 0 wins unless p is 0 too."""
    best, place = -math.inf, 0
    for i, (p, t) in enumerate(zip(probability, thresholds, strict=True)):
        scaled = p / t if t else (math.inf if p > 0 else math.nan)
        if scaled > best:
            best, place = scaled, i
    return place


def scaled_argmax_rows(probability: Floats, thresholds: Sequence[float]) -> Floats:
    """Return (rows,) what `scaled_argmax` returns for each row."""
    with np.errstate(all="ignore"):
        scaled = probability / np.array(thresholds)
    best: Floats = np.argmax(np.where(np.isnan(scaled), -np.inf, scaled), axis=1).astype(np.float64)
    return best


# -- scores become probabilities ------------------------------------------------------------------------------


def exp(x: float) -> float:
    """Return e^x as Java does: infinity where it overflows."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def shares(counts: list[float]) -> list[float]:
    """Return each count divided by their sum, taken in order; counts that sum to 0 stay."""
    total = 0.0
    for count in counts:
        total += count
    return [count / total for count in counts] if total != 0.0 else counts.copy()


def shares_rows(counts: Floats) -> Floats:
    """Return what `shares` returns for each row of (rows, classes)."""
    total = np.zeros(len(counts))
    for k in range(counts.shape[1]):
        total += counts[:, k]
    with np.errstate(all="ignore"):
        out: Floats = counts / np.where(total == 0.0, 1.0, total)[:, None]
    return out


def softmax(raw: Sequence[float], *, whole: bool = False) -> list[float]:
    """Return e^raw, normalised; an infinite score takes all (and leaves NaN where 0 × ∞ stands).

    `whole`: as before Spark 3.2, where it left zeros, unless NaN came first. Source: LogisticRegressionModel of 3.1.
    """
    if whole and math.inf in raw:
        place = argmax(raw)
        return [float(i == place) if raw[place] == math.inf else math.nan for i in range(len(raw))]
    for i, x in enumerate(raw):
        if x == math.inf:
            out = [y * 0.0 for y in raw]
            out[i] = 1.0
            return out
    top = max((x for x in raw if x == x), default=-math.inf)
    powers = [exp(x - top) if x == x else x for x in raw]
    total = 0.0
    for p in powers:
        total += p
    factor = 1.0 / total if total else math.inf
    return [p * factor for p in powers]


def softmax_rows(raw: Floats, *, whole: bool = False) -> Floats:
    """Return what `softmax` returns for each row of (rows, classes)."""
    with np.errstate(all="ignore"):
        top = np.nanmax(np.where(np.isnan(raw), -np.inf, raw), axis=1, keepdims=True)
        powers = np.exp(raw - top)
        total = np.zeros(len(raw))
        for k in range(raw.shape[1]):
            total += powers[:, k]
        out: Floats = powers * (1.0 / total)[:, None]
        for i in np.flatnonzero(np.isposinf(raw).any(axis=1)):
            out[i] = softmax(raw[i].tolist(), whole=whole)
    return out
