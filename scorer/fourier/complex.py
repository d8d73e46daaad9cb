"""Complex numbers part by part: NumPy's own products may fuse a product and a sum, and round once.

Arrays of objects are taken, too, whose elements have two parts: so `program` follows what becomes of each slot.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scorer.vectors import Floats

Complexes: TypeAlias = NDArray[np.complex128]


class Parts(NamedTuple):
    """A complex number whose parts are anything that can be added and subtracted."""

    real: Any
    imag: Any

    def __add__(self, other: Any) -> Parts:
        """Add another one."""
        return Parts(self.real + other.real, self.imag + other.imag)

    def __sub__(self, other: Any) -> Parts:
        """Subtract another one."""
        return Parts(self.real - other.real, self.imag - other.imag)

    def __neg__(self) -> Parts:
        """Turn both signs."""
        return Parts(-self.real, -self.imag)

    def conjugate(self) -> Parts:
        """Turn the sign of the imaginary part."""
        return Parts(self.real, -self.imag)


_pair = np.frompyfunc(Parts, 2, 1)
_real, _imag = (
    np.frompyfunc(lambda number, part=part: getattr(number, part), 1, 1) for part in ("real", "imag")
)


def real(numbers: Complexes) -> Floats:
    """Return the real parts."""
    found: Floats = _real(numbers) if numbers.dtype == object else numbers.real
    return found


def imag(numbers: Complexes) -> Floats:
    """Return the imaginary parts."""
    found: Floats = _imag(numbers) if numbers.dtype == object else numbers.imag
    return found


def empty(shape: tuple[int, ...], like: Complexes | Floats) -> Complexes:
    """Return room for complex numbers of the kind of others, or of the kind of others' parts."""
    return np.empty(shape, object if like.dtype == object else np.complex128)


def pairs(reals: Floats, imags: Floats) -> Complexes:
    """Return the complex numbers of these parts, which have one shape."""
    if object in (reals.dtype, imags.dtype):
        return np.asarray(_pair(reals, imags))
    found = np.empty(reals.shape, np.complex128)
    found.real, found.imag = reals, imags
    return found


def times(one: Complexes, other: Complexes) -> Complexes:
    """Return the products, each of four real products and two sums."""
    a, b, c, d = real(one), imag(one), real(other), imag(other)
    return pairs(a * c - b * d, a * d + b * c)


def scaled(factor: float | Floats, numbers: Complexes) -> Complexes:
    """Return the numbers times a real one, each part for itself."""
    return pairs(factor * real(numbers), factor * imag(numbers))


def turn(numbers: Complexes) -> Complexes:
    """Return the numbers times i."""
    return pairs(-imag(numbers), real(numbers))


def mirrored(numbers: Complexes) -> Complexes:
    """Return the numbers with their parts exchanged: what is left of each angle to a quarter of a turn."""
    return pairs(imag(numbers), real(numbers))
