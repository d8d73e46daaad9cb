"""`cases:`, examples with the decision that is expected; data only, they are run by `policy.engine.cases`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from policy.diagnostics import Span
from policy.source import Mapping as MappingNode
from policy.source import Node, Scalar, plain
from policy.spec.actions import REFUSE
from policy.spec.reader import Reader, kind


@dataclass(frozen=True, slots=True)
class Expected:
    """What a case expects; None where it does not say. `action` may be "refuse"."""

    action: str | None = None
    band: str | None = None
    degraded: bool | None = None


@dataclass(frozen=True, slots=True)
class CaseSpec:
    """One example: facts, or the path of a JSON file of facts beside the policy, and what is expected.

    score: given in place of the model's, None to run the model.
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


def read_cases(node: Node, actions: Sequence[str], reader: Reader) -> tuple[CaseSpec, ...]:
    """The block `cases:`."""
    items = reader.items(node, "`cases`")
    return tuple(_read_case(number, item, actions, reader) for number, item in enumerate(items, 1))


def _read_case(number: int, node: Node, actions: Sequence[str], reader: Reader) -> CaseSpec:
    known = ("name", "facts", "score", "completed", "expect")
    fields = {
        word: value for word, (_, value) in reader.record(node, "a case", known, ("facts", "expect")).items()
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
        _completed(fields["completed"], actions, reader) if "completed" in fields else (),
        _expected(fields["expect"], actions, reader) if "expect" in fields else Expected(),
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


def _completed(node: Node, actions: Sequence[str], reader: Reader) -> tuple[str, ...]:
    items = reader.items(node, "`completed`")
    chosen = (reader.choice(item, "a completed action", actions, code="E131") for item in items)
    return tuple(action for action in chosen if action is not None)


def _expected(node: Node, actions: Sequence[str], reader: Reader) -> Expected:
    if not isinstance(node, MappingNode):
        return Expected(reader.choice(node, "the expected action", (*actions, REFUSE), code="E131"))
    fields = {
        word: value
        for word, (_, value) in reader.record(node, "`expect`", ("action", "band", "degraded")).items()
    }
    action = (
        reader.choice(fields["action"], "`action`", (*actions, REFUSE), "E131")
        if "action" in fields
        else None
    )
    band = reader.choice(fields["band"], "`band`", actions, "E131") if "band" in fields else None
    degraded = reader.boolean(fields["degraded"], "`degraded`") if "degraded" in fields else None
    return Expected(action, band, degraded)
