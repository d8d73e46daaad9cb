"""The orthonormal cosine transform and its inverse, of any size.

Source: JTransforms 3.1, DoubleDCT_1D (forward, inverse, scaled).

A size that is no power of two goes by a transform of twice as many real slots: the vector, and its mirror image.
"""

from __future__ import annotations

import math
from functools import lru_cache
from types import ModuleType

import numpy as np

from scorer.fourier import chirp, even, mixedradix
from scorer.fourier.complex import Complexes, empty, imag, pairs, real
from scorer.javatrig import cos, sin
from scorer.vectors import Floats

_ROUGH = 211  # from which number on what is left of a size, without its factors 2, 3 and 5, takes a chirp


def forward(numbers: Floats) -> Floats:
    """Return the orthonormal DCT-II of the last axis: (…, n) as (…, n), n from 1."""
    size = numbers.shape[-1]
    if size == 1:
        return numbers.copy()
    if size & (size - 1) == 0:
        return even.forward(numbers)
    spectra = _way(size).forward(np.concatenate([numbers, numbers[..., ::-1]], axis=-1))
    spectra[..., 0] = pairs(real(spectra[..., 0]), real(spectra[..., -1]))
    rotations, found = _rotations(size), spectra[..., :size]
    turned = (rotations.real * real(found) - rotations.imag * imag(found)) * (1 / math.sqrt(2 * size))
    turned[..., 0] /= math.sqrt(2.0)
    return np.asarray(turned)


def inverse(numbers: Floats) -> Floats:
    """Return the orthonormal DCT-III of the last axis, which undoes `forward`: (…, n) as (…, n), n from 1."""
    size = numbers.shape[-1]
    if size == 1:
        return numbers.copy()
    if size & (size - 1) == 0:
        return even.inverse(numbers)
    parts = numbers * math.sqrt(2 * size)
    parts[..., 0] *= math.sqrt(2.0)
    rotations = _rotations(size).conj()
    spectra = empty((*parts.shape[:-1], size + 1), parts)
    spectra[..., :size] = pairs(rotations.real * parts, rotations.imag * parts)
    first, nothing = spectra[..., 0], np.zeros(parts.shape[:-1])
    spectra[..., 0], spectra[..., -1] = pairs(real(first), nothing), pairs(imag(first), nothing)
    return np.asarray(_way(size).backward(spectra, 2 * size)[..., :size] * (1.0 / (2 * size)))


def rough(size: int) -> int:
    """Return what is left of a size without its factors 2, 3 and 5."""
    for factor in (2, 3, 5):
        while size % factor == 0:
            size //= factor
    return size


def _way(size: int) -> ModuleType:
    return mixedradix if rough(size) < _ROUGH else chirp


@lru_cache(maxsize=16)
def _rotations(size: int) -> Complexes:
    """Return the rotations back by k quarters of an n-th part of a turn."""
    angles = np.arange(size) * (math.pi / (2 * size))
    rotations = pairs(cos(angles), -sin(angles))
    rotations[0] = 1.0
    return rotations
