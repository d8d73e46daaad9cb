"""Memory: what a large model takes while it is loaded and once it is, beside its size on disk.

Saves of about 100 MB are written here in Spark's own form, each loaded in a process of its own; the target is at most
three times the size. What the interpreter and its libraries take before is left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TARGET = 3.0
ML = "org.apache.spark.ml."


def save(
    path: Path,
    name: str,
    tables: dict[str, pa.Table],
    params: dict[str, object],
    extras: dict[str, object],
    **options: Any,
) -> Path:
    """Write a stage as Spark does."""
    meta = {"class": ML + name, "uid": "one", "sparkVersion": "3.5.0", "paramMap": params, **extras}
    (path / "metadata").mkdir(parents=True)
    (path / "metadata" / "part-00000").write_text(json.dumps(meta))
    for folder, table in tables.items():
        (path / folder).mkdir()
        pq.write_table(table, path / folder / "part-00000.snappy.parquet", compression="snappy", **options)
    return path


def lists(values: np.ndarray) -> pa.Array:
    """Write the rows of a matrix as Arrow lists."""
    return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1]).cast(
        pa.list_(pa.from_numpy_dtype(values.dtype))
    )


def word2vec(path: Path, random: np.random.Generator) -> Path:
    """250,000 words of 100 slots."""
    vectors = random.normal(size=(250_000, 100)).astype(np.float32)
    table = pa.table({"word": [f"word{i * 7919:09d}" for i in range(len(vectors))], "vector": lists(vectors)})
    return save(
        path,
        "feature.Word2VecModel",
        {"data": table},
        {"inputCol": "t", "outputCol": "v", "vectorSize": 100},
        {},
    )


def als(path: Path, random: np.random.Generator) -> Path:
    """400,000 users and 50,000 items of rank 50."""
    users, items = (random.normal(size=(n, 50)).astype(np.float32) for n in (400_000, 50_000))
    tables = {
        f"{side}Factors": pa.table({"id": pa.array(np.arange(len(x)) * 3, pa.int32()), "features": lists(x)})
        for side, x in (("user", users), ("item", items))
    }
    return save(path, "recommendation.ALSModel", tables, {}, {"rank": 50})


def labels(path: Path, random: np.random.Generator) -> Path:
    """Four million labels; as Spark writes them, all texts of the one row stand plainly in one page."""
    texts = [f"{a:016x}-{i}" for i, a in enumerate(random.integers(1 << 62, size=4_000_000).tolist())]
    table = pa.table({"labelsArray": [[texts]]})
    return save(
        path,
        "feature.StringIndexerModel",
        {"data": table},
        {"inputCol": "a", "outputCol": "i"},
        {},
        use_dictionary=False,
        data_page_size=1 << 30,
        write_batch_size=1 << 30,
    )


def forest(path: Path, random: np.random.Generator) -> Path:
    """A forest of 100 trees of 2^14 leaves."""
    depth, trees = 14, 100
    nodes = 2 ** (depth + 1) - 1
    heap, left = _preorder(depth)
    inner = left >= 0
    size = nodes * trees
    stats = random.random((size, 2)) * 100
    split = pa.StructArray.from_arrays(
        [
            pa.array(np.where(np.tile(inner, trees), random.integers(0, 100, size), -1), pa.int32()),
            pa.ListArray.from_arrays(
                pa.array(np.concatenate([[0], np.cumsum(np.tile(inner, trees))]), pa.int32()),
                pa.array(random.normal(size=int(inner.sum()) * trees)),
            ),
            pa.array(np.full(size, -1), pa.int32()),
        ],
        ["featureIndex", "leftCategoriesOrThreshold", "numCategories"],
    )
    right = np.where(inner, left + 2 ** (depth - _level(heap)) - 1, -1)
    data = pa.StructArray.from_arrays(
        [
            pa.array(np.tile(np.arange(nodes), trees), pa.int32()),
            pa.array((stats[:, 1] > stats[:, 0]).astype(float)),
            pa.array(random.random(size)),
            lists(stats),
            pa.array(random.integers(0, 1000, size)),
            pa.array(random.random(size)),
            pa.array(np.tile(left, trees), pa.int32()),
            pa.array(np.tile(right, trees), pa.int32()),
            split,
        ],
        [
            "id",
            "prediction",
            "impurity",
            "impurityStats",
            "rawCount",
            "gain",
            "leftChild",
            "rightChild",
            "split",
        ],
    )
    table = pa.table({"treeID": pa.array(np.repeat(np.arange(trees), nodes), pa.int32()), "nodeData": data})
    meta = {"class": ML + "classification.DecisionTreeClassificationModel", "uid": "t", "paramMap": {}}
    trees_meta = pa.table(
        {
            "treeID": pa.array(range(trees), pa.int32()),
            "metadata": [json.dumps(meta)] * trees,
            "weights": [1.0] * trees,
        }
    )
    return save(
        path,
        "classification.RandomForestClassificationModel",
        {"data": table, "treesMetadata": trees_meta},
        {},
        {"numFeatures": 100, "numClasses": 2, "numTrees": trees},
    )


def _preorder(depth: int) -> tuple[np.ndarray, np.ndarray]:
    """Return, in the order in which Spark numbers nodes, each one's place in a heap, and its left child or -1."""
    order, stack = [], [1]
    while stack:
        node = stack.pop()
        order.append(node)
        if node < 2**depth:
            stack += [2 * node + 1, 2 * node]
    heap = np.array(order)
    return heap, np.where(heap < 2**depth, np.arange(len(heap)) + 1, -1)


def _level(heap: np.ndarray) -> np.ndarray:
    return np.floor(np.log2(heap)).astype(int)


MODELS: dict[str, Callable[[Path, np.random.Generator], Path]] = {
    "Word2Vec, 250,000 words": word2vec,
    "ALS, 450,000 of rank 50": als,
    "StringIndexer, 4,000,000 labels": labels,
    "forest of 3,276,700 nodes": forest,
}


def peak() -> int:
    """Return the largest resident size of this process so far, in bytes.

    Not getrusage: its figure begins with what the parent held when this process was started.
    """
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def resident() -> int:
    """Return the resident size of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure(path: str) -> None:
    """Load a model and print what it took: at the peak, and after."""
    import scorer  # noqa: PLC0415  before the first measure: the libraries are not the model

    small = Path(__file__).parents[1] / "golden" / "spark" / "census_gbt-4.3" / "model"
    scorer.load(small)
    before = resident()
    model = scorer.load(path)
    print(peak() - before, resident() - before, len(model.outputs))


def main() -> None:
    """Measure each model in a process of its own."""
    random = np.random.default_rng(5)
    print(
        f"{'model':34s} {'on disk':>9s} {'peak':>9s} {'ratio':>6s} {'kept':>9s} {'ratio':>6s}   target {TARGET}"
    )
    for name, make in MODELS.items():
        with tempfile.TemporaryDirectory() as place:
            path = make(Path(place) / "model", random)
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            done = subprocess.run(
                [sys.executable, __file__, str(path)], capture_output=True, text=True, check=True
            )
        most, kept, _ = map(int, done.stdout.split())
        print(
            f"{name:34s} {size / 1e6:6.0f} MB {most / 1e6:6.0f} MB {most / size:6.2f} {kept / 1e6:6.0f} MB {kept / size:6.2f}"
        )


if __name__ == "__main__":
    measure(sys.argv[1]) if len(sys.argv) > 1 else main()
