"""ALS on the ratings that ship with Spark: the twenty best items of every user."""

from __future__ import annotations

from typing import Any

from case import case
from pyspark.ml import Pipeline
from pyspark.ml.feature import StringIndexer
from pyspark.ml.recommendation import ALS
from pyspark.sql import functions as sql
from session import Session

DATA = "movielens.parquet"
TOP = 20
PAIRS = [[u, i] for u in (0, 7, 19, 29, 999) for i in (0, 3, 50, 99, 1003, 5000)]
NOTE = "recommend_users.parquet: the twenty best for each user, as recommendForAllUsers gives them"
SETTINGS = {"maxIter": 8, "seed": 11, "numUserBlocks": 2, "numItemBlocks": 2}


def best(model: Any) -> dict[str, Any]:
    """Give the best items of every user, by the last stage of a pipeline."""
    als = model.stages[-1] if hasattr(model, "stages") else model
    return {"recommend_users": als.recommendForAllUsers(TOP)}


def ratings(s: Session) -> Any:
    """Give the ratings, from one partition."""
    return s.parquet(str(s.data / DATA))


@case(
    "movielens_explicit",
    "The best of every user, by ratings.",
    "user:int item:int",
    PAIRS,
    notes=NOTE,
    more=best,
)
def _explicit(s: Session) -> Any:
    return ALS(rank=10, regParam=0.1, **SETTINGS).fit(ratings(s))


@case(
    "movielens_implicit",
    "The best of every user, by what was used.",
    "user:int item:int",
    PAIRS,
    notes=NOTE,
    more=best,
)
def _implicit(s: Session) -> Any:
    shifted = ratings(s).withColumn("rating", sql.col("rating") - 2)
    return ALS(rank=20, regParam=0.05, alpha=4.0, implicitPrefs=True, **SETTINGS).fit(shifted)


@case(
    "movielens_ties",
    "Items that were rated alike have one score, and the higher id goes first.",
    "user:int item:int",
    PAIRS,
    notes=NOTE,
    more=best,
)
def _ties(s: Session) -> Any:
    twins = ratings(s).withColumn("item", (sql.col("item") + 1000).cast("int"))
    known = ratings(s).union(twins).where("user <> 5 and user <> 17").coalesce(1)
    return ALS(rank=3, regParam=0.2, nonnegative=True, coldStartStrategy="drop", **SETTINGS).fit(known)


@case(
    "movielens_indexed",
    "Users and items that are texts, by way of indexers.",
    "who:string sku:string",
    [[f"u{u:02d}", f"sku-{i}"] for u in (0, 7, 29) for i in (0, 3, 99)] + [["nobody", "sku-0"]],
    keep=("prediction",),
    notes=f"{NOTE}. Only `prediction` is compared: Spark 4.3 gives user and item back as whole numbers, 3.5 as doubles",
    more=best,
)
def _indexed(s: Session) -> Any:
    named = ratings(s).select(
        sql.format_string("u%02d", "user").alias("who"),
        sql.format_string("sku-%d", "item").alias("sku"),
        "rating",
    )
    users = StringIndexer(inputCol="who", outputCol="user", handleInvalid="keep")
    items = StringIndexer(inputCol="sku", outputCol="item", handleInvalid="keep")
    return Pipeline(stages=[users, items, ALS(rank=6, **SETTINGS)]).fit(named)
