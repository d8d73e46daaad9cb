"""What is asked of a catalog of items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Factors = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float32]
Slots = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Query:
    """The n best for a vector (rank,), checked: all slots exist, and `slots` ascend.

    `slots`: the candidates, or all. `mask` (items,): not zero where eligible. `multiply`, `add` (items,): boosts.
    `after`: only what comes after this score and slot. `descending`: on ties the higher slot goes first.
    """

    vector: Scores
    n: int
    slots: Slots | None = None
    mask: Bytes | None = None
    multiply: Scores | None = None
    add: Scores | None = None
    after: tuple[np.float32, int] | None = None
    descending: bool = True
