"""`scoregate precompute POLICY`: the lists of many users, into a store that the service reads."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from policy.cli.paint import painter
from policy.cli.progress import progress
from policy.cli.tables import TableError, read
from policy.diagnostics import render
from policy.engine.ranking.ranking import Ranking
from policy.errors import FactsError, LoadError, StoreError
from policy.runtime import load_ranks
from policy.stores import open_store
from policy.stores.ranks import precompute

_SECONDS = 30.0  # for one step of the store


@click.command("precompute")
@click.argument("policy", type=click.Path(path_type=Path))
@click.option(
    "--users", required=True, metavar="FILE", help="A table with a column `user`, or - for standard input."
)
@click.option("--to", "address", metavar="URL", help="The store; by default the one that the policy names.")
@click.option(
    "-n", "count", type=click.IntRange(1), help="Items to keep for each user; by default the policy's most."
)
def command(*, policy: Path, users: str, address: str | None, count: int | None) -> None:
    r"""Compute the lists of users beforehand, block by block, and put them in place in one step.

    \b
    URL: sqlite:///lists.db   postgresql://user@host/db   redis://host:6379/0

    Readers see the former lists until all new ones are there. A run that was interrupted goes on where it stopped, if
    the policy, its items, its model and the users are the same. Needs `pip install 'scoregate[stores]'`.
    """
    ranking = _load(policy)
    named = ranking.spec.store
    target = address or (None if named is None else named.url)
    if target is None:
        raise click.ClickException("name a store with --to, or in the policy: `store: {url: …}`")
    most = min(count or ranking.spec.limits.max, ranking.spec.limits.max)
    began = time.perf_counter()
    try:
        store = open_store(target, _SECONDS)
        with read(users, None, {"user": pa.string()}) as source, progress(source) as show:
            found = precompute(ranking, store, _users(source.chunks), most, time.time, show)
    except (StoreError, TableError) as error:
        raise click.ClickException(str(error)) from error
    except FactsError as error:
        raise click.ClickException(f"these lists need more than a user: {error}") from error
    seconds = time.perf_counter() - began
    click.echo(
        f"{found.entries:,} lists of {ranking.name} {found.version[:19]}… in place after {seconds:.1f} s"
    )


def _users(chunks: Iterator[Any]) -> Iterator[Any]:
    for chunk in chunks:
        if "user" not in chunk.table.column_names:
            raise TableError(f"{chunk.where(0)}: there is no column `user`")
        yield from chunk.table.column("user").to_pylist()


def _load(path: Path) -> Ranking:
    try:
        return load_ranks(path)
    except LoadError as error:
        click.echo(render(error.diagnostics, painter(sys.stderr)), err=True)
        sys.exit(1)
