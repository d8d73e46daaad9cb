"""Trains the ALS model of configs/recommend.yaml by real Spark, and writes its item table.

    python train_recommend.py          # needs pyspark and a Java; about a minute

The ratings are Spark's own sample (data/mllib/als/sample_movielens_ratings.txt of apache/spark, Apache-2.0): 30 users,
100 films, 1,501 ratings. The films have numbers only; their titles, kinds, years and prices in the item table are made
up here, so that filters and boosts have something to look at. Popularity is the number of ratings.
"""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from pathlib import Path
from random import Random

from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession

HERE = Path(__file__).parent
KINDS = ("comedy", "drama", "thriller", "family", "documentary", "science")
COLUMNS = ("number", "sku", "title", "kind", "year", "price", "adult", "in_stock", "countries", "ratings")
FIRST = ("Silent", "Golden", "Last", "Northern", "Broken", "Distant", "Hidden", "Second", "Paper", "Winter")
SECOND = (
    "Harbour",
    "Letter",
    "Summer",
    "Machine",
    "River",
    "Promise",
    "Orchard",
    "Signal",
    "Island",
    "Garden",
)


def ratings() -> list[tuple[int, int, float]]:
    """(user, item, rating) of every line."""
    lines = [line.split("::") for line in (HERE / "ratings.txt").read_text("utf-8").split()]
    return [(int(user), int(item), float(rating)) for user, item, rating, _ in lines]


def write_items(rated: list[tuple[int, int, float]], path: Path) -> None:
    """The item table; the same every time."""
    random = Random(11)  # noqa: S311 - titles and prices, no secrets
    counts = Counter(item for _, item, _ in rated)
    titles = [f"{first} {second}" for first in FIRST for second in SECOND]
    random.shuffle(titles)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for item in range(100):
            kind = random.choice(KINDS)
            adult = kind in ("thriller", "drama") and random.random() < 0.4
            countries = "|".join(sorted(random.sample(["NO", "SE", "DK", "FI"], random.randint(1, 4))))
            row = [item, f"F-{1000 + item}", titles[item], kind, random.randint(1995, 2025)]
            row += [round(random.uniform(2, 20), 2), str(adult).lower(), str(random.random() < 0.9).lower()]
            writer.writerow([*row, countries, counts[item]])


def main() -> None:
    """Write models/recommend and recommend/items.csv."""
    rated = ratings()
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    table = spark.createDataFrame(rated, "user int, item int, rating float").coalesce(1)
    als = ALS(
        userCol="user", itemCol="item", ratingCol="rating", rank=10, maxIter=15, regParam=0.1, seed=7,
        coldStartStrategy="nan",
    )  # fmt: skip
    model = als.fit(table)
    target = HERE / "recommend"
    shutil.rmtree(target, ignore_errors=True)
    model.write().overwrite().save(str(target))
    for sidecar in target.rglob("*.crc"):
        sidecar.unlink()
    folder = HERE.parent / "recommend"
    folder.mkdir(exist_ok=True)
    write_items(rated, folder / "items.csv")
    spark.stop()


if __name__ == "__main__":
    main()
