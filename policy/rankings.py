"""Puts a ranking together: its file, its item table, its model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policy.diagnostics import Diagnostic, errors
from policy.engine.ranking.ranker import NoRanker, Ranker
from policy.engine.ranking.ranking import Ranking
from policy.engine.ranking.request import as_user
from policy.engine.ranking.stored import lists_version
from policy.files import UnreadableError, read_sheet
from policy.idmaps import Names, read_names
from policy.itemfile import read_items
from policy.source import Mapping, Node
from policy.spec.entries import Entry, ListSpec
from policy.spec.listfiles import unreadable, with_file
from policy.spec.rankings.ids import NamesSpec
from policy.spec.rankings.ranking import RankingSpec, read_ranking
from policy.spec.reader import Reader
from policy.stores.ranks import StoredLists, StoredSeen
from policy.stores.shared import check_store, shared

_NUMBER = "\0number"  # a column that no file can name
_BELOW = -(2**31) - 1  # the numbers of users and items have 32 bits

Ranks = Callable[[str], Any]  # the location of a model -> what has `ranker()`
Found = tuple[Names | None, list[Diagnostic]]


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
    found += [*problems, *check_store(spec.store, folder), *check_store(spec.exclude.seen, folder)]
    withdrawn, problems = _withdrawn(spec, folder)
    found += problems
    model: Any = None
    ranker: Ranker | None = None
    own = _Own()
    place = spec.model if "://" in spec.model else str(folder / spec.model)
    try:
        model = models(place) if spec.model else None
        ranker, own = (NoRanker(), own) if model is None else (model.ranker(), _Own.of(model))
    except failures as error:
        found.append(Diagnostic("E185", f"the model cannot rank: {error}", spec.model_span))
    users, problems = _names("user", spec.ids.user, own.users, partial(read_names, folder, models, failures))
    found += problems
    items, problems = _names("item", spec.ids.item, own.items, partial(read_names, folder, models, failures))
    found += problems
    if table is None or ranker is None or errors(found):
        return None, found
    spec = replace(spec, version=_version(spec, table, users, items, withdrawn))
    lists, seen = _stores(spec, folder, ranker.version)
    if items is not None:
        spec, table = _by_name(spec, table, items)
    ranker.top(
        ranker.fold_in([], [], reg=1.0, alpha=1.0, implicit=False), 1
    )  # what is compiled at the first call, is compiled now
    user_id = as_user if users is None else users.number if own.users is None else model.user_id
    ranking = Ranking(spec, ranker, table, user_id, lists, withdrawn, seen)
    return ranking, [*found, *_doubts(ranking)]


def _doubts(ranking: Ranking) -> list[Diagnostic]:
    """A table without items, or whose items the model does not know, gives lists that are empty: most likely a slip."""
    items, span = ranking.items, ranking.spec.items.span
    if not items.present.any():
        message = f"the item table `{ranking.spec.items.file}` is empty: so is every list"
    elif ranking.spec.model and not items.present[: items.slots].any():
        message = f"the model knows none of the items of `{ranking.spec.items.file}`: only what is popular is listed"
    else:
        return []
    hints = ("`items.key` names the column with the numbers, or names, that the model knows",)
    return [Diagnostic("W434", message, span, help=hints, severity="warning")]


@dataclass(frozen=True, slots=True)
class _Own:
    """The names that the model's own pipeline has for users and items; None where it takes numbers."""

    users: Names | None = None
    items: Names | None = None

    @classmethod
    def of(cls, model: Any) -> Self:
        users, items = (
            None if labels is None else Names(labels, range(len(labels)))
            for labels in (model.user_labels(), model.item_labels())
        )
        return cls(users, items)


def _names(
    what: str, spec: NamesSpec | None, own: Names | None, read_: Callable[[NamesSpec], Found]
) -> Found:
    """The names that a policy tells of, or those of the model's own pipeline; not both."""
    if spec is None:
        return own, []
    if own is not None:
        message = f"the model's own pipeline names its {what}s: leave `ids.{what}` out"
        return None, [Diagnostic("E189", message, spec.span)]
    return read_(spec)


def _by_name(spec: RankingSpec, table: pa.Table, names: Names) -> tuple[RankingSpec, pa.Table]:
    """The table with the model's numbers beside the names that its key holds.

    An item whose name is not known has a number of its own, below all that models know.
    """
    key = table.column(spec.items.key).cast(pa.string()).combine_chunks()
    places = pc.index_in(key, pa.array(names.names, pa.string()))
    known = pa.array(names.numbers, pa.int64()).take(places)
    unknown = pa.array(_BELOW - np.arange(table.num_rows))
    items = replace(spec.items, key=_NUMBER)
    return replace(spec, items=items), table.append_column(_NUMBER, pc.coalesce(known, unknown))


def _stores(spec: RankingSpec, folder: Path, model: str) -> tuple[StoredLists | None, StoredSeen | None]:
    """The stores that the policy names, opened: of lists, and of what users have seen."""
    lists, seen = None, None
    if spec.store is not None:
        version = lists_version(spec, model)
        lists = StoredLists(shared(spec.store, folder), spec.name, version, spec.store.max_age)
    if spec.exclude.seen is not None:
        seen = StoredSeen(shared(spec.exclude.seen, folder), spec.name, spec.exclude.seen.max_age)
    return lists, seen


def _withdrawn(spec: RankingSpec, folder: Path) -> tuple[tuple[Entry, ...], list[Diagnostic]]:
    """The entries of the lists after `exclude`, by the ids outside."""
    reader, entries = Reader(), list[Entry]()
    type_ = "string" if spec.items.columns.get(spec.items.id) == "string" else "int"
    for path, span in spec.exclude.lists:
        one = ListSpec(path, type_, span, path=path, path_span=span)
        try:
            entries += with_file(one, read_sheet(folder, path), reader).entries
        except UnreadableError as error:
            unreadable(one, str(error), reader)
    return tuple(entries), reader.found


def references(spec: RankingSpec, file: Path) -> set[Path]:
    """The files beside a ranking's file that can change what it does; the model's folder, if it is a local one."""
    names = [one for one in (spec.ids.user, spec.ids.item) if one is not None]
    paths = {
        spec.items.file,
        *(path for path, _ in spec.exclude.lists),
        *(one.file or str(one.model) for one in names),
    }
    found = {file.parent / path for path in paths if "://" not in path}
    return found | ({file.parent / spec.model} if spec.model and "://" not in spec.model else set())


def _version(
    spec: RankingSpec,
    table: pa.Table,
    users: Names | None,
    items: Names | None,
    withdrawn: Sequence[Entry],
) -> str:
    """The hash of the policy, of what its tables and lists hold, and of the names that it tells of itself."""
    digest = hashlib.sha256(spec.version.encode())
    for one in withdrawn:
        digest.update(f"{one.value!r} {one.expires_us}\n".encode())
    for named, names in ((spec.ids.user, users), (spec.ids.item, items)):
        if named is not None and names is not None:
            digest.update(names.digest)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    digest.update(sink.getvalue())
    return f"sha256:{digest.hexdigest()}"
