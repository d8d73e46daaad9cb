"""A bucket's number and the answer that stands for it are found alike."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from math import inf, isnan, nan

from hypothesis import given
from hypothesis import strategies as st

from scorer.errors import Dropped, Invalid
from scorer.stages.bucket import Bucketizer

EDGES = [-inf, -1.5, -0.0, 0.0, 1.0, 2.0**53, inf]
VALUES = st.one_of(
    st.none(),
    st.sampled_from([*EDGES, nan, 1, 2**53 + 1, True, Decimal("0.99999999999999999999"), "1"]),
    st.floats(),
    st.integers(-5, 5),
)
SPLITS = st.lists(st.sampled_from(EDGES), min_size=3, max_size=6).map(sorted).filter(
    lambda splits: all(one < other for one, other in pairwise(splits))
)  # fmt: skip


def told(function, value):
    """What the function gives, or which exception with which words."""
    try:
        found = function(value)
    except (Invalid, Dropped, TypeError) as error:
        return type(error), str(error)
    return "NaN" if isinstance(found, float) and isnan(found) else found


@given(
    SPLITS,
    st.sampled_from(["error", "skip", "keep"]),
    VALUES,
    st.dictionaries(st.integers(0, 6), st.floats(0, 1)),
)
def test_answers_are_those_of_the_buckets(splits, invalid, value, answers):
    """The answer among several is that for the bucket of the number; what has no bucket fails alike."""
    stage = Bucketizer(tuple(splits), invalid)
    answers = {float(place): answer for place, answer in answers.items()}
    row = stage.row()
    assert told(stage.among(answers), value) == told(lambda given: answers.get(row(given), nan), value)


@given(SPLITS, st.floats(allow_nan=False))
def test_a_bucket_holds_its_number(splits, value):
    """A number lies between the splits of its bucket, of which the upper one is the next bucket's, but for the last."""
    found = told(Bucketizer(tuple(splits), "error").row(), value)
    if splits[0] <= value <= splits[-1] and not (value == 0.0 and 0.0 in splits):
        place = int(found)
        assert splits[place] <= value < splits[place + 1] or value == splits[-1] == splits[place + 1]
