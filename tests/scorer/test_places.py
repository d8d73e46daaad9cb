"""Where ids stand: the same whether looked up in a table or searched, one by one or many."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scorer.places import Places

IDS = st.one_of(st.integers(-20, 20), st.integers(-(2**31), 2**31 - 1))


@given(st.sets(IDS, max_size=40), st.lists(st.one_of(IDS, st.integers(-(2**40), 2**40)), max_size=20))
def test_a_slot_is_the_place_among_the_sorted_ids(ids, asked):
    """An id that is there has its place, and any other -1."""
    ordered = sorted(ids)
    places = Places(np.array(ordered, dtype=np.int32))
    expected = [ordered.index(one) if one in ids else -1 for one in [*asked, *ordered]]
    assert [places.slot(one) for one in [*asked, *ordered]] == expected
    assert places.slots(np.array([*asked, *ordered], dtype=np.int64)).tolist() == expected
    assert places.slots([*asked, *ordered]).tolist() == expected
    assert places.slots([*asked, *ordered, "x"]).tolist() == [*expected, -1]
