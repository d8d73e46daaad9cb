"""Clusters: KMeans, BisectingKMeans, GaussianMixture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from scorer.classes import argmax
from scorer.columns import Column, Numbers, Rows
from scorer.errors import Invalid
from scorer.fields import Field, Kind, vector
from scorer.saved import Saved
from scorer.stage import Stage, map_rows, stage
from scorer.vectors import Floats, Vectors, dense

INTEGER = pa.int32()
EPSILON = 2.0**-52


def _distance(saved: Saved, value: str) -> bool:
    if value not in ("euclidean", "cosine"):
        raise saved.fail(f"the distance {value!r} is not known")
    return value == "cosine"


def _numbers(value: Any, size: int) -> list[float]:
    if len(value) != size:
        raise Invalid(f"a vector of {len(value)} slots, where {size} were fitted")
    return dense(value)


def _squared(a: list[float], b: list[float]) -> float:
    total = 0.0
    for x, y in zip(a, b, strict=True):
        total += (x - y) * (x - y)
    return total


def _norm(numbers: list[float]) -> float:
    return math.sqrt(_dot(numbers, numbers))


def _dot(a: list[float], b: list[float]) -> float:
    total = 0.0
    for x, y in zip(a, b, strict=True):
        total += x * y
    return total


def _turned(dot: float, norm: float, other: float) -> float:
    """Return the cosine distance; infinite numbers make it NaN."""
    return 1.0 - dot / norm / other


def _least(distances: list[float]) -> int:
    """Return the place of the first least; NaN is the largest."""
    held = [distance if distance == distance else math.inf for distance in distances]
    return held.index(min(held))


def _first_least(distances: list[float]) -> int:
    """Return the place of the first least; NaN is neither less nor more than anything."""
    place = 0
    for i, distance in enumerate(distances):
        if distance < distances[place]:
            place = i
    return place


def _no_nan(numbers: list[float]) -> list[float]:
    if any(x != x for x in numbers):
        raise Invalid("NaN in the vector has no distance")
    return numbers


@stage("org.apache.spark.ml.clustering.KMeansModel", inputs=("featuresCol",), outputs=("predictionCol",))
@dataclass(frozen=True, slots=True, eq=False)
class KMeans(Stage):
    """The nearest centre, the first of equals. Source: clustering.KMeansModel.

    A model that Spark loads measures euclidean distance, whatever it was fitted with: its reader forgets
    `distanceMeasure`, and so a save answers. NaN is refused since Spark 3.1; before, such a row is of the first
    cluster (`nan_first`).
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    centers: Floats  # (clusters, slots)
    nan_first: bool = False

    @property
    def sizes(self) -> Mapping[str, int]:
        """How much was fitted."""
        return {"clusters": len(self.centers)}

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the centres, a row each; before Spark 2.0 they are one list."""
        table = saved.table()
        if "clusterCenters" in table.column_names:
            found = table.to_pylist()[0]["clusterCenters"]
        else:
            rows = sorted(table.to_pylist(), key=lambda row: int(row["clusterIdx"]))
            found = [row["clusterCenter"] for row in rows]
        centers = [dense(saved.vector(center, "clusterCenter")) for center in found]
        if not centers or len({len(center) for center in centers}) != 1:
            raise saved.fail("its centres are not of one size")
        return cls(np.array(centers), saved.behaves < (3, 1))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: a whole number."""
        del inputs
        return (Field(INTEGER),)

    def row(self) -> Callable[[Any], int]:
        """Find the cluster of one vector."""
        centers, size, nan_first = self.centers.tolist(), self.centers.shape[1], self.nan_first

        def nearest(value: Any) -> int:
            numbers = _numbers(value, size) if nan_first else _no_nan(_numbers(value, size))
            best, place = math.inf, 0
            for i, center in enumerate(centers):
                distance = _squared(numbers, center)
                if distance < best:
                    best, place = distance, i
            return place

        return nearest

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Find the clusters of a batch."""
        column: Vectors = columns[0]
        if column.valid is not None or column.size != self.centers.shape[1]:
            return map_rows(self, rows, columns)
        x = column.matrix()
        if not self.nan_first:
            rows.fail(np.asarray(np.isnan(x).any(axis=1)), lambda _: "NaN in the vector has no distance")
        distances = np.zeros((rows.count, len(self.centers)))
        for j in range(x.shape[1]):
            distances += (x[:, j, None] - self.centers[None, :, j]) ** 2
        places = np.argmin(np.where(np.isnan(distances), np.inf, distances), axis=1)
        return Numbers(places.astype(np.int32))


@stage(
    "org.apache.spark.ml.clustering.BisectingKMeansModel", inputs=("featuresCol",), outputs=("predictionCol",)
)
@dataclass(frozen=True, slots=True, eq=False)
class BisectingKMeans(Stage):
    """Down a tree of clusters, to the nearer child each time. Source: mllib.clustering.BisectingKMeansModel.

    `minBy` of Scala 2.13, which Spark 4 is built with, takes NaN for the largest; that of 2.12 stays with a first
    child whose distance is NaN.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    centers: dict[int, list[float]]
    children: dict[int, list[int]]
    root: int
    cosine: bool
    nan_stays: bool = False

    @property
    def sizes(self) -> Mapping[str, int]:
        """How much was fitted."""
        return {"clusters": sum(not below for below in self.children.values())}

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the tree, which is saved in the form of the older library, with metadata of its own."""
        meta = saved.inner("data")
        rows = {int(row["index"]): row for row in saved.nested("data", "data").to_pylist()}
        centers = {i: dense(saved.vector(row["center"], "center")) for i, row in rows.items()}
        children = {i: [int(child) for child in row["children"]] for i, row in rows.items()}
        root = int(meta["rootId"])
        if root not in rows or any(child not in rows for kids in children.values() for child in kids):
            raise saved.fail("a node of its tree is missing")
        if len({len(center) for center in centers.values()}) != 1 or not _is_tree(root, children):
            raise saved.fail("its nodes do not form a tree of centres of one size")
        cosine = _distance(saved, str(meta.get("distanceMeasure", "euclidean")))
        return cls(centers, children, root, cosine, saved.behaves < (4, 0))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: a whole number."""
        del inputs
        return (Field(INTEGER),)

    def row(self) -> Callable[[Any], int]:
        """Find the cluster of one vector."""
        children, root, centers, cosine = self.children, self.root, self.centers, self.cosine
        size, norms = len(centers[root]), {i: _norm(center) for i, center in centers.items()}
        nearest = _first_least if self.nan_stays else _least

        def descend(value: Any) -> int:
            numbers = _no_nan(_numbers(value, size))
            norm = _norm(numbers)
            if cosine and norm == 0.0:
                raise Invalid("a vector of zeros has no direction")
            at = root
            while children[at]:
                near = [
                    _turned(_dot(numbers, centers[c]), norms[c], norm)
                    if cosine
                    else _squared(numbers, centers[c])
                    for c in children[at]
                ]
                at = children[at][nearest(near)]
            return at

        return descend


def _is_tree(root: int, children: dict[int, list[int]]) -> bool:
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node in seen:
            return False
        seen.add(node)
        waiting.extend(children[node])
    return True


@stage(
    "org.apache.spark.ml.clustering.GaussianMixtureModel",
    inputs=("featuresCol",),
    outputs=("probabilityCol", "predictionCol"),
)
@dataclass(frozen=True, slots=True, eq=False)
class GaussianMixture(Stage):
    """Each component's share of the density, and the largest. Source: clustering.GaussianMixtureModel.

    The density comes from the eigenvectors of the covariance, small eigenvalues left out
    (stat.distribution.MultivariateGaussian).
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    weights: tuple[float, ...]
    means: tuple[Floats, ...]
    roots: tuple[Floats, ...]  # D^-1/2 U^T
    constants: tuple[float, ...]

    @property
    def sizes(self) -> Mapping[str, int]:
        """How much was fitted."""
        return {"clusters": len(self.weights)}

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read weights, means and covariances."""
        record = saved.record()
        weights = tuple(float(w) for w in record["weights"])
        means = tuple(np.array(dense(saved.vector(mu, "mus"))) for mu in record["mus"])
        sigmas = [saved.matrix(sigma, "sigmas").values for sigma in record["sigmas"]]
        sizes = {len(mean) for mean in means} | {n for sigma in sigmas for n in sigma.shape}
        if len(sizes) != 1 or not len(weights) == len(means) == len(sigmas):
            raise saved.fail("its weights, means and covariances do not agree")
        parts = [_decomposed(sigma) for sigma in sigmas]
        return cls(weights, means, tuple(root for root, _ in parts), tuple(constant for _, constant in parts))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return vector(len(self.weights)), Field(INTEGER)

    def row(self) -> Callable[[Any], tuple[list[float], int]]:
        """Score one vector."""
        parts = list(zip(self.weights, self.means, self.roots, self.constants, strict=True))
        size = len(self.means[0])

        def score(value: Any) -> tuple[list[float], int]:
            x = np.array(_numbers(value, size))
            densities = []
            for weight, mean, root, constant in parts:
                with np.errstate(all="ignore"):
                    v = root @ (x - mean)
                    square = float(v @ v)
                densities.append(EPSILON + weight * math.exp(constant - 0.5 * square))
            total = sum(densities)
            shares = [d / total for d in densities]
            return shares, argmax(shares)

        return score


def _decomposed(sigma: Floats) -> tuple[Floats, float]:
    values, vectors = np.linalg.eigh(sigma)
    tolerance = EPSILON * float(values.max()) * len(values)
    kept = values > tolerance
    if not kept.any():
        raise ValueError("a covariance has no eigenvalue above zero")
    inverse = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    log = float(np.log(values[kept]).sum())
    return inverse[:, None] * vectors.T, -0.5 * (len(values) * math.log(2.0 * math.pi) + log)
