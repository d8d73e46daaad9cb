"""A tree for rows in which every name has a value: nothing asks whether it has."""

from __future__ import annotations

from policy.expr import fold
from policy.expr.typed import TRUE, Input, Known, Typed


def assume_known(node: Typed) -> Typed:
    """The tree with every input taken for known. Only for rows in which that is so."""
    match node:
        case Input():
            return Input(node.name, node.type, optional=False)
        case Known(arg=Input()):
            return TRUE
    return fold.rebuilt(node, assume_known)
