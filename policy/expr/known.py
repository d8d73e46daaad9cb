"""A tree for rows in which every name has a value: nothing asks whether it has."""

from __future__ import annotations

from policy.expr import fold
from policy.expr.typed import TRUE, And, Apply, If, Input, Known, Loop, MakeList, Not, Or, Typed, list_const


def assume_known(node: Typed) -> Typed:
    """The tree with every input taken for known. Only for rows in which that is so."""
    match node:
        case Input():
            return Input(node.name, node.type, optional=False)
        case Known(arg=Input()):
            return TRUE
        case Apply():
            return fold.apply(node.overload, _all(node.args), node.type)
        case And():
            return fold.both(_all(node.args))
        case Or():
            return fold.either(_all(node.args))
        case Not():
            return fold.negated(assume_known(node.arg))
        case If():
            test, then, other = _all((node.test, node.then, node.other))
            return fold.chosen(test, then, other, node.type)
        case MakeList():
            return list_const(_all(node.items), node.type.element)
        case Loop():
            body = None if node.body is None else assume_known(node.body)
            over, test = assume_known(node.over), assume_known(node.test)
            return Loop(node.macro, over, node.slot, test, body, node.type, node.item)
    return node


def _all(nodes: tuple[Typed, ...]) -> tuple[Typed, ...]:
    return tuple(map(assume_known, nodes))
