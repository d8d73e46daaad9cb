"""The complex Fourier transform of 2^k slots, by split radix.

Source: T. Ooura's General Purpose FFT Package (fftsg.c: cftfsub, cftbsub), as in JTransforms' CommonUtils.

A block of slots is parted into quarters, each of which becomes the block of a quarter of the frequencies, down to two
or four slots. The second quarter of a block, and the fourth of a turned one, is itself "turned": its slots still wait
for an eighth of a turn, which its own rotations then include.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scorer.fourier.complex import Complexes, mirrored, pairs, scaled, times, turn
from scorer.javatrig import cos, sin
from scorer.vectors import Mask

EIGHTH = 0.7853981633974483  # of a turn
HALF_ROOT = float(cos(np.array(EIGHTH)))  # the real part of an eighth of a turn, and the imaginary one
SMALL = 16  # slots up to which nothing is interpolated, and the way back is the way forth, counted down


def forward(slots: Complexes) -> Complexes:
    """Return Σ x[j]·exp(+2πi·jk/n) for each k: (…, n) as (…, n)."""
    size = slots.shape[-1]
    blocks, turned = slots.reshape(-1, 1, size), np.zeros(1, bool)
    while blocks.shape[-1] > 2:
        blocks, turned = _parted(blocks, turned, interpolated=SMALL < size == blocks.shape[-1])
    if blocks.shape[-1] == 2:
        left, right = blocks[..., 0], blocks[..., 1]
        right = np.where(turned, turn(right), right)
        blocks = np.stack([left + right, left - right], axis=-1)
    return np.asarray(blocks.reshape(slots.shape)[..., _bits_reversed(size)])


def backward(slots: Complexes) -> Complexes:
    """Return Σ x[j]·exp(-2πi·jk/n) for each k: (…, n) as (…, n)."""
    size = slots.shape[-1]
    if size <= SMALL:
        return np.asarray(forward(slots)[..., -np.arange(size) % size])
    return np.asarray(forward(slots.conj()).conj())


def _parted(blocks: Complexes, turned: Mask, *, interpolated: bool) -> tuple[Complexes, Mask]:
    """Part (rows, blocks, n) slots into (rows, 4·blocks, n / 4); which blocks are turned comes and goes along."""
    rows, count, size = blocks.shape
    quarters = blocks.reshape(rows, count, 4, size // 4)
    parts = np.empty_like(quarters)
    parts[:, ~turned] = _straight(quarters[:, ~turned], _straight_rotations(size, interpolated=interpolated))
    if turned.any():
        parts[:, turned] = _turned(quarters[:, turned], _turned_rotations(size))
    children = np.zeros((count, 4), bool)
    children[:, 1], children[:, 3] = True, turned
    return parts.reshape(rows, count * 4, size // 4), children.ravel()


class _Straight(NamedTuple):
    """The rotations of a straight block's third and fourth quarter; those of slot 0 and of the middle stand aside."""

    third: Complexes
    fourth: Complexes


class _Turned(NamedTuple):
    """The rotations of a turned block: of its even half's two parts, and of its odd half's; slot 0 stands aside."""

    even: tuple[Complexes, Complexes]
    odd: tuple[Complexes, Complexes]


def _straight(quarters: Complexes, rotations: _Straight) -> Complexes:
    a, b, c, d = (quarters[:, :, quarter] for quarter in range(4))
    even, odd, difference = a + c, b + d, turn(b - d)
    third, fourth = a - c + difference, a - c - difference
    found = np.stack(
        [even + odd, even - odd, times(rotations.third, third), times(rotations.fourth, fourth)], axis=2
    )
    found[:, :, 2, 0], found[:, :, 3, 0] = third[..., 0], fourth[..., 0]
    if middle := third.shape[-1] // 2:
        third, fourth = third[..., middle], fourth[..., middle]
        found[:, :, 2, middle] = scaled(HALF_ROOT, third + turn(third))
        found[:, :, 3, middle] = scaled(-HALF_ROOT, fourth - turn(fourth))
    return found


def _turned(quarters: Complexes, rotations: _Turned) -> Complexes:
    a, b, c, d = (quarters[:, :, quarter] for quarter in range(4))
    c, d = turn(c), turn(d)
    evens, odds = (a + c, b + d), (a - c, b - d)
    one, other = (times(by, slots) for by, slots in zip(rotations.even, evens, strict=True))
    third, fourth = (times(by, slots) for by, slots in zip(rotations.odd, odds, strict=True))
    one[..., 0], third[..., 0] = evens[0][..., 0], odds[0][..., 0]
    first, last = evens[1][..., 0], odds[1][..., 0]
    other[..., 0] = scaled(HALF_ROOT, first + turn(first))
    fourth[..., 0] = turn(scaled(HALF_ROOT, last + turn(last)))
    return np.stack([one + other, one - other, third + fourth, third - fourth], axis=2)


@lru_cache(maxsize=64)
def _straight_rotations(size: int, *, interpolated: bool) -> _Straight:
    """Return the rotations by c and 3c of a block's n-th parts of a turn, c below a quarter of n.

    Those of a whole transform's first step are interpolated where c is odd.
    """
    quarter, middle = size // 4, size // 8
    third, fourth = np.ones(quarter, np.complex128), np.ones(quarter, np.complex128)
    if middle:
        near = np.arange(1, middle)
        angles = near * (EIGHTH / middle)
        third[near], fourth[near] = pairs(cos(angles), sin(angles)), pairs(cos(3 * angles), sin(3 * angles))
        third[middle], fourth[middle] = complex(HALF_ROOT, HALF_ROOT), complex(-HALF_ROOT, HALF_ROOT)
        if interpolated:
            step = np.array(EIGHTH / middle)
            for rotations, angle in ((third, step), (fourth, step * 3)):
                secant = float(0.5 / cos(angle))
                rotations[1:middle:2] = scaled(secant, rotations[0:middle:2] + rotations[2 : middle + 1 : 2])
        if size == SMALL:
            fourth[1] = mirrored(third[1])
        third[quarter - near], fourth[quarter - near] = mirrored(third[near]), -mirrored(fourth[near])
    return _Straight(third, fourth)


@lru_cache(maxsize=64)
def _turned_rotations(size: int) -> _Turned:
    """Return the rotations of a turned block's quarters: each with half an n-th part of a turn more in its angle."""
    quarter, middle = size // 4, size // 8
    one, other, third, fourth = (np.ones(quarter, np.complex128) for _ in range(4))
    if middle:
        near = np.arange(1, middle)
        angles, rests = near * (EIGHTH / quarter), (quarter - near) * (EIGHTH / quarter)
        one[near], third[near] = pairs(cos(angles), sin(angles)), pairs(cos(3 * angles), sin(3 * angles))
        other[near], fourth[near] = pairs(sin(rests), cos(rests)), pairs(-sin(3 * rests), -cos(3 * rests))
        if size == SMALL:
            fourth[1] = -one[1].conjugate()
        one[quarter - near], other[quarter - near] = mirrored(other[near]), mirrored(one[near])
        third[quarter - near], fourth[quarter - near] = -mirrored(fourth[near]), -mirrored(third[near])
        angle = np.array(EIGHTH / 2)
        one[middle] = pairs(cos(angle), sin(angle))
        other[middle] = third[middle] = mirrored(one[middle])
        fourth[middle] = -one[middle]
    return _Turned((one, other), (third, fourth))


@lru_cache(maxsize=16)
def _bits_reversed(size: int) -> npt.NDArray[np.integer[Any]]:
    """Return where each frequency stands: its bits, read from the other end."""
    order: npt.NDArray[np.integer[Any]] = np.zeros(1, np.intp)
    while len(order) < size:
        order = np.concatenate([2 * order, 2 * order + 1])
    return order
