"""Factorization machines: a linear model with pairwise products of slots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from scorer.classes import Rule, exp
from scorer.errors import Invalid
from scorer.fields import Field, Kind, number, vector
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import active, dense

OUTPUTS = ("rawPredictionCol", "probabilityCol", "predictionCol")


@dataclass(frozen=True, slots=True, eq=False)
class Machine:
    """y = b + l·x + ½ Σ_f ((Σ v_f x)² - Σ (v_f x)²). Source: regression.FactorizationMachines."""

    intercept: float
    linear: list[float]
    factors: list[list[float]]  # one list of k numbers a slot

    @classmethod
    def of(cls, saved: Saved) -> Machine:
        """Read the coefficients."""
        record = saved.record()
        linear = dense(saved.vector(record["linear"], "linear"))
        factors = saved.matrix(record["factors"], "factors").values.tolist()
        if len(linear) != len(factors):
            raise saved.fail(f"holds {len(linear)} linear weights and {len(factors)} rows of factors")
        return cls(float(record["intercept"]), linear, factors)

    def score(self) -> Callable[[Any], float]:
        """Return the function of one vector."""
        intercept, linear, factors, size = self.intercept, self.linear, self.factors, len(self.linear)
        k = len(factors[0]) if factors else 0

        def score(value: Any) -> float:
            if len(value) != size:
                raise Invalid(f"a vector of {len(value)} slots, where {size} were fitted")
            total, sums, squares = 0.0, [0.0] * k, [0.0] * k
            for i, x in active(value):
                total += x * linear[i]
                for f, weight in enumerate(factors[i]):
                    part = weight * x
                    sums[f] += part
                    squares[f] += part * part
            total += intercept
            for s, q in zip(sums, squares, strict=True):
                total += 0.5 * (s * s - q)
            return total

        return score


@stage(
    "org.apache.spark.ml.regression.FMRegressionModel", inputs=("featuresCol",), outputs=("predictionCol",)
)
@dataclass(frozen=True, slots=True, eq=False)
class FMRegression(Stage):
    """The machine's number. Source: regression.FMRegressionModel."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    machine: Machine

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the machine."""
        return cls(Machine.of(saved))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        return (number(),)

    def row(self) -> Callable[[Any], float]:
        """Score one vector."""
        return self.machine.score()


@stage("org.apache.spark.ml.classification.FMClassificationModel", inputs=("featuresCol",), outputs=OUTPUTS)
@dataclass(frozen=True, slots=True, eq=False)
class FMClassification(Stage):
    """Raw [-y, y]; p1 = 1/(1+e^-y), p0 = 1 - p1. Source: classification.FMClassificationModel."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    machine: Machine
    rule: Rule

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the machine and the thresholds."""
        rule = Rule.of(saved, 2)
        return cls(Machine.of(saved), rule)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return vector(2), vector(2), number()

    def row(self) -> Callable[[Any], tuple[list[float], list[float], float]]:
        """Score one vector."""
        margin, place = self.machine.score(), self.rule.row()

        def score(value: Any) -> tuple[list[float], list[float], float]:
            y = margin(value)
            one = 1.0 / (1.0 + exp(-y))
            raw, probability = [-y, y], [1.0 - one, one]
            return raw, probability, place(raw, probability)

        return score
