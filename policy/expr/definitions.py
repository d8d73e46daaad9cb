"""Names that stand for expressions: their checked trees are put in the place of the names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from policy.expr import fold
from policy.expr.typed import FALSE, TRUE, Const, Input, Known, Local, Loop, Typed, children, walk

MAX_NODES = 20_000  # of an expression once its names are replaced
MAX_DEPTH = 90  # likewise: what writes code for a tree calls itself for each level, within Python's own limit


class TooLargeError(Exception):
    """With the meanings of its names an expression is too large or deep, or goes through too many lists."""


class AskedForError(Exception):
    """`has()` asks for a name that stands for an expression; the argument is the name."""


def substitute(tree: Typed, meanings: Mapping[str, Typed], *, loops: int, nested: int) -> Typed:
    """The tree with the meanings in the places of their names.

    loops, nested: how many macros the result may have, and how deep. Raises TooLargeError, AskedForError.
    """
    made = _Substitution(meanings).made(tree, 0)
    if _nodes(made, MAX_NODES) > MAX_NODES or _is_deeper(made, MAX_DEPTH):
        raise TooLargeError
    if _loops(made) > loops or _nested(made) > nested:
        raise TooLargeError
    return made


class _Substitution:
    def __init__(self, meanings: Mapping[str, Typed]) -> None:
        self.meanings = meanings
        self.next_slot = 0
        self.nodes = 0

    def made(self, node: Typed, shift: int) -> Typed:
        """The node; `shift` is added to the numbers of macro variables, so that two texts never share one."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise TooLargeError
        match node:
            case Input(name=name) if name in self.meanings:
                return self._meaning(self.meanings[name])
            case Known(arg=Input(name=name)) if name in self.meanings:
                return _known(name, self.meanings[name])
            case Known(arg=Local() as arg):
                return Known(replace(arg, slot=arg.slot + shift))
            case Local() | Loop():
                node = replace(node, slot=node.slot + shift)
        return fold.rebuilt(node, lambda child: self.made(child, shift))

    def _meaning(self, tree: Typed) -> Typed:
        slots = [each.slot for each in walk(tree) if isinstance(each, Loop)]
        self.next_slot += 1_000
        return self.made(tree, self.next_slot) if slots else tree


def _known(name: str, meaning: Typed) -> Typed:
    """What `has()` says of a constant."""
    if not isinstance(meaning, Const):
        raise AskedForError(name)
    return FALSE if meaning.value is None else TRUE


def _nodes(node: Typed, most: int) -> int:
    count = 0
    for _ in walk(node):
        count += 1
        if count > most:
            break
    return count


def _is_deeper(node: Typed, most: int) -> bool:
    """Whether a tree has more levels than that; without calling itself, for it may have very many."""
    waiting = [(node, 1)]
    while waiting:
        one, depth = waiting.pop()
        if depth > most:
            return True
        waiting += [(child, depth + 1) for child in children(one)]
    return False


def _loops(node: Typed) -> int:
    return sum(isinstance(each, Loop) for each in walk(node))


def _nested(node: Typed) -> int:
    """How deep macros stand in each other's conditions."""
    if isinstance(node, Loop):
        over, *inner = children(node)
        return max(_nested(over), 1 + max(map(_nested, inner)))
    return max(map(_nested, children(node)), default=0)
