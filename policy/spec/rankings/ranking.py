"""A whole ranking policy: a model, the items, and what filters, boosts and caps make of its order."""

from __future__ import annotations

from dataclasses import dataclass

from policy.diagnostics import Diagnostic, Span, errors
from policy.source import Node
from policy.spec.actions import REFUSE
from policy.spec.conditions import SCORE, names_of
from policy.spec.decision import UNKNOWN_FACTS, content_hash
from policy.spec.define import Definition, read_definitions
from policy.spec.inputs import InputSpec, read_inputs
from policy.spec.rankings.blocks import (
    BoostSpec,
    CapSpec,
    FilterSpec,
    FoldInSpec,
    Limits,
    read_boosts,
    read_caps,
    read_fallback,
    read_filters,
    read_fold_in,
    read_limits,
)
from policy.spec.rankings.exclude import ExcludeSpec, read_exclude
from policy.spec.rankings.ids import IdsSpec, read_ids
from policy.spec.rankings.items import ItemsSpec, read_items
from policy.spec.rankings.logged import KEYS as LOGGED
from policy.spec.rankings.logged import LoggedSpec, read_logged
from policy.spec.reader import Reader
from policy.spec.store import StoreSpec, read_store

REQUIRED = ("ranking", "items")
KEYS = (
    *(
        "ranking",
        "description",
        "inputs",
        "unknown_facts",
        "model",
        "ids",
        "items",
        "n",
        "define",
        "filters",
        "exclude",
    ),
    *("boosts", "caps", "ties", "fallback", "fold_in", "popular", "score", "log", "on_error"),
)
LATER = {
    "pins": "items at fixed places",
    "diversity": "a list whose items are unlike each other",
    "exploration": "items that nobody has seen yet",
    "lists": "named lists for conditions",
    "rollout": "arms of an experiment",
}
OWN = ("user", "n", "history", "exclude")  # members of a request that are no facts
TIES = ("desc", "asc")


@dataclass(frozen=True, slots=True)
class RankingSpec:
    """What a ranking policy says.

    model: "" where every list is one of the store. popular: the column of the item table that orders items for a user
    of whom nothing is known. log: what to do if the ranking cannot be recorded: "refuse" or "serve"; logged: how the
    record holds what is no fact.
    """

    name: str
    description: str
    inputs: tuple[InputSpec, ...]
    unknown_facts: str
    model: str
    model_span: Span
    ids: IdsSpec
    items: ItemsSpec
    limits: Limits
    definitions: tuple[Definition, ...]
    filters: tuple[FilterSpec, ...]
    exclude: ExcludeSpec
    boosts: tuple[BoostSpec, ...]
    caps: tuple[CapSpec, ...]
    ties: str
    fallback: tuple[str, ...]
    fold_in: FoldInSpec | None
    popular: str | None
    log: str
    logged: LoggedSpec
    store: StoreSpec | None
    version: str
    span: Span
    name_span: Span


def read_ranking(root: Node) -> tuple[RankingSpec | None, list[Diagnostic]]:
    """The spec of a ranking policy, or None, and everything that is wrong with it."""
    reader = Reader()
    fields = {
        word: value for word, (_, value) in reader.record(root, "a ranking", KEYS, REQUIRED, LATER).items()
    }
    name = reader.name(fields["ranking"], "the name of a ranking") if "ranking" in fields else None
    description = reader.text(fields["description"], "`description`") if "description" in fields else None
    inputs = read_inputs(fields["inputs"], reader) if "inputs" in fields else ()
    for one in inputs:
        if one.name in OWN:
            hints = (f"`log: {{{one.name}: hash}}` says how the log holds it",) if one.name in LOGGED else ()
            message = f"`{one.name}` is a member of every request, and no fact"
            reader.note("E115", message, one.span, hints=hints)
    items = read_items(fields["items"], reader) if "items" in fields else None
    names = names_of(inputs).without([SCORE])
    if items is not None:
        names.variables |= items.variables
    columns = {} if items is None else items.columns
    unknown = fields.get("unknown_facts")
    definitions = read_definitions(fields["define"], names, reader) if "define" in fields else ()
    spec = RankingSpec(
        name=name or "",
        description=description or "",
        inputs=inputs,
        unknown_facts=(unknown and reader.choice(unknown, "`unknown_facts`", UNKNOWN_FACTS)) or "ignore",
        model=(reader.text(fields["model"], "`model`") if "model" in fields else None) or "",
        model_span=fields["model"].span if "model" in fields else root.span,
        ids=read_ids(fields["ids"], reader) if "ids" in fields else IdsSpec(),
        items=items or ItemsSpec("", root.span, root.span),
        limits=read_limits(fields["n"], reader) if "n" in fields else Limits(),
        definitions=definitions,
        filters=read_filters(fields["filters"], names, reader) if "filters" in fields else (),
        exclude=read_exclude(fields["exclude"], reader) if "exclude" in fields else ExcludeSpec(),
        boosts=read_boosts(fields["boosts"], names, reader) if "boosts" in fields else (),
        caps=read_caps(fields["caps"], columns, reader) if "caps" in fields else (),
        ties=(reader.choice(fields["ties"], "`ties`", TIES) if "ties" in fields else None) or "desc",
        fallback=read_fallback(fields["fallback"], reader) if "fallback" in fields else ("empty",),
        fold_in=read_fold_in(fields["fold_in"], reader) if "fold_in" in fields else None,
        popular=reader.choice(fields["popular"], "`popular`", _numeric(columns))
        if "popular" in fields
        else None,
        log=_on_error(fields["on_error"], reader) if "on_error" in fields else REFUSE,
        logged=read_logged(fields["log"], reader) if "log" in fields else LoggedSpec(),
        store=_store(fields["score"], reader, can_score="model" in fields) if "score" in fields else None,
        version=content_hash(root),
        span=root.span,
        name_span=fields["ranking"].span if "ranking" in fields else root.span,
    )
    if "model" not in fields and "score" not in fields and fields:
        hints = ("name a model with `model:`, or a store with `score: {store: …}`",)
        reader.note("E112", "a ranking needs the key `model`, or `score`", root.span, hints=hints)
    _check_fallback(spec, reader)
    return (None if errors(reader.found) else spec), reader.found


def _numeric(columns: object) -> tuple[str, ...]:
    found = columns if isinstance(columns, dict) else {}
    return tuple(name for name, type_ in found.items() if type_ in ("int", "double"))


def _store(node: Node, reader: Reader, *, can_score: bool) -> StoreSpec | None:
    """The block `score:`, which names where lists computed beforehand are kept."""
    fields = reader.record(node, "`score`", ("store",), ("store",))
    return read_store(fields["store"][1], reader, can_score=can_score) if "store" in fields else None


def _on_error(node: Node, reader: Reader) -> str:
    fields = reader.record(node, "`on_error`", ("log",), ("log",))
    chosen = reader.choice(fields["log"][1], "`on_error.log`", (REFUSE, "serve")) if "log" in fields else None
    return chosen or REFUSE


def _check_fallback(spec: RankingSpec, reader: Reader) -> None:
    """What a fallback needs must be there, and what is there must be needed."""
    if spec.fold_in is not None and not spec.model:
        reader.note("E184", "`fold_in` needs a model, and there is none", spec.span)
    for source, block, given in (("fold_in", "fold_in", spec.fold_in), ("popular", "popular", spec.popular)):
        if source in spec.fallback and given is None:
            message = f"the fallback `{source}` needs the block `{block}`"
            reader.note("E184", message, spec.span)
        if source not in spec.fallback and given is not None:
            message = f"`{block}` is never used: `fallback` does not name it"
            reader.note("E184", message, spec.span, hints=(f"fallback: [{source}, empty]",))
