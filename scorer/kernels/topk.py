"""The best of a catalog: exact, with one meaning whichever plan and whichever spelling finds it.

The score of an item is the inner product in float32, slot after slot, as Spark's `transform` has it. Few candidates
are looked up one by one; else the whole catalog is scanned, and the mask is looked at only where a score would enter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from scorer.kernels import plain_topk
from scorer.kernels.door import compiled
from scorer.kernels.query import Bytes, Factors, Query, Scores, Slots

Answers = tuple[Slots, Scores, npt.NDArray[np.int64]]

SMALL = 1 << 16  # numbers of a catalog that NumPy goes through in about a tenth of a millisecond
FEW = 8  # at most one of so many items eligible: they are listed
_LARGE = 1e37  # of intermediate sums: beyond, single precision might overflow
_NO_SLOTS, _NO_MASK = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint8)
_NO_BOOST = np.empty(0, dtype=np.float32)


class Catalog(Protocol):
    """The items' factors (items, rank); immutable, for any number of threads."""

    def scores(self, vector: Scores, slots: Slots) -> Scores:
        """Return the scores (len(slots),) of items."""
        ...

    def ascend(self, slots: Slots) -> bool:
        """Tell whether all are slots of items, in ascending order, each once."""
        ...

    def top(self, query: Query) -> tuple[Slots, Scores]:
        """Return the best of the eligible: slots and scores, best first; a score that is NaN is left out."""
        ...

    def top_of_each(self, vectors: Factors, query: Query) -> Answers:
        """Return the same for each of vectors (several, rank), whatever the query's own: slots, scores, counts.

        Slots and scores are (several, n), of which the first `counts` (several,) are filled.
        """
        ...


def catalog(factors: Factors, keep: Callable[[Any], Any] = lambda array: array) -> Catalog:
    """Return the fastest catalog here; the answers are the same to the last bit. `keep` places large arrays.

    A small one is as quick in NumPy, and needs nothing compiled, which takes seconds the first time on a machine.
    """
    if factors.size <= SMALL:
        return PlainCatalog(factors)
    kernels = compiled("scorer.kernels.compiled_topk")
    return PlainCatalog(factors) if kernels is None else CompiledCatalog(factors, kernels, keep)


class PlainCatalog:
    """A catalog in NumPy."""

    def __init__(self, factors: Factors) -> None:
        self.factors = factors

    def scores(self, vector: Scores, slots: Slots) -> Scores:
        """Return the scores (len(slots),) of items."""
        return plain_topk.products(self.factors[slots], vector)

    def ascend(self, slots: Slots) -> bool:
        """Tell whether all are slots of items, in ascending order, each once."""
        return plain_topk.ascend(slots, len(self.factors))

    def top(self, query: Query) -> tuple[Slots, Scores]:
        """Return the best of the eligible."""
        return plain_topk.top(self.factors, query)

    def top_of_each(self, vectors: Factors, query: Query) -> Answers:
        """Return the best of the eligible for each of vectors."""
        n = min(query.n, len(self.factors))
        slots, scores = np.empty((len(vectors), n), np.int32), np.empty((len(vectors), n), np.float32)
        counts = np.zeros(len(vectors), dtype=np.int64)
        for v, vector in enumerate(vectors):
            found, given = self.top(replace(query, vector=vector))
            counts[v] = len(found)
            slots[v, : len(found)], scores[v, : len(found)] = found, given
        return slots, scores, counts


class CompiledCatalog:
    """A catalog with compiled kernels, which run without the GIL, and a sketch of the factors in bytes."""

    def __init__(
        self, factors: Factors, kernels: Any, keep: Callable[[Any], Any] = lambda array: array
    ) -> None:
        self.factors, self._kernels = factors, kernels
        width = kernels.padded_to(factors.shape[1])
        sketch = np.zeros((len(factors), width), dtype=np.int8)
        self._scale = np.empty(len(factors), dtype=np.float32)
        self._bounds = kernels.sketched(factors, sketch, self._scale)
        self._sketch = keep(sketch)
        largest = float(self._scale.max(initial=0.0)) * 127 * math.sqrt(width)
        self._limit = _LARGE / max(largest, 127.0 * math.sqrt(factors.shape[1]))

    def scores(self, vector: Scores, slots: Slots) -> Scores:
        """Return the scores (len(slots),) of items."""
        out = np.empty(len(slots), dtype=np.float32)
        self._kernels.scores(self.factors, vector, slots, out)
        return out

    def ascend(self, slots: Slots) -> bool:
        """Tell whether all are slots of items, in ascending order, each once."""
        return bool(self._kernels.ascend(slots, len(self.factors)))

    def top(self, query: Query) -> tuple[Slots, Scores]:
        """Return the best of the eligible."""
        slots, scores, counts = self.top_of_each(query.vector[None, :], query)
        count = int(counts[0])
        return slots[0, :count], scores[0, :count]

    def top_of_each(self, vectors: Factors, query: Query) -> Answers:
        """Return the best of the eligible for each of vectors (several, rank), four at a time."""
        listed, mask = self._planned(query.slots, query.mask)
        n = min(query.n, len(self.factors) if listed is None else len(listed))
        slots, scores = np.empty((len(vectors), n), np.int32), np.empty((len(vectors), n), np.float32)
        counts = np.zeros(len(vectors), dtype=np.int64)
        if n == 0:
            return slots, scores, counts
        self._kernels.top(
            self.factors,
            self._sketch,
            self._scale,
            *self._bounds,
            self._limit,
            vectors,
            _NO_SLOTS if listed is None else listed,
            _NO_MASK if mask is None else mask,
            _NO_BOOST if query.multiply is None else query.multiply,
            _NO_BOOST if query.add is None else query.add,
            query.after is not None,
            *(query.after or (0.0, 0)),
            query.descending,
            slots,
            scores,
            counts,
        )
        return slots, scores, counts

    def _planned(self, slots: Slots | None, mask: Bytes | None) -> tuple[Slots | None, Bytes | None]:
        """Choose between a list of candidates and a scan with a mask."""
        items, kernels = len(self.factors), self._kernels
        if slots is None and mask is not None:
            found = np.empty(items // FEW + kernels.BLOCK, dtype=np.int32)
            count = kernels.places(mask, found)
            if count >= 0:
                return found[:count], None
        elif slots is not None and 2 * len(slots) > items:
            chosen = np.zeros(items, dtype=np.uint8)
            chosen[slots] = 1 if mask is None else mask[slots]
            return None, chosen
        return slots, mask
