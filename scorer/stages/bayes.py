"""Naive Bayes: multinomial, complement, Bernoulli and Gaussian."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scorer.classes import Rule, argmax
from scorer.errors import Invalid
from scorer.fields import Field, Kind, number, vector
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import Floats, Vector, active, dense

OUTPUTS = ("rawPredictionCol", "probabilityCol", "predictionCol")
KINDS = ("multinomial", "complement", "bernoulli", "gaussian")


@stage("org.apache.spark.ml.classification.NaiveBayesModel", inputs=("featuresCol",), outputs=OUTPUTS)
@dataclass(frozen=True, slots=True, eq=False)
class NaiveBayes(Stage):
    """Log-likelihoods of the classes and their softmax. Source: classification.NaiveBayesModel.

    `prior` (classes,), `theta` (classes, slots): logarithms, but means if gaussian; `variance` only then. Spark 2
    took negative counts, and NaN (`negative`).
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    kind: str
    prior: Floats
    theta: Floats
    variance: Floats | None
    rule: Rule
    negative: bool = False

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read priors and parameters; `sigma` since Spark 3.0."""
        record = saved.record()
        kind = saved.choice("modelType", "multinomial", KINDS)
        prior = np.array(dense(saved.vector(record["pi"], "pi")))
        theta = saved.matrix(record["theta"], "theta").values
        variance = saved.matrix(record["sigma"], "sigma").values if kind == "gaussian" else None
        if len(prior) != len(theta) or (variance is not None and variance.shape != theta.shape):
            raise saved.fail(f"its parts are of {sorted({len(prior), len(theta)})} classes")
        return cls(kind, prior, theta, variance, Rule.of(saved, len(prior)), saved.behaves < (3, 0))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return vector(self.rule.classes), vector(self.rule.classes), number()

    def row(self) -> Callable[[Any], tuple[list[float], list[float], float]]:
        """Score one vector."""
        likelihoods, size, place = getattr(self, f"_{self.kind}")(), self.theta.shape[1], self.rule.row()
        longer = self.kind == "gaussian"  # Spark then reads the slots that were fitted

        def score(value: Any) -> tuple[list[float], list[float], float]:
            if len(value) < size or (len(value) > size and not longer):
                raise Invalid(f"a vector of {len(value)} slots, where {size} were fitted")
            raw = likelihoods(value)
            probability = _normalised(raw)
            return raw, probability, place(raw, probability)

        return score

    def _multinomial(self) -> Callable[[Vector], list[float]]:
        prior, theta, negative = self.prior.tolist(), self.theta.tolist(), self.negative

        def likelihoods(value: Vector) -> list[float]:
            if not negative:
                _not_negative(value)
            return [_dot(value, row) + p for row, p in zip(theta, prior, strict=True)]

        return likelihoods

    def _complement(self) -> Callable[[Vector], list[float]]:
        theta = self.theta.tolist()

        def likelihoods(value: Vector) -> list[float]:
            _not_negative(value)
            sums = [_dot(value, row) for row in theta]
            top = max(sums)
            total = 0.0
            for x in sums:
                total += math.exp(x - top)
            return [x - (top + math.log(total)) for x in sums]

        return likelihoods

    def _bernoulli(self) -> Callable[[Vector], list[float]]:
        absent = np.log1p(-np.exp(self.theta))
        shift = (self.prior + absent.sum(axis=1)).tolist()
        weights = (self.theta - absent).tolist()

        def likelihoods(value: Vector) -> list[float]:
            for _, x in active(value):
                if x not in (0.0, 1.0):
                    raise Invalid(f"{x} in the vector, where a Bernoulli model needs 0 or 1")
            return [_dot(value, row) + s for row, s in zip(weights, shift, strict=True)]

        return likelihoods

    def _gaussian(self) -> Callable[[Vector], list[float]]:
        assert self.variance is not None
        means, variances = self.theta.tolist(), self.variance.tolist()
        logs = [sum(math.log(v) for v in row) for row in variances]
        prior = self.prior.tolist()

        def likelihoods(value: Vector) -> list[float]:
            numbers = dense(value)
            out = []
            for p, mean, variance, log in zip(prior, means, variances, logs, strict=True):
                total = 0.0
                for x, m, v in zip(numbers, mean, variance, strict=False):
                    total += (x - m) * (x - m) / v
                out.append(p - (total + log) / 2.0)
            return out

        return likelihoods


def _dot(value: Vector, weights: list[float]) -> float:
    total = 0.0
    for i, x in active(value):
        total += x * weights[i]
    return total


def _not_negative(value: Vector) -> None:
    for _, x in active(value):
        if not x >= 0.0:
            raise Invalid(f"{x} in the vector, where this model needs numbers that are not negative")


def _normalised(raw: list[float]) -> list[float]:
    top = raw[argmax(raw)]
    powers = [math.exp(x - top) if x == x else x for x in raw]
    total = 0.0
    for p in powers:
        total += p
    return [p / total for p in powers]
