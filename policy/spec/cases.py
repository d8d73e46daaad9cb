"""`cases:`, examples with the decision that is expected; data only, they are run by `policy.engine.cases`.

They stand in the policy, or in a file beside it: `login.cases.yaml` for `login.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from policy.diagnostics import Span
from policy.source import Mapping as MappingNode
from policy.source import Node, Scalar, plain
from policy.spec.actions import REFUSE
from policy.spec.reader import Reader, kind
from policy.spec.values import FORM, timestamp

KEYS = ("name", "facts", "score", "at", "completed", "expect")
EXPECT_KEYS = ("action", "band", "rule", "segment", "degraded")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a case expects; None where it does not say. `action` may be "refuse", `rule` and `segment` "" for none."""

    action: str | None = None
    band: str | None = None
    rule: str | None = None
    segment: str | None = None
    degraded: bool | None = None


@dataclass(frozen=True, slots=True)
class CaseSpec:
    """One example: facts, or the path of a JSON file of facts beside the policy, and what is expected.

    score: given in place of the model's, None to run the model; at: the time of the decision; None: noon of
    2026-01-01, or before any entry of a list ends.
    """

    name: str
    span: Span
    facts_span: Span
    expect_span: Span
    facts: Mapping[str, Any] | None
    path: str | None
    score: float | None
    completed: tuple[str, ...]
    expected: Expected
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """The names that cases may use: actions, rules (of a table: with a colon and the row), segments."""

    actions: Sequence[str]
    rules: Sequence[str] = ()
    tables: Sequence[str] = ()
    segments: Sequence[str] = ()


def names_in(node: Node | None) -> list[str]:
    """The names of the rules, tables or segments of a block, of those too that are wrong otherwise."""
    found: list[str] = []
    for item in getattr(node, "items", ()) if not isinstance(node, MappingNode) else ():
        entries = item.entries if isinstance(item, MappingNode) else ()
        found += [
            value.value
            for key, value in entries
            if key.value == "name" and isinstance(value, Scalar) and isinstance(value.value, str)
        ]
    return found


def read_cases(node: Node, words: Words, reader: Reader) -> tuple[CaseSpec, ...]:
    """The block `cases:`, or the list of a file of cases, which may stand under the key `cases`."""
    items = reader.items(node, "`cases`")
    return tuple(_read_case(number, item, words, reader) for number, item in enumerate(items, 1))


def read_cases_file(root: Node, words: Words, reader: Reader) -> tuple[CaseSpec, ...]:
    """A file of cases: the list itself, or a mapping that holds it under `cases`."""
    if not isinstance(root, MappingNode):
        return read_cases(root, words, reader)
    fields = reader.record(root, "a file of cases", ("cases",), ("cases",))
    return read_cases(fields["cases"][1], words, reader) if "cases" in fields else ()


def _read_case(number: int, node: Node, words: Words, reader: Reader) -> CaseSpec:
    fields = {
        word: value for word, (_, value) in reader.record(node, "a case", KEYS, ("facts", "expect")).items()
    }
    name = reader.text(fields["name"], "the name of a case") if "name" in fields else None
    facts, path = _facts(fields["facts"], reader) if "facts" in fields else (None, None)
    return CaseSpec(
        name or f"case {number}",
        node.span,
        fields["facts"].span if "facts" in fields else node.span,
        fields["expect"].span if "expect" in fields else node.span,
        facts,
        path,
        _score(fields["score"], reader) if "score" in fields else None,
        _completed(fields["completed"], words.actions, reader) if "completed" in fields else (),
        _expected(fields["expect"], words, reader) if "expect" in fields else Expected(),
        _at(fields["at"], reader) if "at" in fields else None,
    )


def _facts(node: Node, reader: Reader) -> tuple[Mapping[str, Any] | None, str | None]:
    if isinstance(node, MappingNode):
        reader.fields(node, "`facts`")
        return plain(node), None
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        message = "`facts` must be a mapping, or the path of a JSON file"
        reader.note("E110", message, node.span, f"found {kind(node)}")
        return None, None
    path = PurePosixPath(node.value)
    if path.is_absolute() or ".." in path.parts or "\0" in node.value:
        reader.note("E150", "the path of a case's facts must lie beside the policy or below it", node.span)
        return None, None
    return None, node.value


def _score(node: Node, reader: Reader) -> float | None:
    """Any number, NaN too: a case may try what `on_error` does."""
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, float):
        return value
    return reader.number(node, "the score of a case")


def _at(node: Node, reader: Reader) -> datetime | None:
    value = node.value if isinstance(node, Scalar) else None
    at = timestamp(value)
    if at is None:
        expected = f"expected {FORM['timestamp']}"
        reader.note("E121", "`at` must be a time with its zone", node.span, expected, f"found {kind(node)}")
    return at


def _completed(node: Node, actions: Sequence[str], reader: Reader) -> tuple[str, ...]:
    items = reader.items(node, "`completed`")
    chosen = (reader.choice(item, "a completed action", actions, code="E131") for item in items)
    return tuple(action for action in chosen if action is not None)


def _expected(node: Node, words: Words, reader: Reader) -> Expected:
    outcomes = (*words.actions, REFUSE)
    if not isinstance(node, MappingNode):
        return Expected(reader.choice(node, "the expected action", outcomes, code="E131"))
    fields = {word: value for word, (_, value) in reader.record(node, "`expect`", EXPECT_KEYS).items()}
    return Expected(
        reader.choice(fields["action"], "`action`", outcomes, "E131") if "action" in fields else None,
        reader.choice(fields["band"], "`band`", words.actions, "E131") if "band" in fields else None,
        _rule(fields["rule"], words, reader) if "rule" in fields else None,
        _named(fields["segment"], "`segment`", words.segments, reader) if "segment" in fields else None,
        reader.boolean(fields["degraded"], "`degraded`") if "degraded" in fields else None,
    )


def _rule(node: Node, words: Words, reader: Reader) -> str | None:
    """A rule's name, or a table's with a row."""
    name = node.value if isinstance(node, Scalar) else None
    if isinstance(name, str) and name not in words.rules and name.partition(":")[0] in words.tables:
        return name
    return _named(node, "`rule`", words.rules, reader)


def _named(node: Node, what: str, names: Sequence[str], reader: Reader) -> str | None:
    if isinstance(node, Scalar) and node.value is None:
        return ""
    return reader.choice(node, what, names, "E152")
