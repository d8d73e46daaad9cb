"""Conditions, and parts of them, that are always the same."""

from __future__ import annotations

from itertools import combinations, islice

from policy.expr import embedded
from policy.expr.nodes import AND, OR, Call, Node
from policy.expr.typed import And, Or, Typed
from policy.expr.unparse import unparse
from policy.spec.conditions import Condition
from policy.spec.lint.proofs import Proofs
from policy.spec.reader import Reader

_PAIRS = 100  # pairs of parts that are held against each other


def check_condition(
    when: Condition, what: str, proofs: Proofs, reader: Reader, *, skips: bool = True
) -> bool:
    """Note a condition that is always the same; false if it is never true and nothing follows from unknown."""
    if proofs.impossible([(when.tree, "true")]):
        known = proofs.impossible([(when.tree, "not false")])
        note = "it is always false" if known else "it is false or unknown, whatever the facts are"
        message = f"the condition of {what} is never true"
        reader.note("W420", message, when.span, note, *_why(when, proofs), severity="warning")
        return not skips and not known
    if proofs.impossible([(when.tree, "not true")]):
        note = "it holds whatever the facts are"
        reader.note("W421", f"the condition of {what} is always true", when.span, note, severity="warning")
        return True
    _check_parts(when, what, proofs, reader)
    return True


def _check_parts(when: Condition, what: str, proofs: Proofs, reader: Reader) -> None:
    """Note parts that change nothing: always true beside `&&`, never true beside `||`."""
    place = embedded(when.span, when.source)
    for part, tree in _parts(when, AND):
        if proofs.impossible([(tree, "not true")]):
            message = f"`{unparse(part)}` in the condition of {what} is always true"
            reader.note("W421", message, place(part.start, part.end), severity="warning")
    for part, tree in _parts(when, OR):
        if proofs.impossible([(tree, "true")]):
            message = f"`{unparse(part)}` in the condition of {what} is never true"
            reader.note("W420", message, place(part.start, part.end), severity="warning")


def _why(when: Condition, proofs: Proofs) -> list[str]:
    """In the writer's words, the part of a conjunction that is never true, or two parts that exclude each other."""
    parts = _parts(when, AND)
    for part, tree in parts:
        if proofs.impossible([(tree, "true")]):
            return [f"`{unparse(part)}` is never true"]
    for (one, left), (other, right) in islice(combinations(parts, 2), _PAIRS):
        if proofs.impossible([(left, "true"), (right, "true")]):
            return [f"`{unparse(one)}` and `{unparse(other)}` are never true together"]
    return []


def _parts(when: Condition, operator: str) -> list[tuple[Node, Typed]]:
    """The parts on both sides of the outermost operator, as written and as meant; none if they do not match up."""
    syntax, tree = when.program.syntax, when.tree
    if not isinstance(syntax, Call) or syntax.function != operator or tree != when.program.tree:
        return []
    if not isinstance(tree, And if operator == AND else Or) or len(syntax.args) != len(tree.args):
        return []
    if any(isinstance(arg, Call) and arg.function == operator for arg in syntax.args):
        return []  # `a && (b && c)` has two parts as written, three as meant
    return list(zip(syntax.args, tree.args, strict=True))
