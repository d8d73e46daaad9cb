"""The compiled search for the best of a catalog (numba). The import compiles it, or loads it from the cache.

A sketch of each row, in bytes, bounds its score from both sides; only rows whose upper bound reaches the n-th best
lower bound are computed in full, in float32, slot after slot. `topk` prepares, this does not check.

    row = scale · (bytes + error), |error| <= ratio    so    score = scale · (bytes · vector ± ratio · |vector|)

`ratio` holds the rounding of all sums as well. Source of the idea: bound and refine, as in LEMP (Teflioudi et al.,
SIGMOD 2015).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types

from scorer.kernels.compiling import entry, lowest, part
from scorer.kernels.lanes import (
    FOUR,
    LANES,
    ROWS,
    WORD,
    filled,
    prefetch,
    products,
    products_of_four,
    reaching,
)

BLOCK, SPARE = WORD, 64
NONE = np.float32(-np.inf)


class Sketch(NamedTuple):
    """The items: `factors` (items, rank), `rows` (items, padded) bytes, `scale` (items,)."""

    factors: Any
    rows: Any
    scale: Any


class Boosts(NamedTuple):
    """What changes a score: each (items,), or empty."""

    multiply: Any
    add: Any


class Filter(NamedTuple):
    """What is eligible: `mask` (items,) or empty; only what comes after a score and slot, if `resumed`."""

    mask: Any
    resumed: bool
    score: Any
    slot: int
    descending: bool


class Found(NamedTuple):
    """What may be among the n best of each of some vectors, while the catalog is read.

    `slots`, `tops` (vectors, items): rows and their upper bounds, `held[v, 0]` of them. `bounds` (vectors, room):
    lower bounds, `held[v, 1]` of them, the n highest among them. `floor` (vectors,): what an upper bound must reach.
    """

    slots: Any
    tops: Any
    bounds: Any
    floor: Any
    held: Any


F32, U8, I32 = (
    types.Array(kind, 1, "C", readonly=True) for kind in (types.float32, types.uint8, types.int32)
)
SLOTS, SCORES = types.Array(types.int32, 1, "C"), types.Array(types.float32, 1, "C")
FACTORS = types.Array(types.float32, 2, "C", readonly=True)
BYTES = types.Array(types.int8, 2, "C", readonly=True)


def padded_to(rank: int) -> int:
    """Return the width of a sketch's rows."""
    return -(-rank // LANES) * LANES


# -- a score ---------------------------------------------------------------------------------------------------


@part
def _exact(factors: Any, rows: Any, vector: Any, out: Any) -> None:
    """Fill out (8,) with the products of eight rows: float32, slot after slot, nothing fused."""
    for i in range(ROWS):
        out[i] = np.float32(0.0)
    for k in range(factors.shape[1]):
        x = vector[k]
        for i in range(ROWS):
            out[i] += factors[rows[i], k] * x


@part
def _boosted(score: Any, slot: int, boosts: Boosts) -> Any:
    """Return a score after boosts; it never falls where the score rises, unless a factor is below zero."""
    if len(boosts.multiply):
        factor = boosts.multiply[slot]
        score = score / factor if score < 0 and factor > 1 else score * factor
    if len(boosts.add):
        score += boosts.add[slot]
    return score


@part
def _steady(slot: int, boosts: Boosts) -> bool:
    """Tell whether an item's boosts are finite, so that the bounds of its score stay bounds."""
    return (len(boosts.multiply) == 0 or np.isfinite(boosts.multiply[slot])) and (
        len(boosts.add) == 0 or np.isfinite(boosts.add[slot])
    )


@part
def _is_after(score: Any, slot: int, f: Filter) -> bool:
    if score != f.score:
        return score < f.score  # type: ignore[no-any-return]
    return slot < f.slot if f.descending else slot > f.slot


# -- the n best ------------------------------------------------------------------------------------------------


@part
def _worse(a: Any, i: int, b: Any, j: int, descending: bool) -> bool:
    if a != b:
        return a < b  # type: ignore[no-any-return]
    return i < j if descending else i > j


@part
def _sift(scores: Any, slots: Any, size: int, score: Any, slot: int, descending: bool) -> None:
    """Put an entry in the place of the worst, which is the first; no parent is better than its children."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _worse(
            scores[child + 1], slots[child + 1], scores[child], slots[child], descending
        ):
            child += 1
        if not _worse(scores[child], slots[child], score, slot, descending):
            break
        scores[at], slots[at] = scores[child], slots[child]
        at = child
    scores[at], slots[at] = score, slot


@part
def _raise(scores: Any, slots: Any, size: int, score: Any, slot: int, descending: bool) -> None:
    """Add an entry at the end."""
    at = size
    while at > 0:
        parent = (at - 1) // 2
        if not _worse(score, slot, scores[parent], slots[parent], descending):
            break
        scores[at], slots[at] = scores[parent], slots[parent]
        at = parent
    scores[at], slots[at] = score, slot


@part
def _choose(
    s: Sketch, vector: Any, found: Any, count: int, boosts: Boosts, f: Filter, out: Any, scores: Any
) -> int:
    """Fill out and scores (n,) with the best of found[:count], best first; return how many there are."""
    n, size = len(out), 0
    exact = np.empty(ROWS, np.float32)
    rows = np.empty(ROWS, np.int64)
    for start in range(0, count, ROWS):
        for i in range(ROWS):
            rows[i] = found[min(start + i, count - 1)]
        _exact(s.factors, rows, vector, exact)
        for i in range(min(ROWS, count - start)):
            slot = rows[i]
            score = _boosted(exact[i], slot, boosts)
            if np.isnan(score) or (f.resumed and not _is_after(score, slot, f)):
                continue
            if size < n:
                _raise(scores, out, size, score, slot, f.descending)
                size += 1
            elif _worse(scores[0], out[0], score, slot, f.descending):
                _sift(scores, out, size, score, slot, f.descending)
    for last in range(size - 1, 0, -1):
        score, slot = scores[last], out[last]
        scores[last], out[last] = scores[0], out[0]
        _sift(scores, out, last, score, slot, f.descending)
    return size


# -- the candidates --------------------------------------------------------------------------------------------


@part
def _lift(bounds: Any, n: int) -> Any:
    """Bring the n highest bounds to the front; return the lowest of them (Hoare's selection)."""
    low, high = 0, len(bounds) - 1
    while low < high:
        pivot = bounds[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while bounds[i] > pivot:
                i += 1
            while bounds[j] < pivot:
                j -= 1
            if i <= j:
                bounds[i], bounds[j] = bounds[j], bounds[i]
                i, j = i + 1, j - 1
        if n - 1 <= j:
            high = j
        elif n - 1 >= i:
            low = i
        else:
            break
    return bounds[n - 1]


@part
def _block(s: Sketch, start: int, count: int, slots: Any, rows: Any, steps: Any) -> int:
    """Fill rows and steps (BLOCK,) with the next of the slots, or of all, and their scales; return how many there are.

    What is over repeats the last.
    """
    size = min(BLOCK, count - start)
    if len(slots):
        for i in range(BLOCK):
            rows[i] = slots[start + min(i, size - 1)]
            steps[i] = s.scale[rows[i]]
        for i in range(start + BLOCK, min(start + 2 * BLOCK, count)):
            prefetch(s.rows, np.int64(slots[i]) * s.rows.shape[1])
    elif size == BLOCK:
        scale = s.scale[start : start + BLOCK]
        for i in range(BLOCK):
            rows[i] = start + i
        for i in range(BLOCK):
            steps[i] = scale[i]
    else:
        for i in range(BLOCK):
            rows[i] = start + min(i, size - 1)
            steps[i] = s.scale[rows[i]]
    return size


@part
def _upper(dots: Any, v: int, slack: Any, steps: Any, high: Any) -> None:
    """Fill high with the upper bounds of the scores of vector v."""
    for i in range(BLOCK):
        high[i] = (dots[v, i] + slack) * steps[i]


@part
def _boost(rows: Any, steps: Any, slack: Any, boosts: Boosts, dots: Any, v: int, high: Any) -> None:
    """Boost the upper bounds."""
    if len(boosts.multiply):
        for i in range(BLOCK):
            factor, bound = boosts.multiply[rows[i]], high[i]
            bound = (dots[v, i] - slack) * steps[i] if factor < 0 else bound
            high[i] = bound / factor if bound < 0 and factor > 1 else bound * factor
    if len(boosts.add):
        for i in range(BLOCK):
            high[i] += boosts.add[rows[i]]


@part
def _lower(s: Sketch, row: int, slack: Any, boosts: Boosts, dot: Any) -> Any:
    """Return the lower bound of a score after boosts; none if they are not finite."""
    if not _steady(row, boosts):
        return NONE
    falls = len(boosts.multiply) > 0 and boosts.multiply[row] < 0
    bound = (dot + slack) * s.scale[row] if falls else (dot - slack) * s.scale[row]
    return _boosted(bound, row, boosts)


@part
def _consider(
    s: Sketch,
    rows: Any,
    steps: Any,
    reached: Any,
    slack: Any,
    boosts: Boosts,
    f: Filter,
    n: int,
    dots: Any,
    high: Any,
    q: Found,
    v: int,
) -> None:
    """Note the eligible rows of a block that may be among the n best of vector v; `reached`: a bit for each row."""
    floor, kept, bounded = q.floor[v], q.held[v, 0], q.held[v, 1]
    boosted = len(boosts.multiply) > 0 or len(boosts.add) > 0
    while reached != 0:
        i = np.int64(lowest(reached))
        reached &= reached - np.uint64(1)
        row = rows[i]
        if high[i] < floor or (len(f.mask) > 0 and f.mask[row] == 0):
            continue
        low = (dots[v, i] - slack) * steps[i]
        if boosted:
            low = _lower(s, row, slack, boosts, dots[v, i])
        if f.resumed and low > f.score:
            continue
        q.slots[v, kept], q.tops[v, kept] = row, high[i]
        kept += 1
        if low > floor and np.isfinite(low) and (not f.resumed or high[i] < f.score):
            q.bounds[v, bounded] = low
            bounded += 1
            if bounded == q.bounds.shape[1]:
                floor = _lift(q.bounds[v], n)
                bounded = n
    q.floor[v], q.held[v, 0], q.held[v, 1] = floor, kept, bounded


@part
def _refine(
    s: Sketch, padded: Any, first: int, slack: Any, slots: Any, boosts: Boosts, f: Filter, n: int, q: Found
) -> None:
    """Note for one vector, or for four from `first`, the slots that may be among the n best."""
    count, several = len(slots) or len(s.scale), len(q.floor)
    boosted = len(boosts.multiply) > 0 or len(boosts.add) > 0
    rows = np.empty(BLOCK, np.int64)
    dots = np.empty((several, BLOCK), np.float32)
    steps, high = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    for start in range(0, count, BLOCK):
        size = _block(s, start, count, slots, rows, steps)
        whole = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(BLOCK - size)
        if several == FOUR:
            for i in range(0, size, FOUR):
                products_of_four(s.rows, rows, i, padded, first, dots, i)
        else:
            for i in range(0, size, ROWS):
                products(s.rows, rows, i, padded, first, dots, i)
        for v in range(several):
            _upper(dots, v, slack[first + v], steps, high)
            if boosted:
                _boost(rows, steps, slack[first + v], boosts, dots, v, high)
            reached = reaching(high, q.floor[v]) & whole
            if reached != 0:
                _consider(s, rows, steps, reached, slack[first + v], boosts, f, n, dots, high, q, v)


@part
def _remaining(q: Found, v: int, n: int) -> int:
    """Leave in front those that still may be among the n best of a vector; return how many there are."""
    floor, bounded = q.floor[v], q.held[v, 1]
    if bounded >= n:
        floor = _lift(q.bounds[v, :bounded], n)
    last = 0
    for i in range(q.held[v, 0]):
        if not (q.tops[v, i] < floor):
            q.slots[v, last] = q.slots[v, i]
            last += 1
    return last


@part
def _eligible(s: Sketch, slots: Any, mask: Any, found: Any) -> int:
    """Fill found with all that is eligible."""
    kept = 0
    for i in range(len(slots) or len(s.scale)):
        row = slots[i] if len(slots) else i
        if len(mask) == 0 or mask[row] != 0:
            found[kept] = row
            kept += 1
    return kept


# -- the entries -----------------------------------------------------------------------------------------------


CATALOG = (FACTORS, BYTES, F32)
VECTORS = (FACTORS, FACTORS, F32)
ELIGIBLE = (I32, U8, F32, F32, types.boolean, types.float32, types.int64, types.boolean)
ANSWER = (
    types.Array(types.int32, 2, "C"),
    types.Array(types.float32, 2, "C"),
    types.Array(types.int64, 1, "C"),
)


@entry(types.void, *CATALOG, *VECTORS, *ELIGIBLE, *ANSWER)
def top(
    factors: Any,
    sketch: Any,
    scale: Any,
    vectors: Any,
    padded: Any,
    slack: Any,
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

    `padded`: the vectors with zeros to the sketch's width. `slack` (vectors,): ratio · |vector|; NaN where bounds
    would not hold. `mask`, `multiply`, `add`: of all items, or empty.
    """
    s, boosts = Sketch(factors, sketch, scale), Boosts(multiply, add)
    f = Filter(mask, resumed, score, slot, descending)
    count, n = len(slots) or len(scale), out.shape[1]
    first = 0
    while first < len(vectors):
        listed = count <= 2 * n or np.isnan(slack[first])
        tiled = (
            not listed and first + FOUR <= len(vectors) and not np.isnan(slack[first : first + FOUR]).any()
        )
        several = FOUR if tiled else 1
        q = Found(
            np.empty((several, count), np.int32),
            np.empty((several, 0 if listed else count), np.float32),
            np.empty((several, 2 * n + SPARE), np.float32),
            np.full(several, NONE, np.float32),
            np.zeros((several, 2), np.int64),
        )
        if not listed:
            _refine(s, padded, first, slack, slots, boosts, f, n, q)
        for v in range(several):
            kept = _eligible(s, slots, mask, q.slots[v]) if listed else _remaining(q, v, n)
            at = first + v
            counts[at] = _choose(s, vectors[at], q.slots[v], kept, boosts, f, out[at], scores[at])
        first += several


@entry(types.void, FACTORS, F32, I32, SCORES)
def scores(factors: Any, vector: Any, slots: Any, out: Any) -> None:
    """Fill out (slots,) with the scores of items."""
    exact = np.empty(ROWS, np.float32)
    rows = np.empty(ROWS, np.int64)
    for start in range(0, len(slots), ROWS):
        for i in range(ROWS):
            rows[i] = slots[min(start + i, len(slots) - 1)]
        _exact(factors, rows, vector, exact)
        for i in range(min(ROWS, len(slots) - start)):
            out[start + i] = exact[i]


@entry(types.int64, U8)
def sampled(mask: Any) -> int:
    """Count the bytes that are not zero in one of sixteen parts of a mask, spread over it."""
    total = 0
    for start in range(0, len(mask) - BLOCK + 1, 16 * BLOCK):
        bits = filled(mask, start)
        while bits != 0:
            bits &= bits - np.uint64(1)
            total += 1
    return total


@entry(types.int64, U8, SLOTS)
def places(mask: Any, out: Any) -> int:
    """Fill out with the places of the bytes that are not zero; return how many there are, -1 if out is too short.

    It is too short if fewer than BLOCK places are left over.
    """
    at, most, whole = 0, len(out) - BLOCK, len(mask) - len(mask) % BLOCK
    for start in range(0, whole, BLOCK):
        bits = filled(mask, start)
        while bits != 0:
            out[at] = start + np.int64(lowest(bits))
            bits &= bits - np.uint64(1)
            at += 1
        if at > most:
            return -1
    for i in range(whole, len(mask)):
        out[at] = i
        at += mask[i] != 0
    return at if at <= most else -1


@entry(types.float64, FACTORS, types.Array(types.int8, 2, "C"), SCORES)
def sketched(factors: Any, rows: Any, scale: Any) -> float:
    """Fill rows and scale; return the ratio of the bounds."""
    items, rank = factors.shape
    rounding = (4 * rank + 32) * 2.0**-24  # of both sums and of the bounds themselves, generously
    ratio = 0.0
    for i in range(items):
        largest = np.float32(0.0)
        for k in range(rank):
            largest = max(largest, abs(factors[i, k]))
        step = max(largest / np.float32(127.0), np.float32(1e-30))
        error, square = 0.0, 0.0
        for k in range(rank):
            x = np.float64(factors[i, k]) / np.float64(step)
            nearest = np.float64(min(max(np.rint(x), -127.0), 127.0))
            rows[i, k] = np.int8(nearest)
            error += (x - nearest) ** 2
            square += x * x
        scale[i] = step
        error, norm = np.sqrt(error), np.sqrt(square)
        ratio = max(ratio, error + rounding * (norm + error))
    return ratio
