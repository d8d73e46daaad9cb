"""`actions:`, the ladder of what can be done, mildest first, with data for the caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from policy.diagnostics import Span
from policy.source import Mapping as MappingNode
from policy.source import Node, Scalar, plain
from policy.spec.conditions import SCORE, Condition, Names, read_condition
from policy.spec.reader import Reader

MAX_ACTIONS = 200
REFUSE = "refuse"  # what on_error may say in place of an action


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """An action and what it carries.

    needs: what must be true for it to be taken; otherwise: the action in its place where that is not so.
    """

    name: str
    span: Span
    data: dict[str, Any] = field(default_factory=dict)
    needs: Condition | None = None
    otherwise: str | None = None


def ladder_of(node: Node) -> tuple[str, ...]:
    """The names in the block `actions:`, mildest first, whatever else is wrong with it."""
    entries = node.entries[:MAX_ACTIONS] if isinstance(node, MappingNode) else ()
    return tuple(key.value for key, _ in entries if isinstance(key.value, str))


def read_actions(node: Node, names: Names, reader: Reader) -> tuple[ActionSpec, ...]:
    """The block `actions:`; conditions under `needs` read `names`, without the score."""
    fields = reader.fields(node, "`actions`")
    if isinstance(node, MappingNode) and not node.entries:
        reader.note("E110", "`actions` must name at least one action", node.span)
    if len(fields) > MAX_ACTIONS:
        reader.note("E103", f"{len(fields):,} actions, more than {MAX_ACTIONS}", node.span)
        return ()
    facts = names.without([SCORE])
    actions = tuple(_read_action(key, value, tuple(fields), facts, reader) for key, value in fields.values())
    _check_circles(actions, reader)
    return actions


def _read_action(key: Scalar, node: Node, ladder: Sequence[str], names: Names, reader: Reader) -> ActionSpec:
    name = str(key.value)
    if reader.name(key, "the name of an action") == REFUSE:
        reader.note("E115", "`refuse` is a word of `on_error`, and cannot name an action", key.span)
    if isinstance(node, Scalar) and node.value is None:
        return ActionSpec(name, key.span)
    fields = reader.fields(node, f"the data of the action `{name}`")
    needs, otherwise = None, None
    if "needs" in fields:
        needs = read_condition(fields["needs"][1], names, reader, f"what `{name}` needs")
    if "else" in fields:
        otherwise = reader.choice(fields["else"][1], f"what is done without `{name}`", ladder, code="E131")
    if ("needs" in fields) != ("else" in fields):
        has, lacks = ("needs", "else") if "needs" in fields else ("else", "needs")
        hints = (f"`{name}: {{needs: condition, else: action}}`",)
        reader.note("E146", f"`{has}` goes with `{lacks}`", fields[has][0].span, hints=hints)
    data = {word: plain(value) for word, (_, value) in fields.items() if word not in ("needs", "else")}
    return ActionSpec(name, key.span, data, needs, otherwise)


def _check_circles(actions: Sequence[ActionSpec], reader: Reader) -> None:
    """Note actions whose `else` leads back to themselves: there would be none left to take."""
    following = {action.name: action.otherwise for action in actions}
    for action in actions:
        path = [action.name]
        while (step := following.get(path[-1])) is not None and step not in path:
            path.append(step)
        if step == action.name:
            circle = " → ".join(f"`{name}`" for name in (*path, step))
            message = f"without what it needs, `{action.name}` leads back to itself"
            reader.note("E146", message, action.span, circle)
