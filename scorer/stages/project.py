"""Vectors mixed into other vectors: PCA, PolynomialExpansion, ElementwiseProduct."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from scorer.errors import Invalid
from scorer.fields import Field, Kind, vector
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import MAX_DENSE, Floats, Sparse, Vector, active, dense


def _sized(value: Vector, size: int) -> Vector:
    if len(value) != size:
        raise Invalid(f"a vector of {len(value)} slots, where {size} are needed")
    return value


@stage("org.apache.spark.ml.feature.PCAModel", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True, eq=False)
class PCA(Stage):
    """Components' inner products with the vector, which is not centred. Source: feature.PCAModel."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    components: Floats  # (slots, k)

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the components."""
        return cls(saved.matrix(saved.record()["pc"], "pc").values)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        return (vector(self.components.shape[1]),)

    def row(self) -> Callable[[Any], list[float]]:
        """Project one vector."""
        slots, k = self.components.shape
        rows = self.components.tolist()

        def project(value: Any) -> list[float]:
            out = [0.0] * k
            for i, x in active(_sized(value, slots)):
                for j, weight in enumerate(rows[i]):
                    out[j] += x * weight
            return out

        return project


@stage("org.apache.spark.ml.feature.ElementwiseProduct", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class ElementwiseProduct(Stage):
    """Each slot times its factor. Source: feature.ElementwiseProduct."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    slotwise: ClassVar[bool] = True
    factors: tuple[float, ...]

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the factors, a vector written as JSON."""
        value = dict(saved.params["scalingVec"])
        value["values"] = saved.numbers_in("scalingVec", value["values"])
        return cls(tuple(dense(saved.vector(value, "scalingVec"))))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        return (vector(len(self.factors)),)

    def row(self) -> Callable[[Any], Vector]:
        """Multiply one vector; a sparse one stays sparse."""
        factors, size = self.factors, len(self.factors)

        def multiply(value: Any) -> Vector:
            if isinstance(_sized(value, size), Sparse):
                pairs = zip(value.indices, value.values, strict=True)
                return Sparse(size, value.indices, [x * factors[i] for i, x in pairs])
            return [x * f for x, f in zip(value, factors, strict=True)]

        return multiply


@stage("org.apache.spark.ml.feature.PolynomialExpansion", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class PolynomialExpansion(Stage):
    """All products of slots up to a degree: (x, y) to 2 is x, x², y, xy, y². Source: feature.PolynomialExpansion.

    A product with a factor of zero is not formed, so 0 × NaN may leave 0. A sparse vector stays sparse: it stores
    the products that are formed, none of which is zero.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    degree: int

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the degree."""
        degree = saved.whole("degree", 2)
        if not 1 <= degree <= 100:
            raise saved.fail(f"degree should be from 1 to 100, not {degree}")
        return cls(degree)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output, whose size Spark does not declare."""
        size = inputs[0].size
        return (
            vector(None if size is None else math.comb(size + self.degree, self.degree) - 1, declared=False),
        )

    def row(self) -> Callable[[Any], Vector]:
        """Expand one vector."""
        degree = self.degree

        def expand(value: Any) -> Vector:
            numbers = dense(value)
            total = math.comb(len(numbers) + degree, degree)
            if total > MAX_DENSE:
                raise Invalid(f"{len(numbers)} slots to the degree {degree} make {total} products")
            stored = set(value.indices) if isinstance(value, Sparse) else set(range(len(numbers)))
            out: list[float] = []
            _products([x if i in stored else None for i, x in enumerate(numbers)], degree, 1.0, out)
            made = out[1:]
            if not isinstance(value, Sparse):
                return made
            kept = [i for i, x in enumerate(made) if x != 0.0]
            return Sparse(len(made), kept, [made[i] for i in kept])

        return expand


def _products(numbers: list[float | None], degree: int, factor: float, out: list[float]) -> None:
    """Write the products of numbers up to a degree, times a factor, the constant first.

    Nothing is multiplied after a zero; None is a slot that a sparse vector does not store.
    """
    if degree == 0 or not numbers:
        out.append(factor)
        return
    rest, last, power = numbers[:-1], numbers[-1], factor
    for used in range(degree + 1):
        if power == 0.0:
            left = degree - used
            out.extend([0.0] * math.comb(len(rest) + left + 1, left))
            return
        _products(rest, degree - used, power, out)
        power = 0.0 if last is None else power * last
