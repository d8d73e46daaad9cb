"""Vectors whose size only the rows tell: what is multiplied, what is refused before any row, and at what cost."""

from __future__ import annotations

import pyarrow as pa
import pytest

from scorer.errors import ColumnError
from scorer.fields import Attribute, Field, filled, patterned
from scorer.stages.interact import Interaction
from scorer.vectors import MAX_SLOTS, Sparse, active, dense

NOMINAL = Attribute("nominal", "k", count=3)
PLAIN = Attribute(name="x")


def interaction(*slots):
    """Give the function of a row that has the slots of one vector alone; None is a stretch of any length."""
    one = Interaction(("a",), (None,))
    return one.resolve((patterned(slots),)).row()


def test_nominal_slots_before_and_after_stretches_have_their_places():
    """Each end of a vector is one-hot where its slots are nominal, whatever the stretches between take."""
    interact = interaction(NOMINAL, None, PLAIN, None, NOMINAL)
    assert dense(interact([2.0, 7.0, 1.0])) == [0.0, 0.0, 1.0, 7.0, 0.0, 1.0, 0.0]
    assert dense(interact([0.0, 5.0, 6.0, 7.0, 2.0])) == [1.0, 0.0, 0.0, 5.0, 6.0, 7.0, 0.0, 0.0, 1.0]


def test_a_nominal_slot_among_stretches_is_refused_with_a_way_out():
    """Where stretches of unknown lengths stand on both sides of a nominal slot, nothing tells which slot it is."""
    with pytest.raises(ColumnError, match="schema"):
        interaction(None, NOMINAL, None)


def test_a_long_sparse_vector_costs_what_it_stores():
    """The slots of a stretch are counted, never made."""
    made = interaction(NOMINAL, None)(Sparse(MAX_SLOTS - 2, (0, MAX_SLOTS - 3), (1.0, 5.0)))
    assert (len(made), list(active(made))) == (MAX_SLOTS, [(1, 1.0), (MAX_SLOTS - 1, 5.0)])


def test_a_stretch_takes_what_the_others_leave():
    """The slots of a vector of a size are known if one stretch is not; a vector without room for the rest has none."""
    assert filled((PLAIN, None, NOMINAL), 4) == (PLAIN, Attribute(), Attribute(), NOMINAL)
    assert filled((PLAIN, None), 1) == (PLAIN,)
    assert filled((PLAIN, None, NOMINAL), 1) is None
    assert filled((None, PLAIN, None), 3) is None


def test_a_raw_vector_has_no_known_slots():
    """A vector that no assembler made is not multiplied, as in Spark."""
    with pytest.raises(ColumnError, match="VectorAssembler"):
        Interaction(("a",), (None,)).resolve((Field(pa.list_(pa.float64())),))
