"""Linear models of one number: linear and generalised linear regression, survival regression, linear SVC."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scorer.classes import exp
from scorer.columns import Column, Numbers, Rows
from scorer.dot import Weights, dot, dot_rows
from scorer.fields import Field, Kind, number, vector
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import Dense, Vectors, active

EPSILON = 1e-16  # Spark's bound on means
LINKS = ("identity", "log", "logit", "probit", "cloglog", "inverse", "sqrt")
FAMILIES = ("gaussian", "binomial", "poisson", "gamma", "tweedie")
DEFAULT_LINK = {"gaussian": "identity", "binomial": "logit", "poisson": "log", "gamma": "inverse"}


def _weights(saved: Saved, value: Any) -> Weights:
    coefficients = saved.vector(value, "coefficients")
    stored = None if isinstance(coefficients, list) else frozenset(coefficients.indices)
    values = [0.0] * len(coefficients)
    for i, x in active(coefficients):
        values[i] = x
    return Weights(tuple(values), stored)


@stage(
    "org.apache.spark.ml.regression.LinearRegressionModel",
    inputs=("featuresCol",),
    outputs=("predictionCol",),
)
@dataclass(frozen=True, slots=True)
class LinearRegression(Stage):
    """w·x + b. Source: regression.LinearRegressionModel."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    weights: Weights
    intercept: float

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the coefficients."""
        record = saved.record()
        return cls(_weights(saved, record["coefficients"]), float(record["intercept"]))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        return (number(),)

    def row(self) -> Callable[[Any], float]:
        """Score one vector."""
        weights, intercept = self.weights, self.intercept
        return lambda features: dot(features, weights) + intercept

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Score a batch."""
        return Numbers(dot_rows(rows, columns[0], self.weights) + self.intercept)


@stage(
    "org.apache.spark.ml.classification.LinearSVCModel",
    inputs=("featuresCol",),
    outputs=("rawPredictionCol", "predictionCol"),
)
@dataclass(frozen=True, slots=True)
class LinearSVC(Stage):
    """Raw [-m, m]; class 1 if the margin m is above the threshold. Source: classification.LinearSVCModel."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    weights: Weights
    intercept: float
    threshold: float

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the coefficients and the threshold."""
        record = saved.record()
        threshold = saved.number("threshold", 0.0)
        return cls(_weights(saved, record["coefficients"]), float(record["intercept"]), threshold)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return vector(2), number()

    def row(self) -> Callable[[Any], tuple[list[float], float]]:
        """Score one vector."""
        weights, intercept, threshold = self.weights, self.intercept, self.threshold

        def score(features: Any) -> tuple[list[float], float]:
            margin = dot(features, weights) + intercept
            return [-margin, margin], 1.0 if margin > threshold else 0.0

        return score

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Score a batch."""
        margin = dot_rows(rows, columns[0], self.weights) + self.intercept
        raw = Vectors((Dense(np.stack([-margin, margin], axis=1)),))
        return raw, Numbers((margin > self.threshold).astype(np.float64))


@stage(
    "org.apache.spark.ml.regression.AFTSurvivalRegressionModel",
    inputs=("featuresCol",),
    outputs=("predictionCol", "quantilesCol"),
)
@dataclass(frozen=True, slots=True)
class SurvivalRegression(Stage):
    """λ = e^(w·x + b), and quantiles λ e^(ln(-ln(1-q)) scale). Source: regression.AFTSurvivalRegressionModel."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    weights: Weights
    intercept: float
    scale: float
    quantiles: tuple[float, ...]

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the coefficients, the scale and the quantiles."""
        record = saved.record()
        default = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
        quantiles = saved.numbers("quantileProbabilities", default)
        if not all(0.0 < q < 1.0 for q in quantiles):
            raise saved.fail("a quantile is not between 0 and 1")
        weights = _weights(saved, record["coefficients"])
        return cls(weights, float(record["intercept"]), float(record["scale"]), quantiles)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return number(), vector(len(self.quantiles))

    def row(self) -> Callable[[Any], tuple[float, list[float]]]:
        """Score one vector."""
        weights, intercept = self.weights, self.intercept
        factors = [exp(math.log(-math.log1p(-q)) * self.scale) for q in self.quantiles]

        def score(features: Any) -> tuple[float, list[float]]:
            rate = exp(dot(features, weights) + intercept)
            return rate, [rate * factor for factor in factors]

        return score


@stage(
    "org.apache.spark.ml.regression.GeneralizedLinearRegressionModel",
    inputs=("featuresCol", "offsetCol?"),
    outputs=("predictionCol", "linkPredictionCol"),
)
@dataclass(frozen=True, slots=True)
class GeneralizedLinearRegression(Stage):
    """η = w·x + b (+ offset); the mean is the inverse of the link at η, kept inside the family's range.

    Source: regression.GeneralizedLinearRegressionModel. `power` is the link's exponent in the tweedie family.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector", "number")
    weights: Weights
    intercept: float
    family: str
    link: str
    power: float

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read coefficients, family and link; the default link depends on the family."""
        record = saved.record()
        family = saved.text("family", "gaussian").lower()
        variance = saved.number("variancePower", 0.0)
        if family not in FAMILIES:
            raise saved.fail(f"the family {family!r} is not known")
        link, power = "power", 1.0 - variance
        linked = "linkPower" in saved.params
        if family == "tweedie":
            power = saved.number("linkPower") if linked else power
            family = {0.0: "gaussian", 1.0: "poisson", 2.0: "gamma"}.get(variance, family)
            if not linked and family != "tweedie":
                link = DEFAULT_LINK[family]
        else:
            link = saved.text("link", DEFAULT_LINK[family]).lower()
            if link not in LINKS:
                raise saved.fail(f"the link {link!r} is not known")
        return cls(_weights(saved, record["coefficients"]), float(record["intercept"]), family, link, power)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return number(), number()

    def row(self) -> Callable[..., tuple[float | None, float | None]]:
        """Score one vector, with its offset if the model has one; a null offset gives null."""
        weights, intercept, unlink, clamp = self.weights, self.intercept, self._unlink(), _CLAMPS[self.family]

        def score(features: Any, offset: Any = 0.0) -> tuple[float | None, float | None]:
            if offset is None:
                return None, None
            eta = dot(features, weights) + intercept + float(offset)
            return clamp(unlink(eta)), eta

        return score

    def _unlink(self) -> Callable[[float], float]:
        if self.link != "power":
            return _UNLINKS[self.link]
        if self.power == 0.0:
            return exp
        exponent = 1.0 / self.power
        return lambda eta: _power(eta, exponent)


def _power(eta: float, exponent: float) -> float:
    """Raise to a power as Java does: NaN and infinity where Python raises."""
    with np.errstate(all="ignore"):
        return float(np.float64(eta) ** exponent)


def _inverse(eta: float) -> float:
    return 1.0 / eta if eta else math.copysign(math.inf, eta)


def _probit(eta: float) -> float:
    return 0.5 * math.erfc(-eta / math.sqrt(2.0))


_UNLINKS: dict[str, Callable[[float], float]] = {
    "identity": lambda eta: eta,
    "log": exp,
    "logit": lambda eta: 1.0 / (1.0 + exp(-eta)),
    "probit": _probit,
    "cloglog": lambda eta: 1.0 - exp(-1.0 * exp(eta)),
    "inverse": _inverse,
    "sqrt": lambda eta: eta * eta,
}


def _finite(mean: float) -> float:
    return math.copysign(sys.float_info.max, mean) if math.isinf(mean) else mean


def _positive(mean: float) -> float:
    return EPSILON if mean < EPSILON else sys.float_info.max if mean == math.inf else mean


def _share(mean: float) -> float:
    return EPSILON if mean < EPSILON else min(mean, 1.0 - EPSILON)  # NaN stays


_CLAMPS: dict[str, Callable[[float], float]] = {
    "gaussian": _finite,
    "binomial": _share,
    "poisson": _positive,
    "gamma": _positive,
    "tweedie": _positive,
}
