"""Linear classifiers: LogisticRegression."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scorer.classes import argmax, argmax_rows, exp, scaled_argmax, scaled_argmax_rows, softmax, softmax_rows
from scorer.columns import Column, Numbers, Rows
from scorer.dot import Weights, dot, dot_rows
from scorer.fields import Field, Kind, number, vector
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import Dense, Matrix, Vectors, dense

OUTPUTS = ("rawPredictionCol", "probabilityCol", "predictionCol")


@stage("org.apache.spark.ml.classification.LogisticRegressionModel", inputs=("featuresCol",), outputs=OUTPUTS)
@dataclass(frozen=True, slots=True)
class LogisticRegression(Stage):
    """Reads as one of its two forms. Source: classification.LogisticRegressionModel."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read coefficients and thresholds; Spark 2.0 saved the binomial form as a vector."""
        record = saved.record()
        if "coefficientMatrix" in record:
            matrix = saved.matrix(record["coefficientMatrix"], "coefficientMatrix")
            intercepts = dense(saved.vector(record["interceptVector"], "interceptVector"))
        else:
            row = np.array([dense(saved.vector(record["coefficients"], "coefficients"))])
            matrix, intercepts = Matrix(row, None), [float(record["intercept"])]
        if len(intercepts) != matrix.rows:
            raise saved.fail(f"holds {matrix.rows} rows of coefficients and {len(intercepts)} intercepts")
        weights = tuple(Weights.of(matrix, k) for k in range(matrix.rows))
        thresholds = saved.numbers("thresholds") if saved.params.get("thresholds") else None
        if record.get("isMultinomial"):
            if thresholds is not None and len(thresholds) != matrix.rows:
                raise saved.fail(f"holds {len(thresholds)} thresholds for {matrix.rows} classes")
            return Multinomial(weights, tuple(intercepts), thresholds, saved.behaves < (3, 2))
        return Binomial(weights[0], intercepts[0], _threshold(saved, thresholds), _route(saved))


def _threshold(saved: Saved, thresholds: Sequence[float] | None) -> float:
    if thresholds is None:
        return saved.number("threshold", 0.5)
    if len(thresholds) != 2:
        raise saved.fail(f"holds {len(thresholds)} thresholds for two classes")
    return 1.0 / (1.0 + thresholds[0] / thresholds[1]) if thresholds[1] else 0.0


def _route(saved: Saved) -> str:
    if saved.text("rawPredictionCol", "rawPrediction"):
        return "raw"
    return "probability" if saved.text("probabilityCol", "probability") else "score"


@dataclass(frozen=True, slots=True)
class Binomial(Stage):
    """Margin m = w·x + b; raw [-m, m]; p0 = 1/(1+e^m), p1 = 1 - p0.

    The prediction compares what Spark compares: the margin with log(t/(1-t)), or, if the column of raw scores
    is not produced (`route`), the probability, or 1/(1+e^-m), with t.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    weights: Weights
    intercept: float
    threshold: float
    route: str = "raw"

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return vector(2), vector(2), number()

    @property
    def cut(self) -> float:
        """The margin above which class 1 is predicted."""
        t = self.threshold
        return -math.inf if t <= 0 else math.inf if t >= 1 else math.log(t / (1.0 - t))

    def row(self) -> Callable[[Any], tuple[list[float], list[float], float]]:
        """Score one vector."""
        weights, intercept, cut, threshold, route = (
            self.weights,
            self.intercept,
            self.cut,
            self.threshold,
            self.route,
        )

        def score(features: Any) -> tuple[list[float], list[float], float]:
            margin = dot(features, weights) + intercept
            zero = 1.0 / (1.0 + exp(margin))
            if route == "raw":
                one = margin > cut
            elif route == "probability":
                one = 1.0 - zero > threshold
            else:
                one = 1.0 / (1.0 + exp(-margin)) > threshold
            return [-margin, margin], [zero, 1.0 - zero], 1.0 if one else 0.0

        return score

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Score a batch."""
        return self.outputs(dot_rows(rows, columns[0], self.weights) + self.intercept)

    def outputs(self, margin: Any) -> tuple[Vectors, Vectors, Numbers]:
        """Compute the outputs of margins (rows,)."""
        with np.errstate(over="ignore"):
            zero = 1.0 / (1.0 + np.exp(margin))
            if self.route == "raw":
                one = margin > self.cut
            elif self.route == "probability":
                one = 1.0 - zero > self.threshold
            else:
                one = 1.0 / (1.0 + np.exp(-margin)) > self.threshold
        return _pair(-margin, margin), _pair(zero, 1.0 - zero), Numbers(one.astype(np.float64))


def _pair(first: Any, second: Any) -> Vectors:
    out = np.empty((len(first), 2))
    out[:, 0], out[:, 1] = first, second
    return Vectors((Dense(out),))


@dataclass(frozen=True, slots=True)
class Multinomial(Stage):
    """Raw scores W x + b, a softmax, and the class by thresholds."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    weights: tuple[Weights, ...]
    intercepts: tuple[float, ...]
    thresholds: tuple[float, ...] | None
    whole: bool = False  # before Spark 3.2, an infinite score left zeros to the others

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return vector(len(self.weights)), vector(len(self.weights)), number()

    def row(self) -> Callable[[Any], tuple[list[float], list[float], float]]:
        """Score one vector."""
        weights, intercepts, thresholds, whole = self.weights, self.intercepts, self.thresholds, self.whole

        def score(features: Any) -> tuple[list[float], list[float], float]:
            raw = [dot(features, w) + b for w, b in zip(weights, intercepts, strict=True)]
            probability = softmax(raw, whole=whole)
            place = argmax(raw) if thresholds is None else scaled_argmax(probability, thresholds)
            return raw, probability, float(place)

        return score

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Score a batch."""
        each = [dot_rows(rows, columns[0], w) + b for w, b in zip(self.weights, self.intercepts, strict=True)]
        raw = np.stack(each, axis=1)
        probability = softmax_rows(raw, whole=self.whole)
        place = (
            argmax_rows(raw) if self.thresholds is None else scaled_argmax_rows(probability, self.thresholds)
        )
        return Vectors((Dense(raw),)), Vectors((Dense(probability),)), Numbers(place)
