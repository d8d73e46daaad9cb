"""Puts a ranking together: its file, its item table, its model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policy.diagnostics import Diagnostic, errors
from policy.engine.ranking.ranking import Ranking
from policy.engine.ranking.request import as_user
from policy.engine.ranking.stored import lists_version
from policy.itemfile import read_items
from policy.source import Mapping, Node
from policy.spec.rankings.ranking import RankingSpec, read_ranking
from policy.stores.ranks import StoredLists
from policy.stores.shared import check_store, shared

_NUMBER = "\0number"  # a column that no file can name

Ranks = Callable[[str], Any]  # the location of a model -> what has `ranker()`


def is_ranking(root: Node) -> bool:
    """Whether a policy file says that it ranks."""
    return isinstance(root, Mapping) and any(key.value == "ranking" for key, _ in root.entries)


def load_ranking(
    root: Node, folder: Path, models: Ranks, failures: tuple[type[Exception], ...]
) -> tuple[Ranking | None, list[Diagnostic]]:
    """The ranking of a parsed policy file, or None, and what is wrong. failures: what loading a model may raise."""
    spec, found = read_ranking(root)
    if spec is None:
        return None, found
    table, problems = read_items(spec.items, folder)
    found += problems
    found += check_store(spec.store, folder)
    model, ranker, labels = None, None, None
    place = spec.model if "://" in spec.model else str(folder / spec.model)
    try:
        model = models(place)
        ranker, labels = model.ranker(), model.item_labels()
    except failures as error:
        found.append(Diagnostic("E185", f"the model cannot rank: {error}", spec.model_span))
    if table is None or ranker is None or errors(found):
        return None, found
    spec = replace(spec, version=_version(spec, table))
    lists = _lists(spec, folder, ranker.version)
    if labels is not None:
        spec, table = _by_label(spec, table, labels)
    ranker.top(ranker.fold_in([], [], reg=1.0), 1)  # what is compiled at the first call, is compiled now
    named = as_user if labels is None or model is None else model.user_id
    return Ranking(spec, ranker, table, named, lists), found


def _by_label(spec: RankingSpec, table: pa.Table, labels: Sequence[str]) -> tuple[RankingSpec, pa.Table]:
    """The table with the model's numbers beside the names that its indexer was fitted to.

    An item that the indexer does not know has a number of its own, below zero.
    """
    names = table.column(spec.items.key).cast(pa.string()).combine_chunks()
    places = pc.index_in(names, pa.array(labels, pa.string())).to_numpy(zero_copy_only=False)
    rows = np.arange(table.num_rows)
    numbers = np.where(np.isnan(places), -1 - rows, np.nan_to_num(places)).astype(np.int64)
    items = replace(spec.items, key=_NUMBER)
    return replace(spec, items=items), table.append_column(_NUMBER, pa.array(numbers))


def _lists(spec: RankingSpec, folder: Path, model: str) -> StoredLists | None:
    """The store that the policy names, opened; None if it names none."""
    if spec.store is None:
        return None
    store = shared(spec.store, folder)
    return StoredLists(store, spec.name, lists_version(spec, model), spec.store.max_age)


def references(spec: RankingSpec, file: Path) -> set[Path]:
    """The files beside a ranking's file that can change what it does; the model's folder, if it is a local one."""
    found = {file.parent / spec.items.file}
    return found | ({file.parent / spec.model} if "://" not in spec.model else set())


def _version(spec: RankingSpec, table: pa.Table) -> str:
    """The hash of the policy and of what its item table holds."""
    digest = hashlib.sha256(spec.version.encode())
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    digest.update(sink.getvalue())
    return f"sha256:{digest.hexdigest()}"
