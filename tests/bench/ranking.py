"""The hundred best of 100,000 and of 1,000,000 items, rank 64, on one core, beside implicit, faiss and Spark.

Every library gets the same factors. Times are the least seconds of processor time over interleaved rounds, but for
Spark: the least of a few calls by the clock. Peers that are not installed are named and left out.

    python tests/bench/ranking.py [ITEMS …]
"""

from __future__ import annotations

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
from ranking_peers import TOP, faiss, implicit, recommend, save, spark

import scorer

RANK, MANY = 64, 128
PEERS = {"implicit": implicit, "implicit.recommend": recommend, "faiss": faiss}
Ask = dict[str, Callable[[], object]]


@numba.njit(nogil=True, fastmath=True)
def read(numbers: np.ndarray) -> float:
    """Add all numbers up: the time to read them once."""
    total = np.float32(0)
    for i in range(len(numbers)):
        total += numbers[i]
    return total


def least(functions: Ask, rounds: int, calls: int) -> dict[str, float]:
    """Return the least milliseconds of processor time of each function, run in turns of so many calls."""
    times: dict[str, float] = {}
    for turn in range(rounds + 1):
        for name, function in functions.items():
            for _ in range(calls):
                start = time.process_time()
                function()
                spent = (time.process_time() - start) * 1e3
                if turn:
                    times[name] = min(spent, times.get(name, spent))
    return times


def ours(ranker: scorer.Ranker, user: np.ndarray, masks: dict[str, np.ndarray], many: np.ndarray) -> Ask:
    """Ask the ranker: all, by list of slots, by mask, boosted, and many users."""
    lists = {name: np.flatnonzero(mask).astype(np.int32) for name, mask in masks.items()}
    boost = np.where(np.arange(len(ranker.items)) % 10 == 0, 1.5, 1.0).astype(np.float32)
    found: Ask = {"all": lambda: ranker.top(user, TOP)}
    for name, mask in masks.items():
        found[name] = lambda slots=lists[name]: ranker.top(user, TOP, slots=slots)
        found[f"{name}, a mask"] = lambda mask=mask: ranker.top(user, TOP, mask=mask)
    found["boosted"] = lambda: ranker.top(user, TOP, multiply=boost)
    return found | {"many": lambda: ranker.top_of_each(many, TOP)}


def measured(items: int) -> None:
    """Measure one catalog."""
    random = np.random.default_rng(7)
    factors = random.normal(scale=0.3, size=(items, RANK)).astype(np.float32)
    many = random.normal(scale=0.3, size=(MANY, RANK)).astype(np.float32)
    masks = {"5 %": random.random(items) < 0.05, "0.1 %": random.random(items) < 0.001}
    rounds = max(5, 2_000_000 // items)
    with tempfile.TemporaryDirectory() as folder:
        home = save(Path(folder) / "als", many, factors)
        begun = time.perf_counter()
        ranker = scorer.load(home).ranker()
        print(
            f"\n== {items:,} items, rank {RANK}, the {TOP} best; loaded in {time.perf_counter() - begun:.1f} s"
        )
        asked = {"ours": ours(ranker, many[0], masks, many)}
        for name, peer in PEERS.items():
            try:
                asked[name] = peer(factors, many[0], masks, many)
            except ImportError as e:
                print(f"  NOT MEASURED: {name} ({e})")
        flat = factors.ravel()
        single: Ask = {"read": lambda: read(flat)}
        single |= {
            f"{who}: {what}": f for who, all_ in asked.items() for what, f in all_.items() if what != "many"
        }
        times = least(single, rounds, 3)
        times |= least({f"{who}: many": all_["many"] for who, all_ in asked.items()}, 2, 1)
        show(times)
        try:
            ask = spark(home, 0)
        except (ImportError, OSError, RuntimeError) as e:
            print(f"  NOT MEASURED: Spark ({e})")
            return
        calls = []
        for _ in range(4):
            begun = time.perf_counter()
            answer = ask()
            calls.append((time.perf_counter() - begun) * 1e3)
        best = [row.item for row in answer[0].recommendations]
        assert best == ranker.items[ranker.top(many[0], TOP)[0]].tolist()
        print(
            f"  {'Spark, one call, by the clock':<28} {min(calls):>10.1f} ms {min(calls) / times['ours: all']:>8.0f} of ours"
        )


def show(times: dict[str, float]) -> None:
    """Print milliseconds, and each beside ours and beside the time to read the factors."""
    for name, spent in times.items():
        who, _, what = name.partition(": ")
        mine = times.get(f"ours: {what}", spent)
        each = (
            f"({spent / MANY:.3f} a user)"
            if what == "many"
            else f"{spent / times['read']:>6.2f} of one reading"
        )
        beside = "" if who in ("ours", "read") else f"{spent / mine:>8.2f} of ours"
        print(f"  {name:<28} {spent:>10.3f} ms  {each} {beside}")


def main(sizes: list[str]) -> int:
    """Measure."""
    for items in sizes or ["100000", "1000000"]:
        measured(int(items))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
