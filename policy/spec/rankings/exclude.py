"""`exclude:`, whose items are left out: those of the request, of its history, of a list, of a store."""

from __future__ import annotations

from dataclasses import dataclass

from policy.diagnostics import Span
from policy.source import Node, Scalar
from policy.spec.reader import Reader
from policy.spec.shapes import TEXT, Schema, listed, record, says
from policy.spec.store import StoreSpec, read_seen
from policy.spec.store import shape as stored

REQUEST, HISTORY = "request", "history"
WORDS = (REQUEST, HISTORY)


@dataclass(frozen=True, slots=True)
class ExcludeSpec:
    """What is left out.

    words: whether the items that the request names, and those of the history in it; lists: files of items that nobody
    is shown, each with its place; seen: where the items that each user has seen are kept.
    """

    words: tuple[str, ...] = (REQUEST,)
    lists: tuple[tuple[str, Span], ...] = ()
    seen: StoreSpec | None = None


def read_exclude(node: Node, reader: Reader) -> ExcludeSpec:
    """The block `exclude:`."""
    words: list[str] = []
    lists: list[tuple[str, Span]] = []
    seen: list[StoreSpec] = []
    for item in reader.items(node, "`exclude`"):
        if isinstance(item, Scalar):
            chosen = reader.choice(item, "what to exclude", WORDS)
            words += [] if chosen is None else [chosen]
            continue
        fields = reader.record(item, "what to exclude", ("list", "store"))
        if len(fields) != 1:
            hints = ("write {list: withdrawn.txt}, or {store: {url: …}}",)
            reader.note("E183", "what to exclude is a word, a list or a store", item.span, hints=hints)
        if "list" in fields and (file := reader.text(fields["list"][1], "`list`")) is not None:
            lists.append((file, fields["list"][1].span))
        if "store" in fields and (store := read_seen(fields["store"][1], reader)) is not None:
            seen.append(store)
    if len(seen) > 1:
        reader.note("E183", "only one store of seen items can be named", seen[1].span)
    return ExcludeSpec(tuple(dict.fromkeys(words)), tuple(lists), seen[0] if seen else None)


def shape() -> Schema:
    """The JSON Schema of the block."""
    file = says("A text or CSV file beside the policy, of items that nobody is shown.", TEXT)
    store = stored("Where the items that each user has seen are kept, by `precompute --seen`.", seen=True)
    return listed(
        "Whose items are left out.",
        {
            "oneOf": [
                {"enum": list(WORDS)},
                record("A list.", {"list": file}, ("list",)),
                record("A store.", {"store": store}, ("store",)),
            ]
        },
    )
