"""The exact scores of some rows, and the best of them in order (numba)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scorer.kernels.compiling import part
from scorer.kernels.lanes import ROWS, prefetch
from scorer.kernels.sketches import Sketch

SPARE = 64
RUN = 64  # keys that are put in order by counting
LINE = 16  # numbers of single precision in a line of memory
LOW, SIGN = np.uint64(0xFFFFFFFF), np.uint64(0x80000000)
AHEAD = 2 * ROWS  # rows that are asked for before they are needed


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
def exact(factors: Any, rows: Any, vector: Any, out: Any) -> None:
    """Fill out (8,) with the products of eight rows: float32, slot after slot, nothing fused."""
    for i in range(ROWS):
        out[i] = np.float32(0.0)
    for k in range(factors.shape[1]):
        x = vector[k]
        for i in range(ROWS):
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
def _sorted(keys: Any, size: int) -> Any:
    """Return keys[:size], all different, the highest first: runs by counting how many are higher, then merged."""
    other = np.empty(size, np.uint64)
    for start in range(0, size, RUN):
        end = min(start + RUN, size)
        for i in range(start, end):
            key, higher = keys[i], 0
            for j in range(start, end):
                higher += keys[j] > key
            other[start + higher] = key
    keys, other = other, keys
    width = RUN
    while width < size:
        for start in range(0, size, 2 * width):
            _merge(keys, start, min(start + width, size), min(start + 2 * width, size), other)
        keys, other = other, keys
        width *= 2
    return keys


@part
def _ask(s: Sketch, row: int) -> None:
    """Ask for the memory of a row's factors."""
    rank = s.factors.shape[1]
    for k in range(0, rank, LINE):
        prefetch(s.factors, np.int64(row) * rank + k)


@part
def choose(
    s: Sketch, vector: Any, found: Any, count: int, boosts: Boosts, f: Filter, out: Any, scores: Any
) -> int:
    """Fill out and scores (n,) with the best of found[:count], which ascend, best first; return how many there are."""
    n, size, cut = len(out), 0, np.uint64(0)
    keys = np.empty(min(count, 2 * n + SPARE), np.uint64)
    given = np.empty(count + ROWS, np.float32)
    eight, bare = np.empty(ROWS, np.float32), np.empty(ROWS, np.float32)
    rows = np.empty(ROWS, np.int64)
    for i in range(min(AHEAD, count)):
        _ask(s, found[i])
    for start in range(0, count, ROWS):
        for i in range(start + AHEAD, min(start + AHEAD + ROWS, count)):
            _ask(s, found[i])
        for i in range(ROWS):
            rows[i] = found[min(start + i, count - 1)]
        exact(s.factors, rows, vector, eight)
        for i in range(ROWS):
            score = boosted(eight[i], rows[i], boosts)
            given[start + i] = score
            bare[i] = score + np.float32(0.0)  # so that no zero has a sign
        bits = bare.view(np.uint32)
        for i in range(min(ROWS, count - start)):
            score, key = given[start + i], _key(bits[i], start + i, f.descending)
            if key <= cut or np.isnan(score) or (f.resumed and not _is_after(score, rows[i], f)):
                continue
            if size == len(keys):
                cut, size = lift(keys, n), n
                if key <= cut:
                    continue
            keys[size] = key
            size += 1
    ordered, size = _sorted(keys, size), min(size, n)
    for i in range(size):
        place = _place(ordered[i], f.descending)
        out[i], scores[i] = found[place], given[place]
    return size
