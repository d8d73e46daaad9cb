"""The engine's view of an ALS model; the scorer's Ranker fulfils it, and a few lines of NumPy do in tests."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = Any  # a NumPy array


class Ranker(Protocol):
    """Scores of items for a user. items: ids of the items, ascending; a *slot* is a place among them."""

    version: str

    @property
    def items(self) -> Array:
        """The ids of the items in the order of slots."""

    def user(self, user_id: Any) -> Array | None:
        """The factors of a user; None if the model knows none."""

    def fold_in(self, slots: Any, ratings: Any, *, reg: float, alpha: float, implicit: bool) -> Array:
        """The factors that a user with this history would have."""

    def top(
        self,
        vector: Any,
        n: int,
        *,
        slots: Any = None,
        mask: Any = None,
        multiply: Any = None,
        add: Any = None,
        after: tuple[float, int] | None = None,
        ties: Any = "desc",
    ) -> tuple[Array, Array]:
        """Slots and scores of the best eligible items, best first; see `scorer.Ranker.top`."""

    def top_of_each(
        self,
        vectors: Any,
        n: int,
        *,
        slots: Any = None,
        mask: Any = None,
        multiply: Any = None,
        add: Any = None,
        ties: Any = "desc",
    ) -> tuple[Array, Array, Array]:
        """What `top` gives for each of many vectors: slots, scores, and how many of each row there are."""

    def scores(self, vector: Any, slots: Any) -> Array:
        """The scores of items before any boost."""

    def contributions(
        self, slots: Any, ratings: Any, slot: int, *, reg: float, alpha: float, implicit: bool
    ) -> Array:
        """What each item of a history adds to the score of an item."""


class NoRanker:
    """The ranker of a policy without a model: it knows nobody and nothing, and every list is one of the store."""

    version = "none"

    @property
    def items(self) -> Array:
        """No item."""
        return np.empty(0, np.int32)

    def user(self, user_id: Any) -> None:
        """Nobody."""
        del user_id

    def fold_in(self, slots: Any, ratings: Any, **_: Any) -> Array:
        """No factors."""
        del slots, ratings
        return np.empty(0, np.float32)

    def top(self, vector: Any, n: int, **_: Any) -> tuple[Array, Array]:
        """No slot, no score."""
        del vector, n
        return np.empty(0, np.int32), np.empty(0, np.float32)

    def top_of_each(self, vectors: Any, n: int, **_: Any) -> tuple[Array, Array, Array]:
        """Likewise, for each."""
        empty = np.empty((len(vectors), 0))
        del n
        return empty.astype(np.int32), empty.astype(np.float32), np.zeros(len(vectors), np.int64)

    def scores(self, vector: Any, slots: Any) -> Array:
        """No score."""
        del vector, slots
        return np.empty(0, np.float32)

    def contributions(self, slots: Any, ratings: Any, slot: int, **_: Any) -> Array:
        """Nothing is added."""
        del ratings, slot
        return np.zeros(len(slots))
