"""The cosine transform of 2^k slots, by a complex transform of half as many.

Source: T. Ooura's General Purpose FFT Package (fftsg.c: ddct), as in JTransforms' DoubleDCT_1D.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from scorer.fourier import splitradix
from scorer.fourier.complex import Complexes, imag, pairs, real, times
from scorer.fourier.splitradix import EIGHTH, HALF_ROOT
from scorer.javatrig import cos, sin
from scorer.vectors import Floats


def forward(numbers: Floats) -> Floats:
    """Return the orthonormal DCT-II of the last axis, 2^k slots of at least 2."""
    size = numbers.shape[-1]
    folded = np.empty_like(numbers)
    folded[..., 0], folded[..., 1] = numbers[..., 0] + numbers[..., -1], numbers[..., 0] - numbers[..., -1]
    folded[..., 2::2] = numbers[..., 2::2] + numbers[..., 1:-1:2]
    folded[..., 3::2] = numbers[..., 2::2] - numbers[..., 1:-1:2]
    if size > 2:
        slots = pairs(folded[..., ::2], folded[..., 1::2])
        slots = splitradix.backward(_unmixed(slots, _mix(size).conj()))
        folded[..., ::2], folded[..., 1::2] = real(slots), imag(slots)
    found = _rotated(folded) * math.sqrt(2.0 / size)
    found[..., 0] /= math.sqrt(2.0)
    return found


def inverse(numbers: Floats) -> Floats:
    """Return the orthonormal DCT-III of the last axis, 2^k slots of at least 2."""
    size = numbers.shape[-1]
    folded = numbers * math.sqrt(2.0 / size)
    folded[..., 0] /= math.sqrt(2.0)
    folded = _rotated(folded)
    if size > 2:
        slots = splitradix.forward(pairs(folded[..., ::2], folded[..., 1::2]))
        slots = _unmixed(slots, _mix(size))
        folded[..., ::2], folded[..., 1::2] = real(slots), imag(slots)
    found = np.empty_like(folded)
    found[..., 0], found[..., -1] = folded[..., 0] + folded[..., 1], folded[..., 0] - folded[..., 1]
    found[..., 2::2] = folded[..., 2::2] + folded[..., 3::2]
    found[..., 1:-1:2] = folded[..., 2::2] - folded[..., 3::2]
    return found


def _unmixed(slots: Complexes, mix: Complexes) -> Complexes:
    """Tell the real transform's slots from the complex one's, or back: each with its mirror image's."""
    near = slots[..., 1 : len(mix) + 1]
    far = slots[..., : -len(mix) - 1 : -1] if len(mix) else near
    share = times(mix, near - far.conj())
    found = slots.copy()
    found[..., 1 : len(mix) + 1] = near - share
    if len(mix):
        found[..., : -len(mix) - 1 : -1] = far + share.conj()
    return found


def _rotated(numbers: Floats) -> Floats:
    """Rotate each pair of slots k and n - k."""
    size = numbers.shape[-1]
    halves = _halves(size)
    near, far = halves[1 : size // 2], halves[: size // 2 : -1]
    less, more = near - far, near + far
    found = numbers.copy()
    left, right = numbers[..., 1 : size // 2], numbers[..., : size // 2 : -1]
    found[..., 1 : size // 2] = less * left + more * right
    found[..., : size // 2 : -1] = more * left - less * right
    found[..., size // 2] *= HALF_ROOT
    return found


@lru_cache(maxsize=16)
def _mix(size: int) -> Complexes:
    """Return the share of each slot's difference from its mirror image: (n / 4 - 1) numbers."""
    steps = 4 * np.arange(1, size // 4)
    halves = _halves(size)
    return pairs(0.5 - halves[size - steps], halves[steps])


@lru_cache(maxsize=16)
def _halves(size: int) -> Floats:
    """Return the half cosines of k·π/2n, as n of them; the first is not used."""
    steps = np.arange(1, size // 2)
    angles = steps * (EIGHTH / (size // 2))
    found = np.empty(size)
    found[0], found[size // 2] = 0.5, 0.5 * HALF_ROOT
    found[steps], found[size - steps] = 0.5 * cos(angles), 0.5 * sin(angles)
    return found
