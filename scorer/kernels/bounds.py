"""Which rows may be among the n best of some vectors, by the bounds of their scores (numba).

The catalog is read chunk after chunk. The n-th highest lower bound of what was read is the floor: a row whose upper
bound does not reach it is left out. Without boosts, halving finds the floor of the first chunk; then it
rises.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scorer.kernels.choice import SPARE, Boosts, Filter, boosted, lift
from scorer.kernels.compiling import lowest, part
from scorer.kernels.lanes import FOUR, ROWS, WORD, prefetch, products, products_of_four, reaching
from scorer.kernels.sketches import Sides, Sketch

BLOCK = WORD
CHUNK = 8192  # rows of one vector, whose bounds stay in the nearest cache; of four a quarter
AHEAD = 48  # rows that are asked for before they are needed
HALVINGS = 24
NONE = np.float32(-np.inf)


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


class Chunk(NamedTuple):
    """Rows that are looked at together: `rows`, `scale` (CHUNK,), `dots` (vectors, CHUNK), `high`, `low` (CHUNK,)."""

    rows: Any
    scale: Any
    dots: Any
    high: Any
    low: Any


@part
def nothing_found(several: int, count: int, n: int, listed: bool) -> Found:
    """Return what is known at the start; without room for bounds, where all is `listed`."""
    return Found(
        np.empty((several, count), np.int32),
        np.empty((several, 0 if listed else count), np.float32),
        np.empty((several, 2 * n + SPARE), np.float32),
        np.full(several, NONE, np.float32),
        np.zeros((several, 2), np.int64),
    )


@part
def _read(s: Sketch, sides: Sides, first: int, slots: Any, start: int, size: int, c: Chunk) -> None:
    """Fill rows, scale and dots with the next of the slots, or of all; what is over of a block repeats the last."""
    end = min(-(-size // BLOCK) * BLOCK, len(c.rows))
    if len(slots):
        for i in range(size):
            c.rows[i] = slots[start + i]
    else:
        for i in range(size):
            c.rows[i] = start + i
    for i in range(size, end):
        c.rows[i] = c.rows[size - 1]
    width = s.rows.shape[1]
    if len(slots):
        for i in range(min(AHEAD, size)):
            prefetch(s.rows, np.int64(c.rows[i]) * width)
    for block in range(0, end, ROWS):
        if len(slots):
            for i in range(block + AHEAD, min(block + AHEAD + ROWS, end)):
                prefetch(s.rows, np.int64(c.rows[i]) * width)
        if len(c.dots) == FOUR:
            products_of_four(s.rows, c.rows, block, sides.shorts, first, c.dots, block)
            products_of_four(s.rows, c.rows, block + FOUR, sides.shorts, first, c.dots, block + FOUR)
        else:
            products(s.rows, c.rows, block, sides.shorts, first, c.dots, block)
    if len(slots):
        for i in range(end):
            c.scale[i] = s.scale[c.rows[i]]
    else:
        c.scale[:size] = s.scale[start : start + size]
        for i in range(size, end):
            c.scale[i] = c.scale[size - 1]


@part
def _bound(c: Chunk, v: int, size: int, step: Any, slack: Any) -> None:
    """Fill high and low with the bounds of the scores of vector v, before boosts."""
    dots, scale, high, low = c.dots[v], c.scale, c.high, c.low
    for i in range(min(-(-size // BLOCK) * BLOCK, len(scale))):
        dot = dots[i] * step
        high[i] = (dot + slack) * scale[i]
        low[i] = (dot - slack) * scale[i]


@part
def _boost(c: Chunk, size: int, boosts: Boosts) -> None:
    """Boost the upper bounds."""
    end = min(-(-size // BLOCK) * BLOCK, len(c.rows))
    if len(boosts.multiply):
        for i in range(end):
            factor, bound = boosts.multiply[c.rows[i]], c.high[i]
            bound = c.low[i] if factor < 0 else bound
            c.high[i] = bound / factor if bound < 0 and factor > 1 else bound * factor
    if len(boosts.add):
        for i in range(end):
            c.high[i] += boosts.add[c.rows[i]]


@part
def _steady(slot: int, boosts: Boosts) -> bool:
    """Tell whether an item's boosts are finite, so that the bounds of its score stay bounds."""
    return (len(boosts.multiply) == 0 or np.isfinite(boosts.multiply[slot])) and (
        len(boosts.add) == 0 or np.isfinite(boosts.add[slot])
    )


@part
def _lower(c: Chunk, i: int, v: int, step: Any, slack: Any, boosts: Boosts) -> Any:
    """Return the lower bound of a score after boosts; none if they are not finite."""
    row = c.rows[i]
    if not _steady(row, boosts):
        return NONE
    falls = len(boosts.multiply) > 0 and boosts.multiply[row] < 0
    dot = c.dots[v, i] * step
    bound = (dot + slack) * c.scale[i] if falls else c.low[i]
    return boosted(bound, row, boosts)


@part
def _leave_out(c: Chunk, size: int, f: Filter) -> None:
    """Let no row that is not eligible hold the floor up."""
    if len(f.mask):
        for i in range(size):
            if f.mask[c.rows[i]] == 0:
                c.low[i] = NONE
    for i in range(size):
        if not np.isfinite(c.low[i]) or (f.resumed and not c.high[i] < f.score):
            c.low[i] = NONE


@part
def _halved(low: Any, size: int, n: int) -> Any:
    """Return a number that at least n of low[:size] reach, and few more; none if there is no such number."""
    least, most = np.float32(np.inf), NONE
    finite = 0
    for i in range(size):
        finite += low[i] > NONE
        least = min(least, low[i] if low[i] > NONE else least)
        most = max(most, low[i])
    if finite < n:
        return NONE
    reached = finite
    for _ in range(HALVINGS):
        if reached <= n + n // 16:
            break
        middle = least + (most - least) * np.float32(0.5)
        count = 0
        for i in range(size):
            count += low[i] >= middle
        if count >= n:
            least, reached = middle, count
        else:
            most = middle
    return least


@part
def _consider(
    c: Chunk,
    block: int,
    reached: Any,
    step: Any,
    slack: Any,
    boosts: Boosts,
    f: Filter,
    n: int,
    q: Found,
    v: int,
) -> None:
    """Note the eligible rows of a block that may be among the n best of vector v; `reached`: a bit for each row."""
    floor, kept, bounded = q.floor[v], q.held[v, 0], q.held[v, 1]
    changed = len(boosts.multiply) > 0 or len(boosts.add) > 0
    while reached != 0:
        i = block + int(lowest(reached))
        reached &= reached - np.uint64(1)
        row, high = int(c.rows[i]), c.high[i]
        if high < floor or (len(f.mask) > 0 and f.mask[row] == 0):
            continue
        low = _lower(c, i, v, step, slack, boosts) if changed else c.low[i]
        if f.resumed and low > f.score:
            continue
        q.slots[v, kept], q.tops[v, kept] = row, high
        kept += 1
        if low > floor and np.isfinite(low) and (not f.resumed or high < f.score):
            q.bounds[v, bounded] = low
            bounded += 1
            if bounded == q.bounds.shape[1]:
                floor = lift(q.bounds[v], n)
                bounded = n
    q.floor[v], q.held[v, 0], q.held[v, 1] = floor, kept, bounded


@part
def refine(
    s: Sketch, sides: Sides, first: int, slots: Any, boosts: Boosts, f: Filter, n: int, q: Found
) -> None:
    """Note for one vector, or for four from `first`, the slots that may be among the n best."""
    count, several = len(slots) or len(s.scale), len(q.floor)
    changed = len(boosts.multiply) > 0 or len(boosts.add) > 0
    room = min(CHUNK // several, -(-count // BLOCK) * BLOCK)
    c = Chunk(
        np.empty(room, np.int32),
        np.empty(room, np.float32),
        np.empty((several, room), np.float32),
        np.empty(room, np.float32),
        np.empty(room, np.float32),
    )
    for start in range(0, count, room):
        size = min(room, count - start)
        _read(s, sides, first, slots, start, size, c)
        for v in range(several):
            step, slack = sides.step[first + v], sides.slack[first + v]
            _bound(c, v, size, step, slack)
            if changed:
                _boost(c, size, boosts)
            if start == 0 and not changed:
                low = c.low.copy()
                _leave_out(Chunk(c.rows, c.scale, c.dots, c.high, low), size, f)
                q.floor[v] = _halved(low, size, n)
            for block in range(0, size, BLOCK):
                reached = reaching(c.high, block, q.floor[v])
                if size - block < BLOCK:
                    reached &= np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(BLOCK - (size - block))
                if reached != 0:
                    _consider(c, block, reached, step, slack, boosts, f, n, q, v)


@part
def remaining(q: Found, v: int, n: int) -> int:
    """Leave in front those that still may be among the n best of a vector; return how many there are."""
    floor, bounded = q.floor[v], q.held[v, 1]
    if bounded >= n:
        floor = lift(q.bounds[v, :bounded], n)
    last = 0
    for i in range(q.held[v, 0]):
        if not (q.tops[v, i] < floor):
            q.slots[v, last] = q.slots[v, i]
            last += 1
    return last


@part
def eligible(s: Sketch, slots: Any, mask: Any, found: Any) -> int:
    """Fill found with all that is eligible."""
    kept = 0
    for i in range(len(slots) or len(s.scale)):
        row = slots[i] if len(slots) else i
        if len(mask) == 0 or mask[row] != 0:
            found[kept] = row
            kept += 1
    return kept
