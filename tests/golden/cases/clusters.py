"""Clusters."""

from __future__ import annotations

from typing import Any

from case import ALL, case
from pyspark.ml.clustering import BisectingKMeans, GaussianMixture, KMeans
from session import Session
from values import cloud, dense, hard, sparse

F = "features:vector"
THREE = [
    [dense(x * 0.3 + 5.0 * (i % 3), y * 0.3 - 4.0 * (i % 3), z * 0.2)]
    for i, (x, y, z) in enumerate(cloud(60, 3, seed=41))
]
NEAR = [
    [dense(5.0, -4.0, 0.0)],
    [dense(2.5, -2.0, 0.0)],
    [dense(7.4, -6.1, 0.3)],
    [sparse(3, {0: 9.0, 1: -8.0})],
    [dense(1e-8, 0.0, 0.0)],
]


def _fit(name: str, law: str, make: Any, rows: Any = None, **options: Any) -> None:
    @case(name, law, F, rows or [*hard(), *NEAR], **{"tolerance": "sums", **options})
    def _made(s: Session) -> Any:
        return make().fit(s.frame(F, THREE))


_fit("kmeans", "The nearest centre.", lambda: KMeans(k=3, seed=1, maxIter=10))
_fit(
    "kmeans_cosine",
    "The centre at the least angle; a zero vector.",
    lambda: KMeans(k=3, seed=1, maxIter=10, distanceMeasure="cosine"),
)
_fit("kmeans_one", "A single cluster.", lambda: KMeans(k=2, seed=1, maxIter=1))
_fit("bisecting_kmeans", "Down a tree of centres.", lambda: BisectingKMeans(k=5, seed=1, maxIter=10))
_fit(
    "bisecting_kmeans_cosine",
    "Down a tree of directions.",
    lambda: BisectingKMeans(k=4, seed=1, maxIter=10, distanceMeasure="cosine"),
    versions=ALL,
)
_fit(
    "gaussian_mixture",
    "Shares of three normal densities, far rows too.",
    lambda: GaussianMixture(k=3, seed=1, maxIter=10),
)


@case(
    "gaussian_mixture_flat",
    "A covariance without full rank.",
    F,
    [[dense(1.0, 2.0)], [dense(3.0, 3.0)], [dense(0.0, 0.0)], [dense(-4.0, 9.0)], [sparse(2, {0: 1.0})]],
    tolerance="sums",
    relative=1e-9,
)
def _flat(s: Session) -> Any:
    rows = [[dense(i * 1.0, 2.0 * i)] for i in range(6)] + [[dense(20.0 + i, 5.0)] for i in range(6)]
    return GaussianMixture(k=2, seed=2, maxIter=5).fit(s.frame(F, rows))
