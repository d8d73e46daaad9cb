"""The steps of a real Fourier transform: `factor` half spectra joined into one, and parted again.

Source: FFTPACK (radf2 to radf5, radfg, radb2 to radb5, radbg), as in JTransforms' DoubleFFT_1D.

Odd factors are one case: the parts j and factor - j are added and subtracted, and each pair of new frequencies is
what cosines make of the sums, plus or minus what sines make of the differences. The cosines and sines of 3 and 5 are
constants; those of greater factors are powers of one rotation, each rounded.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from scorer.fourier.complex import Complexes, empty, imag, pairs, real, scaled, times, turn
from scorer.javatrig import cos, sin
from scorer.vectors import Floats

HALF_ROOT, ROOT = 0.7071067811865476, 1.4142135623730951
THIRD = 0.8660254037844387  # the sine of a third of a turn
FIFTHS = (
    (0.30901699437494745, -0.8090169943749473),
    (0.9510565162951535, 0.5877852522924732),
)  # cosines, sines


class Step(NamedTuple):
    """A factor of n, the product of those before it and of those after it, and the rotations of its parts.

    The rotations, (factor - 1, (after - 1) // 2), are those of all parts but the first, for each frequency but 0.
    """

    factor: int
    before: int
    after: int
    rotations: Complexes

    @property
    def pairs(self) -> int:
        """The frequencies of a part that are complex numbers."""
        return int(self.rotations.shape[1])


def joined(step: Step, spectra: Complexes) -> Complexes:
    """Join (rows, factor * before, …) half spectra into (rows, before, …)."""
    rows, _, width = spectra.shape
    parts = spectra.reshape(rows, step.factor, step.before, width).copy()
    turned = slice(1, step.pairs + 1)
    parts[:, 1:, :, turned] = times(step.rotations.conj()[:, None], parts[:, 1:, :, turned])
    found = empty((rows, step.before, step.factor * step.after // 2 + 1), spectra)
    {2: _join_two, 4: _join_four}.get(step.factor, _join_odd)(step, parts, found)
    return found


def parted(step: Step, spectra: Complexes) -> Complexes:
    """Part (rows, before, …) half spectra into (rows, factor * before, …), which is `joined` undone, times factor."""
    rows = len(spectra)
    found = empty((rows, step.factor, step.before, step.after // 2 + 1), spectra)
    {2: _part_two, 4: _part_four}.get(step.factor, _part_odd)(step, spectra, found)
    turned = slice(1, step.pairs + 1)
    found[:, 1:, :, turned] = times(step.rotations[:, None], found[:, 1:, :, turned])
    first = real(found[..., 0])  # of a sum of mirror images, whose other parts may have been infinite
    found[..., 0] = pairs(first, np.zeros(first.shape))
    return found.reshape(rows, -1, found.shape[-1])


def _join_two(step: Step, parts: Complexes, found: Complexes) -> None:
    after, count = step.after, step.pairs + 1
    left, right = parts[:, 0, :, :count], parts[:, 1, :, :count]
    found[..., :count] = left + right
    found[..., : after - count : -1] = (left - right).conj()
    if after % 2 == 0:
        found[..., after // 2] = (parts[:, 0] + turn(-parts[:, 1]))[..., -1]


def _part_two(step: Step, spectra: Complexes, found: Complexes) -> None:
    after, count = step.after, step.pairs + 1
    near, far = spectra[..., :count], spectra[..., : after - count : -1].conj()
    found[:, 0, :, :count], found[:, 1, :, :count] = near + far, near - far
    if after % 2 == 0:
        middle = spectra[..., after // 2]
        _put(found[:, 0], 2.0 * real(middle))
        _put(found[:, 1], -2.0 * imag(middle))


def _join_four(step: Step, parts: Complexes, found: Complexes) -> None:
    after, count = step.after, step.pairs + 1
    first, second, third, fourth = (parts[:, part, :, :count] for part in range(4))
    evens, odds = first + third, second + fourth
    differences, turned = first - third, turn(second - fourth)
    found[..., :count] = odds + evens
    found[..., : 2 * after - count : -1] = (evens - odds).conj()
    found[..., after - count + 1 : after + 1] = (differences + turned).conj()[..., ::-1]
    found[..., after : after + count] = differences - turned
    if after % 2 == 0:
        one, two, three, four = (real(parts[:, part, :, -1]) for part in range(4))
        odd, even = HALF_ROOT * (two - four), -HALF_ROOT * (two + four)
        middle = after // 2
        found[..., middle] = pairs(odd + one, even - three)
        found[..., after + middle] = pairs(one - odd, even + three)


def _part_four(step: Step, spectra: Complexes, found: Complexes) -> None:
    after, count = step.after, step.pairs + 1
    near, far = spectra[..., :count], spectra[..., : 2 * after - count : -1].conj()
    above, below = spectra[..., after : after + count], spectra[..., after : after - count : -1].conj()
    evens, odds = near + far, above + below
    differences, turned = near - far, turn(above - below)
    found[:, 0, :, :count], found[:, 2, :, :count] = evens + odds, evens - odds
    found[:, 1, :, :count], found[:, 3, :, :count] = differences + turned, differences - turned
    if after % 2 == 0:
        low, high = spectra[..., after // 2], spectra[..., after + after // 2]
        total, rest = real(low) + real(high), imag(high) - imag(low)
        one, other = real(low) - real(high), imag(low) + imag(high)
        for part, last in enumerate(
            (total + total, ROOT * (one - other), rest + rest, -ROOT * (one + other))
        ):
            _put(found[:, part], last)


def _put(found: Complexes, last: Floats) -> None:
    """Put the real number at the end of transforms of an even number of slots."""
    found[..., -1] = pairs(last, np.zeros(last.shape))


def _join_odd(step: Step, parts: Complexes, found: Complexes) -> None:
    rows, _, before, count = parts.shape
    half = step.factor // 2
    near, far = parts[:, 1 : half + 1], parts[:, :half:-1]
    total, evens, odds = _rotated(parts[:, :1], near + far, -turn(near - far), step.factor)
    found[..., :count] = total[:, 0]
    rest = found[..., count:].reshape(rows, before, half, step.after).swapaxes(1, 2)
    rest[..., count - 1 :] = evens + odds
    rest[..., : count - 1] = (evens - odds).conj()[..., :0:-1]
    found[..., count:] = rest.swapaxes(1, 2).reshape(rows, before, -1)


def _part_odd(step: Step, spectra: Complexes, found: Complexes) -> None:
    rows, before, _ = spectra.shape
    half, count = step.factor // 2, step.pairs + 1
    rest = spectra[..., count:].reshape(rows, before, half, step.after).swapaxes(1, 2)
    near = rest[..., count - 1 :]
    far = rest[..., count - 1 :: -1].conj() if count > 1 else near.conj()
    first = spectra[:, None, :, :count]
    total, evens, odds = _rotated(first, near + far, near - far, step.factor)
    if step.factor == 3:
        first = odds[..., 0]
        odds[..., 0] = pairs(real(first), 2.0 * THIRD * imag(near[..., 0]))
    odds = turn(odds)
    found[:, :1] = total
    found[:, 1 : half + 1], found[:, :half:-1] = evens + odds, evens - odds


def _rotated(first: Complexes, sums: Complexes, differences: Complexes, factor: int) -> tuple[Complexes, ...]:
    """Return the plain sum, and for each of the new pairs its cosines' sum and its sines' sum: (rows, pairs, …)."""
    cosines, sines = _powers(factor)
    total = evens = odds = first
    for part in range(factor // 2):
        plus, minus = sums[:, part, None], differences[:, part, None]
        total = total + plus
        evens = evens + scaled(cosines[:, part, None, None], plus)
        share = scaled(sines[:, part, None, None], minus)
        odds = odds + share if part else share
    return total, evens, odds


@lru_cache(maxsize=64)
def _powers(factor: int) -> tuple[Floats, Floats]:
    """Return the cosines and the sines of the products of 1, 2, … and 1, 2, … in parts of a turn."""
    if factor == 3:
        return np.array([[-0.5]]), np.array([[THIRD]])
    if factor == 5:
        (one, two), (first, second) = FIFTHS
        return np.array([[one, two], [two, one]]), np.array([[first, second], [second, -first]])
    angle = np.array(6.283185307179586 / factor)
    cosine, sine = float(cos(angle)), float(sin(angle))
    half = factor // 2
    found = np.empty((2, half, half))
    a, b = 1.0, 0.0
    for row in range(half):
        a, b = cosine * a - sine * b, cosine * b + sine * a
        found[:, row, 0] = c, d = a, b
        for column in range(1, half):
            found[:, row, column] = c, d = a * c - b * d, a * d + b * c
    return found[0], found[1]
