"""Trees beside other engines on the same trees, on one core: GBT 100 × 5 and forest 100 × 8 of the census goldens.

All engines must first give our answers. Times are the least seconds of processor time over interleaved rounds. The
peers (treelite, tl2cgen, lightgbm, onnxruntime with onnx) are used where they are installed; who is missing is named.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from tree_peers import PEERS

import scorer
from scorer.kernels import Forest, PlainTrees, trees, warm

GOLDEN = Path(__file__).parent.parent / "golden"
ROUNDS = 15
SINGLE = "single precision"
ROWS = 500  # single rows a round
MODELS = {
    "GBT 100 × 5": ("census_gbt-4.3", 0, 8.0),
    "forest 100 × 8": ("census_forest-4.3", 1, 8.0),
}


def interleaved(functions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the least seconds of processor time of each function, run in turns."""
    times: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, function in functions.items():
            start = time.process_time()
            function()
            spent = time.process_time() - start
            times[name] = min(spent, times.get(name, spent))
    return times


def table(title: str, seconds: dict[str, float], count: int, first: str) -> None:
    """Print microseconds a row, millions of rows a second, and each one's time beside ours."""
    print(f"\n{title}")
    for name, spent in sorted(seconds.items(), key=lambda pair: pair[1]):
        each = spent / count
        ratio = spent / seconds[first]
        print(f"  {name:<46} {each * 1e6:>9.3f} us {1e-6 / each:>9.3f} M rows/s {ratio:>8.2f} of ours")


def loaded(
    forest: Forest, x: np.ndarray, answers: np.ndarray
) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Build every peer that is installed, and assert its answers."""
    found = {}
    for name, build in PEERS.items():
        try:
            score = build(forest)
            given = score(x)
        except ImportError as e:
            print(f"  NOT MEASURED: {name} ({e})")
            continue
        except (RuntimeError, ValueError, TypeError, OSError) as e:
            print(f"  NOT MEASURED: {name} refuses these trees: {type(e).__name__}: {e}")
            continue
        if not np.allclose(given, answers, rtol=1e-5, atol=1e-5):
            wrong = int((~np.isclose(given, answers, rtol=1e-5, atol=1e-5)).sum())
            print(f"  NOT MEASURED: {name} gives other answers for {wrong} of {len(x)} rows")
            continue
        print(f"  {name}: same answers, largest difference {np.abs(given - answers).max():.1e}")
        found[name] = score
    return found


def engines(title: str, forest: Forest, x: np.ndarray) -> None:
    """Compare engines on arrays: rows in blocks, and rows alone."""
    kernel = trees(forest)
    assert np.array_equal(kernel.batch(x[:2000]), PlainTrees(forest).batch(x[:2000]))
    print(
        f"\n== {title}: {forest.trees} trees, {forest.nodes} nodes, {forest.features} features, {len(x)} rows"
    )
    answers = kernel.batch(x)[:, 0]
    peers = loaded(forest, x, answers)
    ours = f"scoregate ({type(kernel).__name__})"
    columns = np.asfortranarray(x)
    batch = {ours: lambda: kernel.batch(columns)}
    single = x.astype(np.float32)
    batch |= {
        name: lambda score=score, m=single if SINGLE in name else x: score(m) for name, score in peers.items()
    }
    table("a batch, from a matrix of doubles", interleaved(batch), len(x), ours)
    lists, arrays, singles = x[:ROWS].tolist(), _each(x), _each(single)
    row = {ours: lambda: [kernel.number(values) for values in lists]}
    row |= {
        name: lambda score=score, rows=singles if SINGLE in name else arrays: [score(one) for one in rows]
        for name, score in peers.items()
    }
    table("one row at a time: ours from a list, the others from an array", interleaved(row), ROWS, ours)


def _each(x: np.ndarray) -> list[np.ndarray]:
    return [x[i : i + 1] for i in range(ROWS)]


def numeric() -> tuple[Forest, np.ndarray]:
    """Draw 100 full trees of depth 5 over 14 numbers, all exact in single precision, and rows for them."""
    random = np.random.default_rng(7)
    cuts = np.sort(random.normal(size=(14, 31)).astype(np.float32).astype(float), axis=1)
    ids, inner = np.tile(np.arange(63), 100), np.tile(np.arange(63) < 31, 100)
    feature = np.where(inner, random.integers(14, size=6300), -1)
    forest = Forest.of(
        features=14,
        sizes=[63] * 100,
        left=np.where(inner, 2 * ids + 1, -1),
        right=np.where(inner, 2 * ids + 2, -1),
        feature=feature,
        arity=np.full(6300, -1),
        split=cuts[feature[inner], random.integers(31, size=3100)],
        split_at=np.concatenate([[0], np.cumsum(inner)]),
        payload=random.normal(size=6300).astype(np.float32).astype(float),
    )
    return forest, random.normal(size=(32768, 14)).astype(np.float32).astype(float)


def whole(
    title: str, model: scorer.Model, facts: list[dict], rows: object, count: int, target: float
) -> None:
    """Measure the whole pipeline from a dict of raw values, and from a table of them."""
    seconds = interleaved(
        {"row": lambda: [model.row(one) for one in facts], "batch": lambda: model.batch(rows)}
    )
    row, batch = seconds["row"] / len(facts) * 1e6, count / seconds["batch"] / 1e6
    print(f"\n{title}, whole pipeline, probability")
    print(
        f"  model.row from a dict   {row:>8.2f} us      target {target:>4.1f}   {row / target:>5.2f} of the target"
    )
    print(f"  model.batch from Arrow  {batch:>8.3f} M rows/s (strings to indices, assembled, scored)")


def main() -> int:
    """Measure."""
    start = time.process_time()
    compiled = warm()
    print(
        f"kernels {'ready' if compiled else 'NOT COMPILED: numba is missing'} in {time.process_time() - start:.2f} s"
    )
    data = pq.read_table(GOLDEN / "data" / "adult.parquet").drop_columns(["_row"])
    facts = data.slice(0, ROWS).to_pylist()
    for title, (name, slot, target) in MODELS.items():
        start = time.process_time()
        model = scorer.load(GOLDEN / "spark" / name / "model")
        print(f"\n{title} ({name}): loaded in {(time.process_time() - start) * 1e3:.0f} ms")
        vectors = model.batch(data, columns=["features"]).column("features").combine_chunks()
        x = np.ascontiguousarray(vectors.flatten().to_numpy().reshape(data.num_rows, -1))
        forest = model._plan.steps[-1].stage.forest
        whole(title, model.select(["probability"]), facts, data, data.num_rows, target)
        engines(title, replace(forest, payload=np.ascontiguousarray(forest.payload[:, slot : slot + 1])), x)
    engines("drawn trees 100 × 5 over numbers alone", *numeric())
    return 0


if __name__ == "__main__":
    sys.exit(main())
