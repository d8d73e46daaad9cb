"""Linear classifiers: LogisticRegression."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scorer.classes import Rule, class_columns, exp, pair, read_route, read_thresholds, softmax, softmax_rows
from scorer.columns import Column, Numbers, Rows
from scorer.dot import Weights, dot, dot_rows
from scorer.fields import Field, Kind, number, vector
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import Matrix, Vectors, dense

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
        _agree(saved, record, matrix)
        weights = tuple(Weights.of(matrix, k) for k in range(matrix.rows))
        if record.get("isMultinomial"):
            rule = Rule.of(saved, matrix.rows)
            return Multinomial(weights, tuple(intercepts), rule, saved.behaves < (3, 2))
        return Binomial(weights[0], intercepts[0], _threshold(saved), read_route(saved))


def _agree(saved: Saved, record: dict[str, Any], matrix: Matrix) -> None:
    """Refuse counts that are not those of the coefficients; labels of one class are fitted as of two."""
    features, classes = record.get("numFeatures", matrix.columns), record.get("numClasses")
    allowed = (matrix.rows,) if record.get("isMultinomial") else (1, 2)
    if features != matrix.columns:
        raise saved.fail(f"numFeatures is {features}, but it holds coefficients of {matrix.columns} features")
    if classes is not None and classes not in allowed:
        raise saved.fail(f"numClasses is {classes}, but it holds {matrix.rows} rows of coefficients")


def _threshold(saved: Saved) -> float:
    thresholds = read_thresholds(saved, 2)
    if thresholds is None:
        threshold = saved.number("threshold", 0.5)
        if not 0.0 <= threshold <= 1.0:
            raise saved.fail(f"threshold should be from 0 to 1, not {threshold}")
        return threshold
    return 1.0 / (1.0 + thresholds[0] / thresholds[1]) if thresholds[1] else 0.0


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
        return class_columns(pair(-margin, margin), pair(zero, 1.0 - zero), one.astype(np.float64))


@dataclass(frozen=True, slots=True)
class Multinomial(Stage):
    """Raw scores W x + b, a softmax, and the class by thresholds."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    weights: tuple[Weights, ...]
    intercepts: tuple[float, ...]
    rule: Rule
    whole: bool = False  # before Spark 3.2, an infinite score left zeros to the others

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return vector(self.rule.classes), vector(self.rule.classes), number()

    def row(self) -> Callable[[Any], tuple[list[float], list[float], float]]:
        """Score one vector."""
        weights, intercepts, place, whole = self.weights, self.intercepts, self.rule.row(), self.whole

        def score(features: Any) -> tuple[list[float], list[float], float]:
            raw = [dot(features, w) + b for w, b in zip(weights, intercepts, strict=True)]
            probability = softmax(raw, whole=whole)
            return raw, probability, place(raw, probability)

        return score

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Score a batch."""
        each = [dot_rows(rows, columns[0], w) + b for w, b in zip(self.weights, self.intercepts, strict=True)]
        raw = np.stack(each, axis=1)
        return self.rule.columns(raw, softmax_rows(raw, whole=self.whole))
