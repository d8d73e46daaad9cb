"""Filters of a ranking over a million items: three cached conjuncts and one price test, beside reading the prices.

python tests/bench/filters.py [items]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from policy import source
from policy.engine.ranking.ranking import Ranking
from policy.spec.rankings.ranking import read_ranking

POLICY = {
    "ranking": "shop",
    "model": "m",
    "inputs": {"max_price": {"type": "double"}},
    "items": {
        "file": "items.csv",
        "columns": {"price": "double", "kind": "string", "adult": "bool", "in_stock": "bool"},
    },
    "filters": [
        {
            "name": "shown",
            "keep": 'item.in_stock && !item.adult && item.kind != "draft" && item.price <= max_price',
        }
    ],
}


class Nothing:
    """A ranker without factors worth a look: filters alone are measured."""

    version = "sha256:none"

    def __init__(self, items: int) -> None:
        self.items = np.arange(items)


def best(run: Callable[[], Any], repeats: int = 30) -> float:
    """Milliseconds of one processor, of the fastest run."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def main(items: int) -> None:
    """Print one line for the filter, and its ratio to the target."""
    random = np.random.default_rng(1)
    table = pa.table(
        {
            "id": np.arange(items),
            "price": random.uniform(1, 100, items).round(2),
            "kind": random.choice(["book", "film", "draft"], items),
            "adult": random.random(items) < 0.1,
            "in_stock": random.random(items) < 0.9,
        }
    )
    root, _ = source.read(json.dumps(POLICY).encode(), "shop.yaml")
    spec, found = read_ranking(root)
    assert spec is not None, found
    ranking: Any = Ranking(spec, Nothing(items), table)
    prices = table["price"].to_numpy()
    (_, mask), *_ = ranking.filters
    kept = mask.row({"max_price": 50.0})
    flags = [table[name].to_numpy() for name in ("in_stock", "adult")]
    kinds = table["kind"].to_numpy(zero_copy_only=False)
    assert (kept == (flags[0] & ~flags[1] & (kinds != "draft") & (prices <= 50.0))).all()
    limits = iter(np.linspace(1, 100, 10_000))
    ours = best(lambda: mask.row({"max_price": float(next(limits))}))
    floor = best(lambda: prices <= 50.0)
    print(f"{items:,} items, {kept.mean():.0%} kept")
    print(f"  NumPy's price test alone           {floor:6.2f} ms")
    print(f"  three conjuncts and the price test {ours:6.2f} ms   {ours / 0.5:.2f} of the target, 0.5 ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
