"""ALS: a user's and an item's factors make a rating."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scorer.chunks import taken
from scorer.errors import Dropped, Invalid, shown
from scorer.fields import Field, Kind
from scorer.places import HIGHEST, LOWEST, UNKNOWN, Places
from scorer.saved import Saved
from scorer.shared import shared
from scorer.stage import Stage, stage

Factors = npt.NDArray[np.float32]


@stage(
    "org.apache.spark.ml.recommendation.ALSModel", inputs=("userCol", "itemCol"), outputs=("predictionCol",)
)
@dataclass(frozen=True, slots=True, eq=False)
class ALS(Stage):
    """The inner product of two factors in float32, slot after slot. Source: recommendation.ALSModel.

    `users` and `items` find the row of an id in `user_factors` and `item_factors` (ids, rank), whose rows are in
    the order of the ids. An unknown id gives NaN, or drops the row (`coldStartStrategy`).
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("number", "number")
    users: Places
    user_factors: Factors
    items: Places
    item_factors: Factors
    cold_drop: bool

    @property
    def sizes(self) -> Mapping[str, int]:
        """How much was fitted."""
        return {"users": len(self.users), "items": len(self.items), "rank": self.user_factors.shape[1]}

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read both tables of factors into memory that processes share; damaged factors are refused."""
        rank = saved.extras.get("rank")
        if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
            raise saved.fail(f"its metadata have the rank {rank!r}; a whole number above zero is needed")
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
            u, i = users.slot(_id(user, 0)), items.slot(_id(item, 1))
            if min(u, i) == UNKNOWN:
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
    if not math.isfinite(value) or value != int(value) or not LOWEST <= value <= HIGHEST:
        raise Invalid(f"{shown(value)} is no id: it is not a whole number of 32 bits", position)
    return int(value)


def _factors(saved: Saved, name: str, rank: int) -> tuple[Places, Factors]:
    """Read a table of factors and put it in the order of its ids."""
    table = saved.table(name)
    if not {"id", "features"} <= set(table.column_names):
        raise saved.fail(f"`{name}` should have the columns `id` and `features`")
    ids, features = _whole(table["id"]), table["features"]
    if not pa.types.is_int32(ids.type) or ids.null_count:
        raise saved.fail(f"`{name}` should hold ids that are whole numbers of 32 bits, none of them null")
    if not pa.types.is_list(features.type) or not pa.types.is_floating(features.type.value_type):
        raise saved.fail(f"`{name}` should hold lists of numbers, not {features.type}")
    lengths = pc.unique(pc.list_value_length(features)).to_pylist()
    if set(lengths) - {rank}:
        raise saved.fail(
            f"`{name}` holds factors of {sorted(map(str, lengths))} numbers, where the rank is {rank}"
        )
    order = np.argsort(ids.to_numpy(), kind="stable")
    ordered = ids.to_numpy()[order]
    if (ordered[1:] == ordered[:-1]).any():
        raise saved.fail(f"`{name}` holds an id twice")
    chunks = [chunk.flatten() for chunk in features.chunks]
    del table, features  # what is copied need not stay
    rows = np.empty_like(order)
    rows[order] = np.arange(len(order))
    factors = np.empty((len(order), rank), dtype=np.float32)
    start = 0
    for numbers in taken(chunks, np.float32):
        if not np.isfinite(numbers).all():
            raise saved.fail(f"`{name}` holds a factor that is not a finite number")
        part = numbers.reshape(-1, rank)
        factors[rows[start : start + len(part)]] = part
        start += len(part)
    return Places(ordered), shared(factors)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
