"""The compiled look-up of a text's words (numba). The import compiles it, or loads it from the cache.

All of a `Vocabulary` lies in rows of eight 64-bit numbers, a cache line each. The first row holds the seed and room for
one word's letters; each of the next `PLACES` is empty or one word: its hash, its share, its length, and its letters,
from the lowest byte of a number on. A word stands at its hash or in one of the places after it. The rest is room for
one text. `vocabulary` checks, this does not. A word's end is found eight letters at a time (Hacker's Delight, 6-1).
"""

from __future__ import annotations

import ctypes
from typing import Any

import numba
import numpy as np
from numba import types
from numba.np.numpy_support import carray

from scorer.kernels.compiling import compile_kept, inlined, lowest

WIDTH = 8  # numbers in a row
LETTERS = 3  # where the letters begin in it
LONGEST = 8 * (WIDTH - LETTERS)  # bytes of a word
PLACES = 1 << 16
TRIES = 16  # places after its hash where a word may stand
ROOM = 1 << 16  # bytes of a text, and of what is read beyond its end
ROWS = 1 + PLACES + ROOM // (8 * WIDTH)

_PRIME = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio's 64 bits (Knuth, TAOCP 6.4)
_BLANKS, _ONES, _HIGHS = (np.uint64(byte * 0x0101010101010101) for byte in (0x20, 0x01, 0x80))
_NONE, _ONE, _HALF, _BYTE, _LAST = (np.uint64(n) for n in (0, 1, 32, 56, 63))


@inlined
def _mixed(hashed: Any, number: Any) -> Any:
    hashed = (hashed ^ number) * _PRIME
    return hashed ^ (hashed >> _HALF)


@inlined
def _lowered(text: Any, room: Any) -> int:
    """Copy a text into the room: A to Z in lower case, all of Java's blanks as spaces; those at its end go.

    Returns its length; a blank follows it.
    """
    for i in range(len(text)):
        letter = text[i]
        if 65 <= letter <= 90:
            letter |= np.uint8(32)
        elif 9 <= letter <= 13:
            letter = np.uint8(32)
        room[i] = letter
    end = len(text)
    room[end] = 32
    while end > 0 and room[end - 1] == 32:
        end -= 1
    return end


@inlined
def _eight(numbers: Any, at: int) -> Any:
    """Return the eight letters from `at` on."""
    shift = np.uint64((at & 7) << 3)
    return (numbers[at >> 3] >> shift) | (numbers[(at >> 3) + 1] << _ONE << (_LAST - shift))


@inlined
def _read(word: Any, numbers: Any, start: int) -> Any:
    """Read the word from `start` into the first row: where it ends, -1 if it is too long, and its hash."""
    hashed: Any = word[0]
    at: Any = start
    while True:
        number = _eight(numbers, at)
        other = number ^ _BLANKS
        blanks = (other - _ONES) & ~other & _HIGHS
        if blanks != 0:
            break
        if at - start >= LONGEST:
            return -1, hashed
        word[LETTERS + ((at - start) >> 3)] = number
        hashed = _mixed(hashed, number)
        at += 8
    letters = lowest(blanks) & ~np.uint64(7)
    if letters:
        if at - start >= LONGEST:
            return -1, hashed
        number &= (_ONE << letters) - _ONE
        word[LETTERS + ((at - start) >> 3)] = number
        hashed = _mixed(hashed, number)
        at += np.int64(letters >> np.uint64(3))
    return at, _mixed(hashed, np.uint64(at - start)) | _ONE


@inlined
def _place(rows: Any, hashed: Any, length: int) -> Any:
    """Return the row where the word of the first row stands, or the empty one where it would; 0 if there is none."""
    for step in range(TRIES):
        place = 1 + np.int64((hashed + np.uint64(step)) & np.uint64(PLACES - 1))
        if rows[place, 0] == 0:
            return place
        same = rows[place, 0] == hashed and rows[place, 2] == length
        for i in range(LETTERS, LETTERS + ((length + 7) >> 3)):
            same &= rows[place, i] == rows[0, i]
        if same:
            return place
    return 0


def _sum_at(state: Any, text: Any, size: int) -> float:
    """Return the exact sum of what a text's words add, rounded once; NaN if a word is not known, or in doubt.

    The rounding errors of the sum are summed too (Knuth's two-sum, TAOCP 4.2.2); where that sum is not exact itself,
    the text is in doubt.
    """
    rows = carray(state, (ROWS, WIDTH))
    shares, numbers = rows.view(np.float64), rows[1 + PLACES :].reshape(ROOM // 8)
    end = _lowered(carray(text, size), numbers.view(np.uint8))
    if end == 0 < size:
        return 0.0
    at, total, low = 0, 0.0, 0.0
    exact = True
    while True:
        start = at
        at, hashed = _read(rows[0], numbers, start)
        if at < 0:
            return np.nan
        place = _place(rows, hashed, at - start)
        if place == 0 or rows[place, 0] == 0:
            return np.nan
        share = shares[place, 1]
        grown = total + share
        back = grown - total
        error = (total - (grown - back)) + (share - back)
        total = grown
        grown = low + error
        back = grown - low
        exact &= (low - (grown - back)) + (error - back) == 0.0
        low = grown
        if at >= end:
            return total + low if exact else np.nan
        at += 1


def _learn_at(state: Any, text: Any, size: int, share: float) -> None:
    """Keep what one word adds; nothing happens if it is too long, or if there is no place for it."""
    rows = carray(state, (ROWS, WIDTH))
    numbers = rows[1 + PLACES :].reshape(ROOM // 8)
    _lowered(carray(text, size), numbers.view(np.uint8))
    end, hashed = _read(rows[0], numbers, 0)
    place = _place(rows, hashed, size) if end == size else 0
    if place == 0:
        return
    for i in range(LETTERS, LETTERS + ((size + 7) >> 3)):
        rows[place, i] = rows[0, i]
    rows[place, 2] = size
    rows.view(np.float64)[place, 1] = share
    rows[place, 0] = hashed


_STATE, _TEXT = types.CPointer(types.uint64), types.CPointer(types.uint8)
_sum = compile_kept(numba.cfunc, types.float64(_STATE, _TEXT, types.int64), _sum_at)
_learn = compile_kept(numba.cfunc, types.void(_STATE, _TEXT, types.int64, types.float64), _learn_at)
_ARGUMENTS = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64)
# with the GIL, since all callers read and write the same first row and the same room
sum_of = ctypes.PYFUNCTYPE(ctypes.c_double, *_ARGUMENTS)(_sum.address)
learn = ctypes.PYFUNCTYPE(None, *_ARGUMENTS, ctypes.c_double)(_learn.address)
