"""The best items of a user by other libraries on the same factors: implicit, faiss, Spark.

Each function takes the item factors and a user's, and gives functions by question, on one core. A library that is
not installed raises ImportError. `masks` tell which items a filter leaves: a peer gets their ids, which it must find by
itself where it is given a mask.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

Ask = dict[str, Callable[[], object]]
TOP = 100


def implicit(items: np.ndarray, user: np.ndarray, masks: dict[str, np.ndarray], many: np.ndarray) -> Ask:
    """Ask implicit's own kernel; a filter is a copy of the rows that it leaves, as its `recommend(items=…)` does."""
    topk = import_module("implicit.cpu.topk").topk
    found: Ask = {"all": lambda: topk(items, user[None], TOP, num_threads=1)}
    for name, mask in masks.items():
        ids = np.flatnonzero(mask)
        found[name] = lambda ids=ids: topk(items[ids], user[None], TOP, num_threads=1)
        found[f"{name}, a mask"] = lambda mask=mask: topk(
            items[np.flatnonzero(mask)], user[None], TOP, num_threads=1
        )
    return found | {"many": lambda: topk(items, many, TOP, num_threads=1)}


def recommend(items: np.ndarray, user: np.ndarray, masks: dict[str, np.ndarray], many: np.ndarray) -> Ask:
    """Ask implicit as its users do: the public `recommend` of a model that holds these factors."""
    model = import_module("implicit.cpu.als").AlternatingLeastSquares(factors=items.shape[1], num_threads=1)
    model.item_factors, model.user_factors = items, np.concatenate([user[None], many])
    users = np.arange(1, len(many) + 1)
    told = {"N": TOP, "filter_already_liked_items": False}
    found: Ask = {"all": lambda: model.recommend(0, None, **told)}
    for name, mask in masks.items():
        ids = np.flatnonzero(mask)
        found[name] = lambda ids=ids: model.recommend(0, None, items=ids, **told)
        found[f"{name}, a mask"] = lambda mask=mask: model.recommend(
            0, None, items=np.flatnonzero(mask), **told
        )
    return found | {"many": lambda: model.recommend(users, None, **told)}


def faiss(items: np.ndarray, user: np.ndarray, masks: dict[str, np.ndarray], many: np.ndarray) -> Ask:
    """Ask a flat index of faiss for inner products; a filter is a selector of a batch of ids."""
    library = import_module("faiss")
    library.omp_set_num_threads(1)
    index = library.IndexFlatIP(items.shape[1])
    index.add(items)
    found: Ask = {"all": lambda: index.search(user[None], TOP)}
    for name, mask in masks.items():
        chosen = library.SearchParameters(sel=library.IDSelectorBatch(np.flatnonzero(mask)))
        found[name] = lambda chosen=chosen: index.search(user[None], TOP, params=chosen)
    return found | {"many": lambda: index.search(many, TOP)}


def save(folder: Path, users: np.ndarray, items: np.ndarray) -> Path:
    """Write factors as Spark saves an ALS model."""
    meta = {
        "class": "org.apache.spark.ml.recommendation.ALSModel",
        "timestamp": 0,
        "sparkVersion": "4.0.0",
        "uid": "ALS_bench",
        "paramMap": {},
        "defaultParamMap": {
            "predictionCol": "prediction",
            "userCol": "user",
            "itemCol": "item",
            "coldStartStrategy": "nan",
            "blockSize": 4096,
        },
        "rank": items.shape[1],
    }
    (folder / "metadata").mkdir(parents=True)
    (folder / "metadata" / "part-00000").write_text(json.dumps(meta) + "\n")
    for name, rows in (("userFactors", users), ("itemFactors", items)):
        (folder / name).mkdir()
        lists = pa.ListArray.from_arrays(
            np.arange(0, rows.size + 1, rows.shape[1], dtype=np.int32), pa.array(rows.ravel())
        )
        table = pa.table({"id": np.arange(len(rows), dtype=np.int32), "features": lists})
        pq.write_table(table, folder / name / "part-00000.parquet")
    return folder


def spark(folder: Path, user: int) -> Callable[[], object]:
    """Ask Spark on one core for one user, its factors in memory."""
    session = import_module("pyspark.sql").SparkSession
    made = (
        session.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.driver.memory", "4g")
        .config("spark.log.level", "OFF")
        .getOrCreate()
    )
    model = import_module("pyspark.ml.recommendation").ALSModel.load(str(folder))
    model.itemFactors.cache().count()
    model.userFactors.cache().count()
    users = made.createDataFrame([(user,)], "user int")
    return lambda: model.recommendForUserSubset(users, TOP).collect()
