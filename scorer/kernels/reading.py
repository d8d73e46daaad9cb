"""The bounds of the scores of some rows, before boosts and after (numba)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scorer.kernels.choice import NONE, Boosts, Filter
from scorer.kernels.compiling import inlined, part
from scorer.kernels.lanes import FOUR, bound, bound_four, bound_four_listed, bound_listed
from scorer.kernels.sketches import Sides, Sketch
from scorer.kernels.words import WORD

BLOCK = WORD
CHUNK = 8192  # rows of one vector, whose bounds stay in the nearest caches; of four a quarter


class Chunk(NamedTuple):
    """Rows that are looked at together, whole blocks of them.

    `high`, `low` (vectors, room): the bounds of their scores. `held` (room,): the lower bounds that may hold the floor
    up. `rows` (BLOCK,): the rows of a block that is not full. `numbers` (BLOCK,): what boosts the rows of a block.
    """

    high: Any
    low: Any
    held: Any
    rows: Any
    numbers: Any


@inlined
def room_for(several: int, count: int) -> Chunk:
    """Return room for a chunk of so many rows, or for as many as a chunk has."""
    room = min(CHUNK // several, -(-count // BLOCK) * BLOCK)
    return Chunk(
        np.empty((several, room), np.float32),
        np.empty((several, room), np.float32),
        np.empty(room, np.float32),
        np.empty(BLOCK, np.int32),
        np.empty(BLOCK, np.float32),
    )


@inlined
def _listed(s: Sketch, sides: Sides, first: int, rows: Any, at: int, many: int, c: Chunk, place: int) -> None:
    """Bound the scores of so many rows of a list."""
    if len(c.high) == FOUR:
        bound_four_listed((s.rows, s.scale), rows, at, many, sides, first, (c.high, c.low), place)
    else:
        bound_listed((s.rows, s.scale), rows, at, many, sides, first, (c.high, c.low), place)


@part
def read(s: Sketch, sides: Sides, first: int, slots: Any, start: int, size: int, c: Chunk) -> None:
    """Fill high and low with the next of the slots, or of all; what is over of a block repeats the last."""
    whole, listed = size - size % BLOCK, len(slots) > 0
    if listed:
        _listed(s, sides, first, slots, start, whole, c, 0)
    elif len(c.high) == FOUR:
        bound_four((s.rows, s.scale), c.rows, start, whole, sides, first, (c.high, c.low), 0)
    else:
        bound((s.rows, s.scale), c.rows, start, whole, sides, first, (c.high, c.low), 0)
    if whole < size:
        for i in range(BLOCK):
            row = start + min(whole + i, size - 1)
            c.rows[i] = slots[row] if listed else row
        _listed(s, sides, first, c.rows, 0, BLOCK, c, whole)


@inlined
def _gather(numbers: Any, slots: Any, at: int, last: int, out: Any) -> None:
    """Fill out (BLOCK,) with the numbers of slots[at:], or of at, at + 1, ... without slots; the last is repeated."""
    if len(slots):
        for i in range(BLOCK):
            out[i] = numbers[slots[min(at + i, last)]]
    elif at + BLOCK <= last + 1:
        for i in range(BLOCK):
            out[i] = numbers[at + i]
    else:
        for i in range(BLOCK):
            out[i] = numbers[min(at + i, last)]


@part
def boost(c: Chunk, v: int, slots: Any, start: int, size: int, boosts: Boosts) -> None:
    """Boost the bounds of vector v; those that a boost which is not finite leaves unknown hold no floor up."""
    for at in range(start, start + size, BLOCK):
        high, low = c.high[v, at - start :], c.low[v, at - start :]
        if len(boosts.multiply):
            _gather(boosts.multiply, slots, at, start + size - 1, c.numbers)
            for i in range(BLOCK):
                factor, one, other = c.numbers[i], high[i], low[i]
                upper, lower = (other, one) if factor < 0 else (one, other)
                lower = lower / factor if lower < 0 and factor > 1 else lower * factor
                high[i] = upper / factor if upper < 0 and factor > 1 else upper * factor
                low[i] = lower if abs(factor) < np.inf else NONE
        if len(boosts.add):
            _gather(boosts.add, slots, at, start + size - 1, c.numbers)
            for i in range(BLOCK):
                high[i] += c.numbers[i]
                low[i] += c.numbers[i]


@part
def hold(c: Chunk, v: int, slots: Any, start: int, size: int, f: Filter) -> None:
    """Fill held with the lower bounds of vector v, and NONE for rows that are not surely eligible."""
    high, low = c.high[v], c.low[v]
    for i in range(size):
        bound = low[i]
        c.held[i] = bound if abs(bound) < np.inf and not (f.resumed and not high[i] < f.score) else NONE
    c.held[size:] = NONE
    if len(f.mask):
        for i in range(size):
            if f.mask[slots[start + i] if len(slots) else start + i] == 0:
                c.held[i] = NONE
