"""A score to its band: the interval that holds it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from policy.engine.outcome import Band
from policy.spec.bands import BandSpec

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Indices = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands from the lowest score up; `edges` are their lower ends."""

    bands: tuple[Band, ...]
    edges: list[float]

    @classmethod
    def of(cls, specs: Sequence[BandSpec]) -> Self:
        """The bands of a policy: each ends where the next begins, and the last, closed, at 1."""
        edges = [spec.lower for spec in specs]
        uppers = [*edges[1:], 1.0]
        last = len(specs) - 1
        return cls(
            tuple(
                Band(spec.action, spec.lower, upper, closed=number == last)
                for number, (spec, upper) in enumerate(zip(specs, uppers, strict=True))
            ),
            edges,
        )

    def row(self, score: float) -> Band:
        """The band of a score within [0, 1]."""
        return self.bands[bisect_right(self.edges, score) - 1]

    def batch(self, scores: Floats) -> Indices:
        """The index of each score's band; -1 for what lies outside [0, 1], NaN included."""
        indices = np.searchsorted(np.asarray(self.edges), scores, side="right").astype(np.int64) - 1
        return np.where((scores >= 0.0) & (scores <= 1.0), indices, -1)
