"""Random projections: what has no slots has no hash."""

from __future__ import annotations

import pytest

from scorer.errors import Invalid
from scorer.stages.lsh import RandomProjection


def test_a_vector_without_slots_has_no_hash():
    """A model that was fitted to vectors without slots refuses each, as Spark's matrix product does."""
    hashes = RandomProjection([[], []], 0.5).row()
    with pytest.raises(Invalid, match="without slots"):
        hashes([])
    with pytest.raises(Invalid, match="a vector of 1 slots, where 0 were fitted"):
        hashes([1.0])
