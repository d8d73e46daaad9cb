"""The ratings that ship with Apache Spark (Apache-2.0), read once into a Parquet file that cases and tests share.

Source: data/mllib/als/sample_movielens_ratings.txt of apache/spark: lines of user::item::rating::time.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def convert(source: Path, target: Path) -> None:
    """Write the ratings as Parquet: user, item, rating."""
    lines = [line.split("::") for line in source.read_text("utf-8").split()]
    users, items, ratings = zip(*(map(int, line[:3]) for line in lines), strict=True)
    table = pa.table(
        {
            "user": pa.array(users, pa.int32()),
            "item": pa.array(items, pa.int32()),
            "rating": pa.array(map(float, ratings), pa.float32()),
        }
    )
    pq.write_table(table, target, compression="zstd", compression_level=19, store_schema=False)
