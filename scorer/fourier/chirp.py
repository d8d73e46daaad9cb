"""The Fourier transform of an even number of real slots, whatever its factors, by way of 2^k complex ones.

Source: L. Bluestein, "A Linear Filtering Approach to the Computation of Discrete Fourier Transform" (1970), as in
JTransforms' DoubleFFT_1D (bluestein_real_forward, bluestein_real_inverse).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from scorer.fourier import splitradix
from scorer.fourier.complex import Complexes, pairs, scaled, times
from scorer.javatrig import cos, sin
from scorer.vectors import Floats


def forward(slots: Floats) -> Complexes:
    """Return the half spectra of (…, n) real slots: (…, n / 2 + 1)."""
    size = slots.shape[-1]
    chirp, filtered = _chirp(size)
    room = np.zeros((*slots.shape[:-1], len(filtered)), np.complex128)
    room[..., :size] = pairs(slots * chirp.real, -slots * chirp.imag)
    found = splitradix.forward(times(splitradix.backward(room), filtered))[..., : size // 2 + 1]
    return times(chirp[: size // 2 + 1].conj(), found)


def backward(spectra: Complexes, size: int) -> Floats:
    """Return n times the slots whose half spectra these are: (…, n / 2 + 1) as (…, n)."""
    chirp, filtered = _chirp(size)
    whole = np.concatenate([spectra, spectra[..., size // 2 - 1 : 0 : -1].conj()], axis=-1)
    room = np.zeros((*spectra.shape[:-1], len(filtered)), np.complex128)
    room[..., :size] = times(whole, chirp)
    found = splitradix.forward(times(splitradix.backward(room), filtered.conj()))[..., :size]
    return np.asarray(chirp.real * found.real - chirp.imag * found.imag)


@lru_cache(maxsize=4)
def _chirp(size: int) -> tuple[Complexes, Complexes]:
    """Return the rotations by k² halves of an n-th part of a turn, and their transform as a filter of 2^k slots."""
    steps = np.arange(size, dtype=np.int64) ** 2 % (2 * size)
    angles = steps * (np.pi / size)
    chirp = pairs(cos(angles), sin(angles))
    chirp[0] = 1.0
    room = 1 << (2 * size - 2).bit_length()
    filtered = np.zeros(room, np.complex128)
    filtered[:size] = scaled(1.0 / room, chirp)
    filtered[room - size + 1 :] = filtered[size - 1 : 0 : -1]
    return chirp, splitradix.backward(filtered)
