"""`store:`, lists computed beforehand, and what to do where one is missing or stale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from policy.diagnostics import Span
from policy.source import Node, Scalar
from policy.spec.reader import Reader
from policy.spec.values import duration

MISSING = ("live", "fallback")
_LONGEST = 60.0  # seconds that a reader may be told to wait


@dataclass(frozen=True, slots=True)
class StoreSpec:
    """Where lists are kept.

    max_age: how old a list may be, None for any age; missing: where there is none, score live or go on with the
    fallbacks; seconds: the longest wait for an answer.
    """

    url: str
    span: Span
    max_age: timedelta | None = None
    missing: str = "live"
    seconds: float = 0.25


def read_store(node: Node, reader: Reader) -> StoreSpec | None:
    """The block `store:`."""
    known = ("url", "max_age", "missing", "timeout")
    fields = reader.record(node, "`store`", known, ("url",))
    url = reader.text(fields["url"][1], "`store.url`") if "url" in fields else None
    age = _duration(fields["max_age"][1], "`store.max_age`", reader) if "max_age" in fields else None
    wait = _duration(fields["timeout"][1], "`store.timeout`", reader) if "timeout" in fields else None
    seconds = 0.25 if wait is None else wait.total_seconds()
    if seconds > _LONGEST:
        reader.note(
            "E183", f"`store.timeout` must not be longer than {_LONGEST:g}s", fields["timeout"][1].span
        )
    missing = reader.choice(fields["missing"][1], "`store.missing`", MISSING) if "missing" in fields else None
    return None if url is None else StoreSpec(url, node.span, age, missing or "live", seconds)


def _duration(node: Node, what: str, reader: Reader) -> timedelta | None:
    found = duration(node.value) if isinstance(node, Scalar) else None
    if found is None or found <= timedelta(0):
        reader.note("E183", f"{what} must be a length of time such as 24h or 250ms", node.span)
        return None
    return found
