"""`actions:`, the ladder of what can be done, mildest first, with data for the caller."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from policy.diagnostics import Span
from policy.source import Mapping as MappingNode
from policy.source import Node, Scalar, plain
from policy.spec.reader import Reader

MAX_ACTIONS = 200
REFUSE = "refuse"  # what on_error may say in place of an action

_LATER = {"needs": "an action's prerequisite", "else": "the action without the prerequisite"}


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """An action and what it carries."""

    name: str
    span: Span
    data: dict[str, Any] = field(default_factory=dict)


def read_actions(node: Node, reader: Reader) -> tuple[ActionSpec, ...]:
    """The block `actions:`."""
    fields = reader.fields(node, "`actions`")
    if isinstance(node, MappingNode) and not node.entries:
        reader.note("E110", "`actions` must name at least one action", node.span)
    if len(fields) > MAX_ACTIONS:
        reader.note("E103", f"{len(fields):,} actions, more than {MAX_ACTIONS}", node.span)
        return ()
    return tuple(_read_action(key, value, reader) for key, value in fields.values())


def _read_action(key: Scalar, node: Node, reader: Reader) -> ActionSpec:
    name = str(key.value)
    if reader.name(key, "the name of an action") == REFUSE:
        reader.note("E115", "`refuse` is a word of `on_error`, and cannot name an action", key.span)
    if isinstance(node, Scalar) and node.value is None:
        return ActionSpec(name, key.span)
    fields = reader.fields(node, f"the data of the action `{name}`")
    for word in _LATER.keys() & fields.keys():
        message = f"`{word}` ({_LATER[word]}) is not supported by this version"
        reader.note("E114", message, fields[word][0].span)
    return ActionSpec(name, key.span, {word: plain(value) for word, (_, value) in fields.items()})
