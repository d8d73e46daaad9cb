"""`score: {store: …}`, answers computed beforehand, and what to do where one is missing or stale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from policy.diagnostics import Span
from policy.source import Node, Scalar
from policy.spec.inputs import InputSpec
from policy.spec.reader import Reader
from policy.spec.shapes import TEXT, Schema, record, says, word
from policy.spec.values import duration

LIVE, FALLBACK = "live", "fallback"
MISSING = (LIVE, FALLBACK)
KEYS = ("string", "int")  # types of an input that can be a key

_SECONDS, _LONGEST = 0.25, 60.0  # that a reader waits, and may be told to wait
_WORDS = ("url", "max_age", "missing", "timeout")


@dataclass(frozen=True, slots=True)
class StoreSpec:
    """Where answers are kept.

    max_age: how old one may be, None for any age; missing: without one, score live or go on as without a score;
    seconds: the longest wait for the store; key: the input whose value names the entry, "" for the user of a ranking.
    """

    url: str
    span: Span
    max_age: timedelta | None = None
    missing: str = LIVE
    seconds: float = _SECONDS
    key: str = ""


def read_seen(node: Node, reader: Reader) -> StoreSpec | None:
    """The block `store:` of items that users have seen: without them a list is made as if they had seen none."""
    return _read(node, reader, tuple(word for word in _WORDS if word != "missing"))


def read_store(
    node: Node, reader: Reader, inputs: Mapping[str, InputSpec] | None = None, *, can_score: bool = True
) -> StoreSpec | None:
    """The block `store:`.

    inputs: those of a decision, of which `key` names one; None for a ranking, whose key is the user. can_score:
    whether there is a model that could answer live.
    """
    return _read(node, reader, _WORDS if inputs is None else (*_WORDS, "key"), inputs, can_score=can_score)


def _read(
    node: Node,
    reader: Reader,
    words: tuple[str, ...],
    inputs: Mapping[str, InputSpec] | None = None,
    *,
    can_score: bool = True,
) -> StoreSpec | None:
    needed = ("url",) if inputs is None else ("url", "key")
    fields = {word: value for word, (_, value) in reader.record(node, "`store`", words, needed).items()}
    url = reader.text(fields["url"], "`store.url`") if "url" in fields else None
    age = _duration(fields["max_age"], "`store.max_age`", reader) if "max_age" in fields else None
    missing = reader.choice(fields["missing"], "`store.missing`", MISSING) if "missing" in fields else None
    if missing == LIVE and not can_score:
        message = "`store.missing: live` needs a model, which `score` does not name"
        reader.note("E160", message, fields["missing"].span, hints=(f"write `missing: {FALLBACK}`",))
    key = _key(fields["key"], inputs, reader) if inputs is not None and "key" in fields else ""
    if url is None or key is None:
        return None
    usual = LIVE if can_score else FALLBACK
    return StoreSpec(url, node.span, age, missing or usual, _seconds(fields.get("timeout"), reader), key)


def _key(node: Node, inputs: Mapping[str, InputSpec], reader: Reader) -> str | None:
    name = reader.choice(node, "`store.key`", tuple(inputs), code="E160")
    if name is not None and inputs[name].type not in (*KEYS, "unknown"):
        found = f"`{name}` is declared {inputs[name].type} at line {inputs[name].span.line}"
        reader.note("E160", "`store.key` must name an input of the type string or int", node.span, found)
    return name


def _seconds(node: Node | None, reader: Reader) -> float:
    wait = None if node is None else _duration(node, "`store.timeout`", reader)
    if node is None or wait is None:
        return _SECONDS
    if wait.total_seconds() > _LONGEST:
        reader.note("E183", f"`store.timeout` must not be longer than {_LONGEST:g}s", node.span)
    return wait.total_seconds()


def _duration(node: Node, what: str, reader: Reader) -> timedelta | None:
    found = duration(node.value) if isinstance(node, Scalar) else None
    if found is None or found <= timedelta(0):
        reader.note("E183", f"{what} must be a length of time such as 24h or 250ms", node.span)
        return None
    return found


def shape(text: str, *, keyed: bool = False, seen: bool = False) -> Schema:
    """The JSON Schema of the block; keyed: that of a decision; seen: that of seen items."""
    missing = {} if seen else {"missing": word("What to do without one.", MISSING)}
    key = {"key": says("The input whose value names the entry.", TEXT)} if keyed else {}
    return record(
        text,
        {
            "url": says("sqlite:///scores.db, postgresql://user@host/db, redis://host:6379/0.", TEXT),
            **key,
            "max_age": says("How old an entry may be, such as 24h.", TEXT),
            **missing,
            "timeout": says("The longest wait for the store, such as 250ms.", TEXT),
        },
        ("url", *key),
    )
