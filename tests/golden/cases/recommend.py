"""Recommendations and frequent item sets."""

from __future__ import annotations

import random
from typing import Any

from case import case
from pyspark.ml.fpm import FPGrowth
from pyspark.ml.recommendation import ALS
from session import Session
from values import INF, NAN

CHANCE = random.Random(61)
RATINGS = [
    [u * 3 - 6, i * 5 + 2, float(CHANCE.randint(1, 5))]
    for u in range(12)
    for i in range(15)
    if CHANCE.random() < 0.5
]
PAIRS = [[u, i] for u in (-6, -3, 0, 27) for i in (2, 7, 12, 72)] + [
    [1, 2],
    [0, 3],
    [999, 999],
    [None, 2],
    [0, None],
    [2147483647, 2],
    [-2147483648, 2],
]

NOTE = "recommend_users.parquet and recommend_items.parquet: the ten best for each, as recommendForAllUsers and recommendForAllItems give them"


def best(model: Any) -> dict[str, Any]:
    """Give the ten best items of every user, and the ten best users of every item."""
    return {
        "recommend_users": model.recommendForAllUsers(10),
        "recommend_items": model.recommendForAllItems(10),
    }


for _cold in ("nan", "drop"):

    @case(
        f"als_{_cold}",
        f"Float products of factors; who is not known: {_cold}.",
        "user:int item:int",
        PAIRS,
        notes=NOTE,
        more=best,
    )
    def _als(s: Session, cold: str = _cold) -> Any:
        return ALS(rank=5, maxIter=5, seed=3, coldStartStrategy=cold).fit(
            s.frame("user:int item:int rating:double", RATINGS)
        )


@case("als_implicit", "Implicit feedback.", "user:int item:int", PAIRS, notes=NOTE, more=best)
def _implicit(s: Session) -> Any:
    return ALS(rank=3, maxIter=4, seed=3, implicitPrefs=True, alpha=0.7, nonnegative=True).fit(
        s.frame("user:int item:int rating:double", RATINGS)
    )


@case(
    "als_double_ids",
    "Ids may come as doubles that are whole.",
    "u:double i:bigint",
    [[0.0, 2], [-6.0, 7], [0.5, 2], [NAN, 2], [INF, 2], [3e9, 2], [0.0, 3000000000], [-0.0, 2], [None, 2]],
)
def _doubles(s: Session) -> Any:
    return ALS(rank=2, maxIter=3, seed=3, userCol="u", itemCol="i").fit(
        s.frame("u:double i:bigint rating:double", [[float(u), i, r] for u, i, r in RATINGS])
    )


BASKETS = [
    [["milk", "bread"]],
    [["milk", "bread", "eggs"]],
    [["bread"]],
    [["milk", "eggs", "beer"]],
    [["bread", "eggs"]],
    [["milk", "bread", "eggs", "beer"]],
]
PROBES = [
    [["milk"]],
    [["bread", "milk"]],
    [[]],
    [None],
    [["wine"]],
    [["beer", "wine"]],
    [["eggs", "milk", "bread", "beer"]],
    [[None, "milk"]],
    [["milk", "milk"]],
]


@case(
    "fp_growth",
    "What follows a basket and is not in it.",
    "items:array<string>",
    PROBES,
    unordered=("prediction",),
)
def _fp(s: Session) -> Any:
    return FPGrowth(minSupport=0.3, minConfidence=0.6).fit(s.frame("items:array<string>", BASKETS))


@case(
    "fp_growth_int",
    "Items that are numbers.",
    "items:array<int>",
    [[[1]], [[2, 3]], [[]], [None], [[9]]],
    unordered=("prediction",),
)
def _fp_int(s: Session) -> Any:
    return FPGrowth(minSupport=0.3, minConfidence=0.5).fit(
        s.frame("items:array<int>", [[[1, 2]], [[1, 2, 3]], [[2, 3]], [[1, 3]]])
    )
