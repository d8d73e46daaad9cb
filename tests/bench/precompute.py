"""`scoregate precompute` as a whole, lists of the hundred best into SQLite, beside implicit's `recommend`.

The command is run for some users and for more: the difference is what a user takes, without loading the policy and its
model. implicit makes the same lists on one core: alone, and written to SQLite as JSON by the shortest code.

    python tests/bench/precompute.py [ITEMS …]
"""

from __future__ import annotations

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from click.testing import CliRunner
from ranking_peers import TOP, save

from policy.cli.precompute import command

RANK, FEW, MORE, ROUNDS = 64, 500, 2500, 3
POLICY = """
ranking: bench
model: als
items: {file: items.parquet, key: id, columns: {id: int}}
n: {max: 100}
"""


def spent(run: Callable[[], object]) -> float:
    """Return the seconds of processor time of a call."""
    start = time.process_time()
    run()
    return time.process_time() - start


def ours(home: Path, users: int) -> None:
    """Run the command for the first users, into a store of its own."""
    file, store = home / f"users-{users}.csv", home / f"{time.time_ns()}.db"
    file.write_text("user\n" + "\n".join(map(str, range(users))) + "\n")
    arguments = [str(home / "bench.yaml"), "--users", str(file), "--to", f"sqlite:///{store}"]
    result = CliRunner().invoke(command, arguments)
    if result.exit_code:
        raise RuntimeError(result.output)
    with sqlite3.connect(store) as found:
        tables = [name for (name,) in found.execute("select name from sqlite_master where type = 'table'")]
        counts = [found.execute(f'select count(*) from "{name}"').fetchone()[0] for name in tables]
    assert users in counts, dict(zip(tables, counts, strict=True))


def peer(users: np.ndarray, items: np.ndarray) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """Return implicit's `recommend` for the first users. Raises ImportError."""
    model = import_module("implicit.cpu.als").AlternatingLeastSquares(factors=RANK, num_threads=1)
    model.item_factors, model.user_factors = items, users
    told = {"N": TOP, "filter_already_liked_items": False}
    return lambda many: model.recommend(np.arange(many), None, **told)


def written(home: Path, many: int, answer: tuple[np.ndarray, np.ndarray]) -> None:
    """Write lists to SQLite as JSON, in one transaction."""
    pairs = zip(*(part.tolist() for part in answer), strict=True)
    rows = [(str(user), json.dumps([*zip(*pair, strict=True)])) for user, pair in enumerate(pairs)]
    with sqlite3.connect(home / f"{time.time_ns()}.db") as store:
        store.execute("create table lists (user text primary key, list text)")
        store.executemany("insert into lists values (?, ?)", rows)
    assert len(rows) == many


def measured(items: int) -> None:
    """Measure one catalog; print milliseconds of processor time a user."""
    random = np.random.default_rng(7)
    factors = random.normal(scale=0.3, size=(items, RANK)).astype(np.float32)
    users = random.normal(scale=0.3, size=(MORE, RANK)).astype(np.float32)
    print(
        f"\n== {items:,} items, rank {RANK}, lists of {TOP}, one core; milliseconds of processor time a user"
    )
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        save(home / "als", users, factors)
        pq.write_table(pa.table({"id": np.arange(items)}), home / "items.parquet")
        (home / "bench.yaml").write_text(POLICY)
        jobs: dict[str, Callable[[int], object]] = {"scoregate precompute": lambda many: ours(home, many)}
        try:
            recommend = peer(users, factors)
            jobs["implicit.recommend"] = recommend
            jobs["implicit.recommend, written"] = lambda many: written(home, many, recommend(many))
        except ImportError as e:
            print(f"  NOT MEASURED: implicit ({e})")
        least: dict[tuple[str, int], float] = {}
        for _ in range(ROUNDS):
            for name, job in jobs.items():
                for many in (FEW, MORE):
                    seconds = spent(lambda many=many, job=job: job(many))
                    least[name, many] = min(seconds, least.get((name, many), seconds))
    each = {name: (least[name, MORE] - least[name, FEW]) / (MORE - FEW) * 1e3 for name in jobs}
    mine = each["scoregate precompute"]
    for name, time_ in each.items():
        print(f"  {name:<28} {time_:>8.3f} ms   ours {mine / time_:.2f} of it")


def main(sizes: list[str]) -> int:
    """Measure."""
    for items in sizes or ["100000"]:
        measured(int(items))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
