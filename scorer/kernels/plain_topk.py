"""The best of a catalog in NumPy: the meaning of the compiled kernels of `topk`."""

from __future__ import annotations

import numpy as np

from scorer.kernels.query import Bytes, Factors, Query, Scores, Slots


def products(factors: Factors, vector: Scores) -> Scores:
    """Return the inner product of every row with a vector: float32, slot after slot, as Spark's `transform`."""
    total = np.zeros(len(factors), dtype=np.float32)
    with np.errstate(all="ignore"):
        for k in range(len(vector)):
            total += factors[:, k] * vector[k]
    return total


def boosted(scores: Scores, multiply: Scores | None, add: Scores | None) -> Scores:
    """Return scores after boosts: a factor above one divides a score below zero, so that it never demotes."""
    with np.errstate(all="ignore"):
        if multiply is not None:
            scores = np.where((scores < 0) & (multiply > 1), scores / multiply, scores * multiply)
        if add is not None:
            scores = scores + add
    return scores


def top(factors: Factors, query: Query) -> tuple[Slots, Scores]:
    """Return the best of the eligible: slots and scores, best first; a score that is NaN is left out."""
    slots = candidates(len(factors), query.slots, query.mask)
    scores = boosted(
        products(factors[slots], query.vector),
        None if query.multiply is None else query.multiply[slots],
        None if query.add is None else query.add[slots],
    )
    keep = ~np.isnan(scores)
    if query.after is not None:
        score, slot = query.after
        later = slots < slot if query.descending else slots > slot
        keep &= (scores < score) | ((scores == score) & later)
    slots, scores = slots[keep], scores[keep]
    order = np.lexsort((-slots if query.descending else slots, -scores))[: query.n]
    return slots[order].astype(np.int32), scores[order]


def candidates(items: int, slots: Slots | None, mask: Bytes | None) -> Slots:
    """Return the slots that are eligible."""
    if slots is None:
        return np.arange(items, dtype=np.int32) if mask is None else np.flatnonzero(mask).astype(np.int32)
    return slots if mask is None else slots[mask[slots] != 0]


def ascend(slots: Slots, items: int) -> bool:
    """Tell whether slots are slots of so many items, in ascending order, each once."""
    if not len(slots):
        return True
    return bool(slots[0] >= 0 and slots[-1] < items and (slots[1:] > slots[:-1]).all())
