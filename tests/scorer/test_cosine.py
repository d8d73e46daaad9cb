"""The cosine transform: orthonormal, undone by its inverse, the same for a row and a table, by every way of a size.

That it is Spark's to the bit is what the golden cases `dct_forward` and `dct_inverse` show.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorer import fourier, javatrig
from scorer.errors import Invalid
from scorer.fourier import chirp, mixedradix, program, splitradix
from scorer.stages import cosine
from scorer.vectors import Sparse

FORWARD, INVERSE = (cosine.DCT(inverse=inverse).row() for inverse in (False, True))
ANGLES = [
    0.037399912542735635,
    1.6004339933381966,
    0.018371886863098204,
    2.6237477106903766,
    5.183627878423159,
    0.873893731104203,
    0.8383463541882875,
    1.8945482414778143,
]
COSINES = [
    0.9993007047883986,
    -0.029633327822559764,
    0.9998312416333228,
    -0.8688879687250064,
    0.45399049973954664,
    0.6418455752569944,
    0.6686932886534779,
    -0.31812578851038176,
]
SINES = [
    0.037391194276325625,
    0.9995608365087943,
    0.01837085338159736,
    0.4950087855835815,
    -0.8910065241883679,
    0.7668339178225086,
    0.7435383552378427,
    0.9480485128328865,
]
SIZES = (1, 2, 3, 4, 5, 8, 12, 14, 16, 30, 32, 49, 64, 77, 128, 211, 422, 512)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300))
def test_the_inverse_undoes_the_transform(numbers):
    """There and back is where one was, and the length of the vector stays, within 1e-12 of its largest slot."""
    largest = max(map(abs, numbers))
    turned = FORWARD(numbers)
    assert len(turned) == len(numbers)
    assert np.allclose(INVERSE(turned), numbers, rtol=0.0, atol=1e-12 * largest)
    assert np.allclose(FORWARD(INVERSE(numbers)), numbers, rtol=0.0, atol=1e-12 * largest)
    assert np.isclose(np.linalg.norm(turned), np.linalg.norm(numbers), rtol=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_the_transform_is_its_definition(size):
    """Each slot is the sum of the numbers times the cosines of its frequency, to within rounding."""
    numbers = np.random.default_rng(size).normal(size=size)
    slots = np.arange(size)
    quarters = np.outer(2 * slots + 1, slots) % (4 * size)  # of an n-th part of a turn
    matrix = np.cos(math.pi / (2 * size) * quarters) * math.sqrt(2.0 / size)
    matrix[:, 0] = math.sqrt(1.0 / size)
    assert np.allclose(fourier.forward(numbers), numbers @ matrix, rtol=0.0, atol=1e-13)
    assert np.allclose(fourier.inverse(numbers), matrix @ numbers, rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("size", SIZES)
def test_a_row_of_a_table_is_transformed_alone(size):
    """A table gives the bits of its rows one by one, whatever stands beside them."""
    table = np.random.default_rng(size).normal(size=(7, size))
    table[3, size // 2] = math.inf
    for transform in (fourier.forward, fourier.inverse):
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(transform(table), [transform(row) for row in table])


@pytest.mark.parametrize("size", range(2, 65))
def test_one_row_of_few_slots_goes_a_straight_way(size):
    """The function that is written for a row gives the bits of the arrays, for infinities and what overflows, too."""
    chance = np.random.default_rng(size)
    with np.errstate(over="ignore"):
        rows = chance.normal(size=(5, size)) * np.array([[1.0], [1e308], [1.0], [1.0], [1e-320]])
    rows[2, size // 2], rows[3, 0] = math.inf, math.nan
    for transform in (fourier.forward, fourier.inverse):
        one = fourier.one(transform, size)
        assert (one is None) == (size in (37, 41, 43, 47, 49, 53, 59, 61))
        with np.errstate(all="ignore"):
            expected = transform(rows)
        for row, answer in zip(rows, expected, strict=True):
            np.testing.assert_array_equal(program.straight(transform, size)(*row.tolist()), answer)


@pytest.mark.parametrize("size", [2, 4, 6, 10, 14, 22, 44, 98, 390, 422])
def test_both_ways_of_real_slots_are_one_transform(size):
    """By its factors and by a chirp a size has one spectrum, and NumPy's, and both go back."""
    slots = np.random.default_rng(size).normal(size=(3, size))
    expected = np.fft.rfft(slots)
    for way in (mixedradix, chirp):
        spectra = way.forward(slots)
        assert np.allclose(spectra, expected, rtol=0.0, atol=1e-11)
        assert np.allclose(way.backward(spectra, size), size * slots, rtol=0.0, atol=1e-11 * size)


@pytest.mark.parametrize("size", [1 << power for power in range(12)])
def test_both_directions_of_complex_slots_are_fourier_transforms(size):
    """There with minus, back with plus in the exponent."""
    parts = np.random.default_rng(size).normal(size=(2, 3, size))
    slots = parts[0] + 1j * parts[1]
    assert np.allclose(splitradix.backward(slots), np.fft.fft(slots), rtol=0.0, atol=1e-11)
    assert np.allclose(splitradix.forward(slots), np.fft.ifft(slots) * size, rtol=0.0, atol=1e-11)


@given(st.lists(st.floats(0.0, 3e6), min_size=1, max_size=50))
def test_sines_are_within_one_unit_in_the_last_place(angles):
    """Sine and cosine are at most one double away from the C library's."""
    given_angles = np.array(angles)
    for ours, theirs in ((javatrig.sin, np.sin), (javatrig.cos, np.cos)):
        expected = theirs(given_angles)
        assert (np.abs(ours(given_angles) - expected) <= np.spacing(np.abs(expected))).all()


def test_sines_are_those_of_the_library():
    """Some angles whose sine or cosine FastMath rounds away from the nearest double, as it answered them in Java."""
    angles = np.array(ANGLES)
    assert javatrig.cos(angles).tolist() == COSINES
    assert javatrig.sin(angles).tolist() == SINES


def test_a_constant_has_one_coefficient():
    """A constant vector turns into its first slot, and a sparse vector is its dense one."""
    assert np.allclose(FORWARD([3.0] * 4), [6.0, 0.0, 0.0, 0.0], rtol=0.0, atol=1e-15)
    assert FORWARD(Sparse(4, [1], [2.0])) == FORWARD([0.0, 2.0, 0.0, 0.0])
    with pytest.raises(Invalid, match="without slots"):
        FORWARD([])
