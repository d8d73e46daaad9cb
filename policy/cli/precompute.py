"""`scoregate precompute POLICY`: many scores or lists beforehand, into a store that the service reads."""

from __future__ import annotations

import hashlib
import math
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa

from policy.cli.batch import column_types
from policy.cli.paint import painter
from policy.cli.progress import progress
from policy.cli.tables import Chunk, TableError, read, shifted
from policy.diagnostics import render
from policy.engine.columns import one_chunk, python
from policy.engine.decision import Decision
from policy.engine.machine import instant
from policy.engine.ranking.ranking import Ranking
from policy.errors import FactsError, LoadError, StoreError
from policy.runtime import load
from policy.stores import Current, Store, key_of, open_store
from policy.stores.address import beside
from policy.stores.ranks import fill_lists, fill_seen, precompute
from policy.stores.scores import BLOCK, Pair, fill_scores

_SECONDS = 30.0  # for one step of the store
_BYTES = 1 << 20

Show = Callable[[int], None]


@click.command("precompute")
@click.argument("policy", type=click.Path(path_type=Path))
@click.option(
    "--users", metavar="FILE", help="For a ranking: a table with a column `user`, or - for standard input."
)
@click.option(
    "--seen",
    metavar="FILE",
    help="For a ranking: a table with the columns `user` and `item`, of what users have seen. It is held in memory, at "
    "some 20 bytes a row.",
)
@click.option(
    "--lists",
    metavar="FILE",
    help="For a ranking: a table with `user`, `item` and `score`, of lists computed elsewhere. It is held in "
    "memory, at some 40 bytes a row.",
)
@click.option(
    "--facts",
    metavar="FILE",
    help="For a decision: a table of the facts that its score reads, and of its key.",
)
@click.option("--to", "address", metavar="URL", help="The store; by default the one that the policy names.")
@click.option(
    "-n", "count", type=click.IntRange(1), help="Items to keep for each user; by default the policy's most."
)
@click.option(
    "--score",
    metavar="COLUMN",
    help="Take the scores from this column: for a decision, one without a model too.",
)
def command(
    *,
    policy: Path,
    users: str | None,
    seen: str | None,
    lists: str | None,
    facts: str | None,
    address: str | None,
    count: int | None,
    score: str | None,
) -> None:
    r"""Compute scores or lists beforehand, block by block, and put them in place in one step.

    \b
    URL: sqlite:///lists.db   postgresql://user@host/db   redis://host:6379/0

    Readers see the former set until all of the new one is there. A run that was interrupted goes on where it stopped,
    if the policy, its model and the file are the same. Needs `pip install 'scoregate[stores]'`.
    """
    loaded = _load(policy)
    began = time.perf_counter()
    try:
        if isinstance(loaded, Ranking):
            _refuse({"--facts": facts, "--score": score}, "a ranking takes --users, --lists or --seen")
            found = _of_ranking(loaded, policy, address, count, users=users, lists=lists, seen=seen)
        else:
            _refuse(
                {"--users": users, "--lists": lists, "--seen": seen, "-n": count}, "a decision takes --facts"
            )
            found = _scores(loaded, policy, _given(facts, "--facts"), address, score)
    except (StoreError, TableError) as error:
        raise click.ClickException(str(error)) from error
    except FactsError as error:
        raise click.ClickException(f"these lists need more than a user: {error}") from error
    seconds = time.perf_counter() - began
    what = "histories" if seen is not None else "lists" if isinstance(loaded, Ranking) else "scores"
    version = f" {found.version[:19]}…" if found.version else ""
    click.echo(f"{found.entries:,} {what} of {loaded.name}{version} in place after {seconds:.1f} s")


def _given(file: str | None, option: str) -> str:
    if file is None:
        raise click.ClickException(f"name the table with {option} FILE")
    return file


def _refuse(options: dict[str, Any], instead: str) -> None:
    for option, value in options.items():
        if value is not None:
            raise click.ClickException(f"{option} does not fit this policy: {instead}")


def _store(loaded: Decision | Ranking, policy: Path, address: str | None) -> Store:
    named = loaded.spec.store if isinstance(loaded, Ranking) else loaded.spec.score.store
    if address is None and named is not None:
        address = beside(named.url, policy.parent)
    if address is None:
        raise click.ClickException("name a store with --to, or in the policy: `score: {store: {url: …}}`")
    return open_store(address, _SECONDS)


# --- rankings ---


def _lists(ranking: Ranking, policy: Path, users: str, address: str | None, count: int | None) -> Current:
    most = min(count or ranking.spec.limits.max, ranking.spec.limits.max)
    store = _store(ranking, policy, address)
    with read(users, None, {"user": pa.string()}) as source, progress(source) as show:
        job = _fingerprint(users, str(most))
        return precompute(ranking, store, _users(source.chunks), most, time.time, show, job)


def _of_ranking(
    ranking: Ranking,
    policy: Path,
    address: str | None,
    count: int | None,
    *,
    users: str | None,
    lists: str | None,
    seen: str | None,
) -> Current:
    """One of three jobs: to compute lists, to take them as they are, to take what users have seen."""
    if seen is not None or lists is not None:
        job = "--seen" if seen is not None else "--lists"
        _refuse({"--users": users, "-n": count}, f"{job} is a job of its own")
        if seen is None:
            return _given_lists(ranking, policy, _given(lists, "--lists"), address)
        _refuse({"--lists": lists}, "--seen is a job of its own")
        return _seen(ranking, policy, seen, address)
    if not ranking.spec.model:
        raise click.ClickException("the policy has no model: give the lists with --lists FILE")
    return _lists(ranking, policy, _given(users, "--users"), address, count)


def _seen(ranking: Ranking, policy: Path, seen: str, address: str | None) -> Current:
    named = ranking.spec.exclude.seen
    if address is None and named is not None:
        address = beside(named.url, policy.parent)
    if address is None:
        raise click.ClickException("name a store with --to, or in the policy: `exclude: [{store: {url: …}}]`")
    types = {"user": pa.string(), "item": pa.string()}
    with read(seen, None, types) as source, progress(source) as show:
        rows = _rows(source.chunks, ("user", "item"), show)
        return fill_seen(open_store(address, _SECONDS), ranking.name, rows, time.time, _fingerprint(seen))


def _given_lists(ranking: Ranking, policy: Path, lists: str, address: str | None) -> Current:
    if ranking.spec.model:
        raise click.ClickException(
            "--lists does not fit this policy: its model computes the lists of --users"
        )
    store = _store(ranking, policy, address)
    types = {"user": pa.string(), "item": pa.string(), "score": pa.float64()}
    with read(lists, None, types) as source, progress(source) as show:
        rows = _rows(source.chunks, ("user", "item", "score"), show)
        return fill_lists(store, ranking.name, rows, time.time, _fingerprint(lists))


def _rows(chunks: Iterator[Chunk], names: Sequence[str], show: Show) -> Iterator[Any]:
    """The rows of a table as tuples of these columns; a score that is missing is NaN."""
    for chunk in chunks:
        for name in names:
            _check_column(chunk, name)
        columns = [chunk.table.column(name) for name in names]
        if "score" in names:
            columns[-1] = _numbers(chunk, "score")
        yield from zip(*(column.to_pylist() for column in columns), strict=True)
        show(chunk.start + chunk.table.num_rows)


def _numbers(chunk: Chunk, name: str) -> pa.Array:
    """A column of scores as doubles, NaN for null."""
    try:
        return one_chunk(chunk.table.column(name)).cast(pa.float64()).fill_null(math.nan)
    except pa.ArrowException as error:
        raise TableError(f"{chunk.where(0)}: the column `{name}` holds no numbers: {error}") from error


def _users(chunks: Iterator[Chunk]) -> Iterator[Any]:
    for chunk in chunks:
        _check_column(chunk, "user")
        yield from chunk.table.column("user").to_pylist()


# --- decisions ---


def _scores(decision: Decision, policy: Path, facts: str, address: str | None, score: str | None) -> Current:
    named = decision.spec.score.store
    if named is None:
        raise click.ClickException(
            "the policy must name the key of its scores: `score: {store: {url: …, key: …}}`"
        )
    if decision.scoring.scorer is None and score is None:
        raise click.ClickException(
            "the policy has no model: name the column that holds the scores with --score"
        )
    store, job = _store(decision, policy, address), _fingerprint(facts, score or "", str(BLOCK))
    version = decision.entries_version or f"sha256:{job}"
    with read(facts, None, column_types(decision, score)) as source, progress(source) as show:
        blocks = _Scores(decision, named.key, score).blocks(source.chunks, show)
        return fill_scores(store, decision.name, version, blocks, time.time, job)


@dataclass(slots=True)
class _Scores:
    """Makes blocks of a table's keys and scores; rows without a score are left out, and told."""

    decision: Decision
    key: str
    score: str | None
    without: int = 0
    first: str = ""

    def blocks(self, chunks: Iterator[Chunk], show: Show) -> Iterator[Callable[[], list[Pair]]]:
        """A function for every block. The keys are read at once, for each may stand in one row alone."""
        seen: set[str] = set()
        for chunk in chunks:
            for name in (self.key, self.score):
                _check_column(chunk, name or self.key)
            keys = [key_of(value) for value in python(one_chunk(chunk.table.column(self.key)))]
            for row, key in enumerate(keys):
                if key in seen:
                    raise TableError(
                        f"{chunk.where(row)}: the {self.key} {key} stands in an earlier row, too"
                    )
                if key is not None:
                    seen.add(key)
            for start in range(0, len(keys), BLOCK):
                part = Chunk(
                    chunk.table.slice(start, BLOCK), chunk.start + start, shifted(chunk.where, start)
                )
                yield partial(self._pairs, part, keys[start : start + BLOCK])
            show(chunk.start + chunk.table.num_rows)
        if self.without:
            click.echo(
                f"{self.without:,} rows without a score are left out; the first is {self.first}", err=True
            )

    def _pairs(self, chunk: Chunk, keys: Sequence[str | None]) -> list[Pair]:
        scores, causes = _scored(self.decision, chunk, self.score)
        found: list[Pair] = []
        for row, (key, number) in enumerate(zip(keys, scores.tolist(), strict=True)):
            if key is None or number != number:
                self.without += 1
                cause = causes.get(row, f"there is no {self.key}")
                self.first = self.first or f"{chunk.where(row)}: {cause}"
            else:
                found.append((key, number))
        return found


def _scored(decision: Decision, chunk: Chunk, score: str | None) -> tuple[Any, dict[int, str]]:
    """The scores of a chunk, NaN where there is none, and why."""
    if score is None:
        return decision.scores(chunk.table, now=instant(time.time_ns()))
    scores = _numbers(chunk, score).to_numpy(zero_copy_only=False)
    usable = (scores >= 0.0) & (scores <= 1.0)
    causes = dict.fromkeys(np.flatnonzero(~usable).tolist(), f"`{score}` is no number from 0 to 1")
    return np.where(usable, scores, np.nan), causes


def _check_column(chunk: Chunk, name: str) -> None:
    if name not in chunk.table.column_names:
        raise TableError(f"{chunk.where(0)}: there is no column `{name}`")


def _fingerprint(name: str, *more: str) -> str:
    """What tells a job from another: of standard input nothing does, so that nobody goes on with it."""
    place = Path(name)
    if not place.is_file():
        return uuid.uuid4().hex
    digest = hashlib.sha256("\n".join(more).encode() + b"\n")
    with place.open("rb") as stream:
        while block := stream.read(_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _load(path: Path) -> Decision | Ranking:
    try:
        return load(path)
    except LoadError as error:
        click.echo(render(error.diagnostics, painter(sys.stderr)), err=True)
        sys.exit(1)
