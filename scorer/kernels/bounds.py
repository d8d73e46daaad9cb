"""Which rows may be among the n best of some vectors, by the bounds of their scores (numba).

The catalog is read chunk after chunk. The n-th highest lower bound of what was read is the floor: a row whose upper
bound does not reach it is left out. Halving finds the floor of the first chunk; then it rises.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scorer.kernels.choice import NONE, SPARE, Boosts, Filter, lift
from scorer.kernels.columns import SIDE
from scorer.kernels.compiling import inlined, lowest, part
from scorer.kernels.reading import BLOCK, Chunk, boost, hold, read, room_for
from scorer.kernels.sketches import Sides, Sketch
from scorer.kernels.words import not_below, ones, reaching

HALVINGS = 24
SAMPLED = 8  # blocks whose numbers tell where to look for a floor
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


class Found(NamedTuple):
    """What may be among the n best of each of some vectors, while the catalog is read.

    `slots`, `tops` (vectors, items and more): rows and their upper bounds, `held[v, 0]` of them. `bounds` (vectors,
    room): lower bounds, `held[v, 1]` of them, the n highest among them. `floor` (vectors,): what an upper bound must
    reach.
    """

    slots: Any
    tops: Any
    bounds: Any
    floor: Any
    held: Any


@inlined
def nothing_found(several: int, count: int, n: int, listed: bool) -> Found:
    """Return what is known at the start; without room for bounds, where all is `listed`."""
    return Found(
        np.empty((several, count + SIDE), np.int32),
        np.empty((several, 0 if listed else count), np.float32),
        np.empty((several, 2 * n + SPARE), np.float32),
        np.full(several, NONE, np.float32),
        np.zeros((several, 2), np.int64),
    )


@part
def _spread(held: Any, step: int) -> tuple[Any, Any]:
    """Return the lowest and the highest of the numbers of every so many blocks, NONE left aside."""
    least, most = np.full(BLOCK, np.float32(np.inf)), np.full(BLOCK, NONE)
    for at in range(0, len(held), step * BLOCK):
        for i in range(BLOCK):
            x = held[at + i]
            most[i] = max(most[i], x)
            least[i] = min(least[i], x if x > NONE else np.float32(np.inf))
    return least.min(), most.max()


@inlined
def _count(held: Any, floor: Any) -> int:
    """Count those of whole blocks of numbers that reach a floor."""
    total = 0
    for at in range(0, len(held), BLOCK):
        total += ones(reaching(held, at, floor))
    return total


@part
def _halved(held: Any, n: int) -> Any:
    """Return a number that at least n of held reach, and few more; NONE if there is no such number."""
    least, most = _spread(held, len(held) // (SAMPLED * BLOCK) + 1)
    reached = _count(held, least)
    if reached < n:
        least, most = _spread(held, 1)
        reached = _count(held, least)
    if reached < n:
        return NONE
    for _ in range(HALVINGS):
        if reached <= n + n // 16:
            break
        middle = least + (most - least) * np.float32(0.5)
        count = _count(held, middle)
        if count >= n:
            least, reached = middle, count
        else:
            most = middle
    return least


@part
def _consider(c: Chunk, v: int, slots: Any, start: int, size: int, f: Filter, n: int, q: Found) -> None:
    """Note the eligible rows of a chunk that may be among the n best of vector v."""
    high, low, found, tops, bounds = c.high[v], c.low[v], q.slots[v], q.tops[v], q.bounds[v]
    floor, kept, bounded = q.floor[v], q.held[v, 0], q.held[v, 1]
    for block in range(0, size, BLOCK):
        reached = not_below(high, block, floor)
        if size - block < BLOCK:
            reached &= ALL >> np.uint64(BLOCK - (size - block))
        while reached != 0:
            i = block + int(lowest(reached))
            reached &= reached - np.uint64(1)
            row = int(slots[start + i]) if len(slots) else start + i
            if high[i] < floor or (len(f.mask) > 0 and f.mask[row] == 0):
                continue
            bound = low[i]
            if f.resumed and bound > f.score:
                continue
            found[kept], tops[kept] = row, high[i]
            kept += 1
            if bound > floor and bound < np.inf and (not f.resumed or high[i] < f.score):
                bounds[bounded] = bound
                bounded += 1
                if bounded == len(bounds):
                    floor = lift(bounds, n)
                    bounded = n
    q.floor[v], q.held[v, 0], q.held[v, 1] = floor, kept, bounded


@part
def refine(
    s: Sketch, sides: Sides, first: int, slots: Any, boosts: Boosts, f: Filter, n: int, q: Found
) -> None:
    """Note for one vector, or for four from `first`, the slots that may be among the n best."""
    count, several = len(slots) or len(s.scale), len(q.floor)
    changed = len(boosts.multiply) > 0 or len(boosts.add) > 0
    c = room_for(several, count)
    for start in range(0, count, len(c.held)):
        size = min(len(c.held), count - start)
        read(s, sides, first, slots, start, size, c)
        for v in range(several):
            if changed:
                boost(c, v, slots, start, size, boosts)
            if start == 0:
                hold(c, v, slots, start, size, f)
                q.floor[v] = _halved(c.held, n)
            _consider(c, v, slots, start, size, f, n, q)


@part
def remaining(q: Found, v: int, n: int) -> int:
    """Leave in front those that still may be among the n best of a vector; return how many there are."""
    floor, bounded = q.floor[v], q.held[v, 1]
    if bounded > n + n // 16:
        floor = lift(q.bounds[v, :bounded], n)
    found, tops, last = q.slots[v], q.tops[v], 0
    for i in range(q.held[v, 0]):
        found[last] = found[i]
        last += not (tops[i] < floor)
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
