"""What items are ordered by, besides a model: boosts, and what is popular."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from policy.engine.ranking.items import Items
from policy.spec.rankings.blocks import BoostSpec

Array = Any  # a NumPy array


def factors(boosting: Sequence[tuple[BoostSpec, Array]], slots: int) -> tuple[Array | None, Array | None]:
    """What boosts multiply the score of each slot with, and what they add; None for nothing."""
    multiply = add = None
    for spec, mask in boosting:
        rows = mask[:slots]
        if spec.multiply != 1.0:
            multiply = np.ones(slots, np.float32) if multiply is None else multiply
            multiply[rows] *= np.float32(spec.multiply)
        if spec.add:
            add = np.zeros(slots, np.float32) if add is None else add
            add[rows] += np.float32(spec.add)
    return multiply, add


def popularity(items: Items, column: str, ties: str) -> tuple[Array, Array]:
    """Rows from the most popular down, ties as elsewhere; the numbers by row. Only items with a finite number count."""
    numbers = items.table.column(column).cast(pa.float64()).to_numpy()
    known = np.flatnonzero(items.present & np.isfinite(numbers))
    tie = -items.keys[known] if ties == "desc" else items.keys[known]
    return known[np.lexsort((tie, -numbers[known]))], numbers
