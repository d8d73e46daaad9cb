"""The exact scores of some rows, and the best of them in order (numba)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scorer.kernels.columns import SIDE, add_columns
from scorer.kernels.compiling import part
from scorer.kernels.sketches import Sketch
from scorer.kernels.words import WORD, higher, ones

SPARE = 64
RUN = 4 * WORD  # keys that are put in order by counting
LOW, SIGN = np.uint64(0xFFFFFFFF), np.uint64(0x80000000)
NONE = np.float32(-np.inf)


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


@part
def exact(factors: Any, rows: Any, count: int, vector: Any, out: Any) -> None:
    """Fill out with the products of rows[:count]: float32, slot after slot, nothing fused.

    Both have room for sixteen more; the last row is repeated there.
    """
    rank, whole = factors.shape[1], -(-count // SIDE) * SIDE
    for i in range(count, whole):
        rows[i] = rows[count - 1]
    add_columns(factors, rows, whole, vector, out)
    for k in range(rank - rank % SIDE, rank):
        x = vector[k]
        for i in range(whole):
            out[i] += factors[rows[i], k] * x


@part
def boosted(score: Any, slot: int, boosts: Boosts) -> Any:
    """Return a score after boosts; it never falls where the score rises, unless a factor is below zero."""
    if len(boosts.multiply):
        factor = boosts.multiply[slot]
        score = score / factor if score < 0 and factor > 1 else score * factor
    if len(boosts.add):
        score += boosts.add[slot]
    return score


@part
def _is_after(score: Any, slot: int, f: Filter) -> bool:
    if score != f.score:
        return bool(score < f.score)
    return slot < f.slot if f.descending else slot > f.slot


@part
def lift(numbers: Any, n: int) -> Any:
    """Bring the n highest to the front; return the lowest of them (Hoare's selection)."""
    low, high = 0, len(numbers) - 1
    while low < high:
        pivot = numbers[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while numbers[i] > pivot:
                i += 1
            while numbers[j] < pivot:
                j -= 1
            if i <= j:
                numbers[i], numbers[j] = numbers[j], numbers[i]
                i, j = i + 1, j - 1
        if n - 1 <= j:
            high = j
        elif n - 1 >= i:
            low = i
        else:
            break
    return numbers[n - 1]


@part
def _key(bits: Any, place: int, descending: bool) -> Any:
    """Return what rises with a score, given as its bits, and on ties with its place, or falls with that.

    Of scores below zero the bits fall where the score rises, so they are all turned; of others the sign is.
    """
    high = np.uint64(bits)
    high ^= LOW if high >> np.uint64(31) else SIGN
    low = np.uint64(place)
    return (high << np.uint64(32)) | (low if descending else low ^ LOW)


@part
def _place(key: Any, descending: bool) -> Any:
    low = key & LOW
    return np.int64(low if descending else low ^ LOW)


@part
def _merge(keys: Any, start: int, middle: int, end: int, out: Any) -> None:
    """Merge two neighbouring runs, the highest first."""
    i, j, k = start, middle, start
    while i < middle and j < end:
        a, b = keys[i], keys[j]
        left = a > b
        out[k] = a if left else b
        i, j, k = i + left, j + (not left), k + 1
    while i < middle:
        out[k] = keys[i]
        i, k = i + 1, k + 1
    while j < end:
        out[k] = keys[j]
        j, k = j + 1, k + 1


@part
def _count_higher(keys: Any, start: int, end: int, out: Any) -> None:
    """Write keys[start:end], the highest first: each goes as far down as there are higher ones."""
    for i in range(start, end):
        key, place = keys[i], start
        for at in range(start, end, WORD):
            place += ones(higher(keys, at, key))
        out[place] = key


@part
def _sorted(keys: Any, size: int) -> Any:
    """Return keys[:size], all different, the highest first: runs by counting how many are higher, then merged.

    `keys` has room for a whole word more.
    """
    other = np.empty(len(keys), np.uint64)
    for start in range(0, size, RUN):
        end = min(start + RUN, size)
        kept = keys[end : end + WORD].copy()
        keys[end : end + WORD] = 0
        _count_higher(keys, start, end, other)
        keys[end : end + WORD] = kept
    keys, other = other, keys
    width = RUN
    while width < size:
        for start in range(0, size, 2 * width):
            _merge(keys, start, min(start + width, size), min(start + 2 * width, size), other)
        keys, other = other, keys
        width *= 2
    return keys


@part
def choose(
    s: Sketch, vector: Any, found: Any, count: int, boosts: Boosts, f: Filter, out: Any, scores: Any
) -> int:
    """Fill out and scores (n,) with the best of found[:count], which ascend, best first; return how many there are.

    `found` has room for sixteen more.
    """
    n, size, cut, room = len(out), 0, np.uint64(0), min(count, 2 * len(out) + SPARE)
    keys, given = np.empty(room + WORD, np.uint64), np.empty(count + SIDE, np.float32)
    exact(s.factors, found, count, vector, given)
    if len(boosts.multiply) > 0 or len(boosts.add) > 0:
        for i in range(count):
            given[i] = boosted(given[i], found[i], boosts)
    bits = (given + np.float32(0.0)).view(np.uint32)  # so that no zero has a sign
    for i in range(count):
        score, key = given[i], _key(bits[i], i, f.descending)
        if key <= cut or np.isnan(score) or (f.resumed and not _is_after(score, found[i], f)):
            continue
        if size == room:
            cut, size = lift(keys[:room], n), n
            if key <= cut:
                continue
        keys[size] = key
        size += 1
    ordered, size = _sorted(keys, size), min(size, n)
    for i in range(size):
        place = _place(ordered[i], f.descending)
        out[i], scores[i] = found[place], given[place]
    return size
