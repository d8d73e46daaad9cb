"""Products of complex numbers, part by part: NumPy's own may fuse a product and a sum, and round once."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scorer.vectors import Floats

Complexes: TypeAlias = NDArray[np.complex128]


def pairs(real: Floats, imag: Floats) -> Complexes:
    """Return the complex numbers of these parts, which have one shape."""
    found = np.empty(real.shape, np.complex128)
    found.real, found.imag = real, imag
    return found


def times(one: Complexes, other: Complexes) -> Complexes:
    """Return the products, each of four real products and two sums."""
    return pairs(
        one.real * other.real - one.imag * other.imag,
        one.real * other.imag + one.imag * other.real,
    )


def scaled(factor: float | Floats, numbers: Complexes) -> Complexes:
    """Return the numbers times a real one, each part for itself."""
    return pairs(factor * numbers.real, factor * numbers.imag)


def turn(numbers: Complexes) -> Complexes:
    """Return the numbers times i."""
    return pairs(-numbers.imag, numbers.real)


def mirrored(numbers: Complexes) -> Complexes:
    """Return the numbers with their parts exchanged: what is left of each angle to a quarter of a turn."""
    return pairs(numbers.imag, numbers.real)
