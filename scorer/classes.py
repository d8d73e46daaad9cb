"""How a classifier chooses: raw scores, probabilities and thresholds become a class.

Source: org.apache.spark.ml.classification.ProbabilisticClassificationModel, ml.impl.Utils.softmax.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scorer.vectors import Floats


def exp(x: float) -> float:
    """Return e^x as Java does: infinity where it overflows."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


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
