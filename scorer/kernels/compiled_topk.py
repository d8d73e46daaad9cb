"""The compiled search for the best of a catalog (numba). The import compiles it, or loads it from the cache.

A sketch of each row, in bytes, bounds its score from both sides (`sketches`); only rows whose upper bound reaches the
n-th best lower bound (`bounds`) are computed in full, in float32, slot after slot (`choice`). `topk` prepares, this
does not check. Source of the idea: bound and refine, as in LEMP (Teflioudi et al., SIGMOD 2015).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from scorer.kernels.bounds import eligible, nothing_found, refine, remaining
from scorer.kernels.choice import Boosts, Filter, choose, exact
from scorer.kernels.columns import SIDE
from scorer.kernels.compiling import entry, lowest, part
from scorer.kernels.lanes import FOUR
from scorer.kernels.reading import BLOCK
from scorer.kernels.sketches import BYTES, F32, FACTORS, SCORES, Sketch, padded_to, sides_of, sketched
from scorer.kernels.words import ones, unequal

__all__ = ["BLOCK", "ascend", "padded_to", "places", "scores", "sketched", "top"]

U8, I32 = (types.Array(kind, 1, "C", readonly=True) for kind in (types.uint8, types.int32))
SLOTS = types.Array(types.int32, 1, "C")
CATALOG = (FACTORS, BYTES, F32, types.float64, types.float64, types.float64)
ELIGIBLE = (I32, U8, F32, F32, types.boolean, types.float32, types.int64, types.boolean)
ANSWER = (
    types.Array(types.int32, 2, "C"),
    types.Array(types.float32, 2, "C"),
    types.Array(types.int64, 1, "C"),
)


@entry(types.void, *CATALOG, FACTORS, *ELIGIBLE, *ANSWER)
def top(
    factors: Any,
    sketch: Any,
    scale: Any,
    ratio: float,
    most: float,
    limit: float,
    vectors: Any,
    slots: Any,
    mask: Any,
    multiply: Any,
    add: Any,
    resumed: bool,
    score: Any,
    slot: int,
    descending: bool,
    out: Any,
    scores: Any,
    counts: Any,
) -> None:
    """Fill out and scores (vectors, n) with the best of the slots (of all, if none are given), counts (vectors,).

    `ratio`, `most`: what `sketched` gave. `limit`: a vector that is not shorter has no bounds. `mask`, `multiply`,
    `add`: of all items, or empty.
    """
    s, boosts = Sketch(factors, sketch, scale), Boosts(multiply, add)
    f = Filter(mask, resumed, score, slot, descending)
    sides = sides_of(vectors, sketch.shape[1], ratio, most, limit)
    count, n = len(slots) or len(scale), out.shape[1]
    first = 0
    while first < len(vectors):
        listed = count <= 2 * n or np.isnan(sides.slack[first])
        ahead = sides.slack[first : first + FOUR]
        several = FOUR if not listed and len(ahead) == FOUR and not np.isnan(ahead).any() else 1
        q = nothing_found(several, count, n, listed)
        if not listed:
            refine(s, sides, first, slots, boosts, f, n, q)
        for v in range(several):
            kept = eligible(s, slots, mask, q.slots[v]) if listed else remaining(q, v, n)
            at = first + v
            counts[at] = choose(s, vectors[at], q.slots[v], kept, boosts, f, out[at], scores[at])
        first += several


@entry(types.void, FACTORS, F32, I32, SCORES)
def scores(factors: Any, vector: Any, slots: Any, out: Any) -> None:
    """Fill out (slots,) with the scores of items."""
    rows, sums = np.empty(len(slots) + SIDE, np.int32), np.empty(len(slots) + SIDE, np.float32)
    rows[: len(slots)] = slots
    exact(factors, rows, len(slots), vector, sums)
    out[:] = sums[: len(slots)]


@part
def _sampled(mask: Any) -> int:
    """Count the bytes that are not zero in one of sixteen parts of a mask, spread over it."""
    total = 0
    for start in range(0, len(mask) - BLOCK + 1, 16 * BLOCK):
        total += ones(unequal(mask, start, np.uint8(0)))
    return total


@entry(types.int64, U8, SLOTS)
def places(mask: Any, out: Any) -> int:
    """Fill out with the places of the bytes that are not zero; return how many there are, -1 if out is too short.

    It is too short if fewer than BLOCK places are left over, or if a sixteenth of the mask promises twice its length.
    """
    if _sampled(mask) * 8 > len(out):
        return -1
    at = np.uint64(0)  # a number with a sign would be looked at for being below zero
    most, whole = len(out) - BLOCK, len(mask) - len(mask) % BLOCK
    for start in range(0, whole, BLOCK):
        bits = unequal(mask, start, np.uint8(0))
        end = at + np.uint64(ones(bits))
        while bits != 0:  # two at a time, of which the last may be none: it is written over
            for i in range(2):
                out[at + np.uint64(i)] = start + np.int64(lowest(bits))
                bits &= bits - np.uint64(1)
            at += np.uint64(2)
        at = end
        if np.int64(at) > most:
            return -1
    for i in range(whole, len(mask)):
        out[at] = i
        at += np.uint64(mask[i] != 0)
    return int(at) if np.int64(at) <= most else -1


@entry(types.boolean, I32, types.int64)
def ascend(slots: Any, items: int) -> bool:
    """Tell whether slots are slots of so many items, in ascending order, each once."""
    if len(slots) == 0:
        return True
    falls = 0
    for i in range(1, len(slots)):
        falls += slots[i] <= slots[i - 1]
    return bool(falls == 0 and slots[0] >= 0 and slots[len(slots) - 1] < items)
