"""Ranker: the factors of an ALS model, asked for the best items of a user."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scorer.foldin import Equation, floats
from scorer.kernels.query import Factors, Query, Scores, Slots
from scorer.kernels.topk import catalog
from scorer.places import UNKNOWN, Ids, Places
from scorer.shared import shared

Vector = npt.NDArray[np.float32]
Ties = Literal["desc", "asc"]


class Ranker:
    """The users and items of an ALS model. Immutable, safe among threads; the kernels run without the GIL.

    `items`, `users`: ids, ascending; the slot of an item is its place in `items`. `rank`: the numbers of a factor.
    Unknown ids raise nowhere.
    """

    def __init__(
        self, users: Places, user_factors: Factors, items: Places, item_factors: Factors, version: str
    ) -> None:
        self._users, self._user_factors = users, user_factors
        self._items, self._item_factors = items, item_factors
        self._catalog = catalog(item_factors, shared)
        self.version = version

    def __repr__(self) -> str:
        """Show the size."""
        return f"<scorer.Ranker of {len(self._users)} users and {len(self._items)} items, rank {self.rank}>"

    @property
    def rank(self) -> int:
        """The numbers of a factor."""
        return int(self._item_factors.shape[1])

    @property
    def items(self) -> Ids:
        """The ids of the items, in the order of slots: ascending."""
        return self._items.ids

    @property
    def users(self) -> Ids:
        """The ids of the users, ascending."""
        return self._users.ids

    def slots(self, ids: Sequence[Any] | npt.NDArray[Any]) -> Slots:
        """Return the slots of item ids, -1 for whatever is no item."""
        return self._items.slots(ids)

    def user(self, user_id: Any) -> Vector | None:
        """Return the factors (rank,) of a user, None if the model knows none."""
        row = self._users.find(user_id)
        return None if row == UNKNOWN else self._user_factors[row]

    def scores(self, vector: Vector, slots: npt.ArrayLike) -> Scores:
        """Return the scores of items for a vector (rank,): the bits of Spark's `transform`."""
        return self._catalog.scores(self._vector(vector), self._known(slots))

    def top(
        self,
        vector: Vector,
        n: int,
        *,
        slots: npt.ArrayLike | None = None,
        mask: npt.NDArray[Any] | None = None,
        multiply: npt.ArrayLike | None = None,
        add: npt.ArrayLike | None = None,
        after: tuple[float, int] | None = None,
        ties: Ties = "desc",
    ) -> tuple[Slots, Scores]:
        """Return the slots and scores of the min(n, eligible) best items, best first.

        `vector`: (rank,). `slots`: the candidates, in any order (-1 and repetitions count for nothing); all items
        without it. `mask`: (items,) bool or uint8, true where eligible. `multiply`, `add`: (items,) boosts, which go
        in before the choice: score · multiply + add, but a factor above one divides a score below zero, so that it
        never demotes. `after`: a score and an item id, as an earlier answer ended; only what comes after them.
        `ties`: on equal scores the higher id goes first (as Spark has it) or the lower.

        Exact: the answer is the head of all `scores`, sorted. A score that is NaN is not eligible.
        """
        vector = self._vector(vector)
        return self._catalog.top(self._query(vector, n, slots, mask, multiply, add, after, ties))

    def top_of_each(
        self,
        vectors: npt.ArrayLike,
        n: int,
        *,
        slots: npt.ArrayLike | None = None,
        mask: npt.NDArray[Any] | None = None,
        multiply: npt.ArrayLike | None = None,
        add: npt.ArrayLike | None = None,
        ties: Ties = "desc",
    ) -> tuple[Slots, Scores, npt.NDArray[np.int64]]:
        """Return what `top` returns for each of many vectors (several, rank), sooner than one by one.

        Slots and scores are (several, min(n, items)), and of each row the first `counts` (several,) are filled.
        """
        made = np.ascontiguousarray(vectors, dtype=np.float32)
        if made.ndim != 2 or made.shape[1] != self.rank:
            raise ValueError(f"vectors of {self.rank} numbers are needed, not the shape {made.shape}")
        query = self._query(made[:0].ravel(), n, slots, mask, multiply, add, None, ties)
        return self._catalog.top_of_each(made, query)

    def vectors(self, users: Sequence[Any] | npt.NDArray[Any]) -> tuple[Factors, npt.NDArray[np.bool_]]:
        """Return the factors (known users, rank) of users, and which of them (users,) are known."""
        rows = self._users.slots(users)
        return self._user_factors[rows[rows != UNKNOWN]], rows != UNKNOWN

    def fold_in(
        self,
        slots: npt.ArrayLike,
        ratings: npt.ArrayLike,
        *,
        reg: float,
        alpha: float = 1.0,
        implicit: bool = False,
        nonnegative: bool = False,
    ) -> Vector:
        """Return the factors (rank,) that Spark would give a user with this history; see `foldin`.

        `slots`, `ratings`: the history, a repeated item as often as it was rated; unknown items (-1) are left out. The
        other arguments are the parameters that the model was trained with (`regParam`, `alpha`, `implicitPrefs`,
        `nonnegative`), which a saved model does not hold. Without a known item the factors are zeros.
        """
        _, equation = self._equation(slots, ratings, reg, alpha, implicit=implicit)
        return equation.solve(nonnegative=nonnegative)

    def contributions(
        self,
        slots: npt.ArrayLike,
        ratings: npt.ArrayLike,
        slot: int,
        *,
        reg: float,
        alpha: float = 1.0,
        implicit: bool = False,
    ) -> npt.NDArray[np.float64]:
        """Return what each item of the history adds to the score of the item `slot` for `fold_in`'s user.

        (len(slots),), 0 for unknown items; the sum is the score. See `foldin`.
        """
        known, equation = self._equation(slots, ratings, reg, alpha, implicit=implicit)
        shares = np.zeros(len(known))
        if 0 <= slot < len(self._items):
            shares[known] = equation.shares(self._item_factors[slot].astype(np.float64))
        return shares

    # -- inside ---------------------------------------------------------------------------------------------------

    def _query(
        self,
        vector: Vector,
        n: int,
        slots: npt.ArrayLike | None,
        mask: npt.NDArray[Any] | None,
        multiply: npt.ArrayLike | None,
        add: npt.ArrayLike | None,
        after: tuple[float, int] | None,
        ties: Ties,
    ) -> Query:
        if ties not in ("desc", "asc"):
            raise ValueError(f"ties are broken by `desc` or `asc`, not {ties!r}")
        return Query(
            vector,
            min(_count(n), len(self._items)),
            None if slots is None else self._candidates(slots),
            None if mask is None else self._mask(mask),
            None if multiply is None else self._boost(multiply, "multiply"),
            None if add is None else self._boost(add, "add"),
            None if after is None else self._after(*after, ties),
            ties == "desc",
        )

    @cached_property
    def _gram(self) -> npt.NDArray[np.float64]:
        """Y'Y over all items, in double precision, block after block."""
        gram = np.zeros((self.rank, self.rank))
        for start in range(0, len(self._items), 4096):
            block = self._item_factors[start : start + 4096].astype(np.float64)
            gram += block.T @ block
        return gram

    def _equation(
        self, slots: npt.ArrayLike, ratings: npt.ArrayLike, reg: float, alpha: float, *, implicit: bool
    ) -> tuple[npt.NDArray[np.bool_], Equation]:
        """Return which of the history is known, and the normal equation of that."""
        places, numbers = np.asarray(slots, dtype=np.int64), floats(ratings)
        if places.ndim != 1 or places.shape != numbers.shape:
            raise ValueError(f"{places.shape} items need as many ratings, not {numbers.shape}")
        if not (0 <= reg < np.inf and 0 <= alpha < np.inf):
            raise ValueError(f"reg and alpha are finite and not below zero, not {reg!r} and {alpha!r}")
        known = (places >= 0) & (places < len(self._items))
        rows = self._item_factors[places[known]].astype(np.float64)
        if implicit:
            return known, Equation.implicit(self._gram, rows, numbers[known], reg, alpha)
        return known, Equation.explicit(rows, numbers[known], reg)

    def _vector(self, vector: npt.ArrayLike) -> Vector:
        made = np.ascontiguousarray(vector, dtype=np.float32)
        if made.shape != (self.rank,):
            raise ValueError(f"a vector of {self.rank} numbers is needed, not one of the shape {made.shape}")
        return made

    def _known(self, slots: npt.ArrayLike) -> Slots:
        made = np.asarray(slots)
        made = made.astype(np.int32) if made.dtype.kind == "i" or made.size == 0 else made
        if made.ndim != 1 or made.dtype != np.int32:
            raise ValueError(f"slots are a list of whole numbers, not {made.dtype} of the shape {made.shape}")
        if made.size and not (made.min() >= 0 and made.max() < len(self._items)):
            raise ValueError(f"slots are 0 to {len(self._items) - 1}, not {made.min()} to {made.max()}")
        return made

    def _candidates(self, slots: npt.ArrayLike) -> Slots:
        """Return candidates in ascending order, each once."""
        made = np.asarray(slots)
        if made.ndim == 1 and made.dtype == np.int32:
            listed = np.ascontiguousarray(made[1:] if made.size and made[0] == UNKNOWN else made)
            if self._catalog.ascend(listed):
                return listed
        return np.unique(self._known(made[made != UNKNOWN] if made.size else made))

    def _mask(self, mask: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        made = np.asarray(mask)
        if made.dtype.char not in "?B" or made.shape != (len(self._items),):
            raise ValueError(
                f"a mask is {len(self._items)} bytes or booleans, not {made.dtype} of the shape {made.shape}"
            )
        return np.ascontiguousarray(made).view(np.uint8)

    def _boost(self, boost: npt.ArrayLike, name: str) -> Scores:
        made = np.ascontiguousarray(boost, dtype=np.float32)
        if made.shape != (len(self._items),):
            raise ValueError(f"`{name}` needs {len(self._items)} numbers, not the shape {made.shape}")
        return made

    def _after(self, score: float, item: int, ties: Ties) -> tuple[np.float32, int]:
        side: Literal["left", "right"] = "left" if ties == "desc" else "right"
        place = int(np.searchsorted(self.items, item, side))
        return np.float32(score), place if ties == "desc" else place - 1


def _count(n: int) -> int:
    try:
        count = operator.index(n)
    except TypeError:
        raise TypeError(f"n is a whole number, not {n!r}") from None
    if count < 0 or isinstance(n, bool):
        raise ValueError(f"n is a whole number from 0, not {n!r}")
    return count
