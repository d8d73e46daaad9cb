"""ALS: a user's and an item's factors make a rating."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scorer.errors import Dropped, Invalid, shown
from scorer.fields import Field, Kind
from scorer.saved import Saved
from scorer.stage import Stage, stage

Factors = npt.NDArray[np.float32]
MAX_ID = 1 << 31


@stage(
    "org.apache.spark.ml.recommendation.ALSModel", inputs=("userCol", "itemCol"), outputs=("predictionCol",)
)
@dataclass(frozen=True, slots=True, eq=False)
class ALS(Stage):
    """The inner product of two factors in float32, slot after slot. Source: recommendation.ALSModel.

    `users` and `items` find the row of an id in `user_factors` and `item_factors` (ids, rank). An unknown id
    gives NaN, or drops the row (`coldStartStrategy`).
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("number", "number")
    users: dict[int, int]
    user_factors: Factors
    items: dict[int, int]
    item_factors: Factors
    cold_drop: bool

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read both tables of factors; a repeated id, NaN or an uneven length is refused."""
        rank = int(saved.extras.get("rank", 0))
        users, user_factors = _factors(saved, "userFactors", rank)
        items, item_factors = _factors(saved, "itemFactors", rank)
        cold = saved.choice("coldStartStrategy", "nan", ("nan", "drop"))
        return cls(users, user_factors, items, item_factors, cold == "drop")

    @property
    def drops(self) -> bool:
        """Whether an unknown user or item drops the row."""
        return self.cold_drop

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: a float."""
        del inputs
        return (Field(pa.float32()),)

    def row(self) -> Callable[[Any, Any], float]:
        """Rate one pair."""
        users, items, drop = self.users, self.items, self.cold_drop
        left, right = self.user_factors, self.item_factors

        def rate(user: Any, item: Any) -> float:
            u, i = users.get(_id(user, 0)), items.get(_id(item, 1))
            if u is None or i is None:
                if drop:
                    raise Dropped
                return float("nan")
            total = np.float32(0.0)
            for product in left[u] * right[i]:
                total += product
            return float(total)

        return rate


def _id(value: Any, position: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(f"{shown(value)} is no id: a whole number is needed", position)
    if not math.isfinite(value) or value != int(value) or not -MAX_ID <= value < MAX_ID:
        raise Invalid(f"{shown(value)} is no id: it is not a whole number of 32 bits", position)
    return int(value)


def _factors(saved: Saved, name: str, rank: int) -> tuple[dict[int, int], Factors]:
    table = saved.table(name)
    ids = table["id"].to_pylist()
    flat = table["features"].combine_chunks()
    flat = flat.chunk(0) if isinstance(flat, pa.ChunkedArray) else flat
    numbers = np.asarray(flat.flatten().to_numpy(zero_copy_only=False), dtype=np.float32)
    lengths = set(flat.value_lengths().to_pylist())
    if lengths - {rank} or numbers.size != len(ids) * rank or any(i is None for i in ids):
        raise saved.fail(
            f"`{name}` holds factors of {sorted(map(str, lengths))} numbers, where the rank is {rank}"
        )
    places = {int(i): row for row, i in enumerate(ids)}
    if len(places) != len(ids):
        raise saved.fail(f"`{name}` holds an id twice")
    if not np.isfinite(numbers).all():
        raise saved.fail(f"`{name}` holds a factor that is not a finite number")
    return places, numbers.reshape(len(ids), rank)
