"""The cosine transform: orthonormal, undone by its inverse, the same by matrix and by FFT."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorer.errors import Invalid
from scorer.stages import cosine
from scorer.vectors import Sparse

FORWARD, INVERSE = (cosine.DCT(inverse=inverse).row() for inverse in (False, True))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300))
def test_the_inverse_undoes_the_transform(numbers):
    """There and back is where one was, and the length of the vector stays, within 1e-12 of its largest slot."""
    largest = max(map(abs, numbers))
    turned = FORWARD(numbers)
    assert len(turned) == len(numbers)
    assert np.allclose(INVERSE(turned), numbers, rtol=0.0, atol=1e-12 * largest)
    assert np.allclose(FORWARD(INVERSE(numbers)), numbers, rtol=0.0, atol=1e-12 * largest)
    assert np.isclose(np.linalg.norm(turned), np.linalg.norm(numbers), rtol=1e-12)


@pytest.mark.parametrize("size", [*range(1, 20), 64, 97, 128])
def test_the_fft_and_the_matrix_are_one(size):
    """Short vectors by FFT give what the matrix gives, odd and even sizes, both ways."""
    numbers = np.random.default_rng(size).normal(size=size)
    for by_fft, by_matrix in ((cosine._forward, FORWARD), (cosine._inverse, INVERSE)):
        assert np.allclose(by_fft(numbers), by_matrix(numbers.tolist()), rtol=0.0, atol=1e-14)


@pytest.mark.parametrize("size", [1, 2, 5, 128, 129, 1000])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1.7e308])
def test_what_is_no_number_is_everywhere(size, bad):
    """NaN, an infinity, or a sum that may overflow leaves no number in any slot."""
    numbers = [0.5] * size
    numbers[size // 2] = bad
    for transform in (FORWARD, INVERSE):
        found = transform(numbers)
        assert len(found) == size
        assert np.isnan(found).all() or (size == 1 and found == [bad])


def test_a_constant_has_one_coefficient():
    """A constant vector turns into its first slot, and a sparse vector is its dense one."""
    assert np.allclose(FORWARD([3.0] * 4), [6.0, 0.0, 0.0, 0.0], rtol=0.0, atol=1e-15)
    assert FORWARD(Sparse(4, [1], [2.0])) == FORWARD([0.0, 2.0, 0.0, 0.0])
    with pytest.raises(Invalid, match="without slots"):
        FORWARD([])
