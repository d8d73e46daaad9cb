"""The Fourier transform of real slots whose number has small prime factors, there and back.

Source: P. Swarztrauber's FFTPACK (rffti1, rfftf1, rfftb1), as in JTransforms' DoubleFFT_1D.

The transform of n real slots is its half spectrum: the frequencies 0 to n / 2, of which the first is real, and the
last too if n is even. Each step of the way joins transforms into longer ones, or parts one: see `radices`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from scorer.fourier.complex import Complexes, pairs, real
from scorer.fourier.radices import Step, joined, parted
from scorer.javatrig import cos, sin
from scorer.vectors import Floats

_TRIED = (4, 2, 3, 5)  # first; then each odd number from 7
WHOLE_TURN = 6.283185307179586


def forward(slots: Floats) -> Complexes:
    """Return the half spectra of (…, n) real slots: (…, n // 2 + 1)."""
    spectra = pairs(slots, np.zeros(slots.shape)).reshape(-1, slots.shape[-1], 1)
    for step in reversed(_steps(slots.shape[-1])):
        spectra = joined(step, spectra)
    return spectra.reshape(*slots.shape[:-1], -1)


def backward(spectra: Complexes, size: int) -> Floats:
    """Return n times the slots whose half spectra these are: (…, n // 2 + 1) as (…, n)."""
    slots = spectra.reshape(-1, 1, spectra.shape[-1])
    for step in _steps(size):
        slots = parted(step, slots)
    return real(slots).reshape(*spectra.shape[:-1], size)


@lru_cache(maxsize=16)
def _steps(size: int) -> tuple[Step, ...]:
    steps: list[Step] = []
    before = 1
    for factor in _factors(size):
        after = size // (before * factor)
        turns = before * np.arange(1, factor) * (WHOLE_TURN / size)
        angles = turns[:, None] * np.arange(1, (after + 1) // 2)
        steps.append(Step(factor, before, after, pairs(cos(angles), sin(angles))))
        before *= factor
    return tuple(steps)


def _factors(size: int) -> list[int]:
    """Return the factors in the library's order: fours, before them what may be left of one, and odd numbers."""
    found: list[int] = []
    tried = list(_TRIED)
    factor = tried.pop(0)
    while size > 1:
        if size % factor:
            factor = tried.pop(0) if tried else factor + 2
        else:
            size //= factor
            found.insert(0 if factor == 2 else len(found), factor)
    return found
