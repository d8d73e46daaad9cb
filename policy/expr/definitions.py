"""Names that stand for expressions: their checked trees are put in the place of the names."""

from __future__ import annotations

from collections.abc import Mapping

from policy.expr import fold
from policy.expr.typed import (
    FALSE,
    TRUE,
    And,
    Apply,
    Const,
    If,
    Input,
    Known,
    Local,
    Loop,
    MakeList,
    Not,
    Or,
    Typed,
    list_const,
    walk,
)

MAX_NODES = 20_000  # of an expression once its names are replaced


class TooLargeError(Exception):
    """With the meanings of its names an expression is too large, or goes through too many lists."""


class AskedForError(Exception):
    """`has()` asks for a name that stands for an expression; the argument is the name."""


def substitute(tree: Typed, meanings: Mapping[str, Typed], *, loops: int, nested: int) -> Typed:
    """The tree with the meanings in the places of their names.

    loops, nested: how many macros the result may have, and how deep. Raises TooLargeError, AskedForError.
    """
    made = _Substitution(meanings).made(tree, 0)
    if _nodes(made, MAX_NODES) > MAX_NODES or _loops(made) > loops or _nested(made) > nested:
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
            case Local():
                return Local(node.slot + shift, node.type, node.optional)
            case Known(arg=arg):
                if isinstance(arg, Input) and arg.name in self.meanings:
                    return _known(arg.name, self.meanings[arg.name])
                return Known(self._name(arg, shift))
            case Apply():
                return fold.apply(node.overload, self._all(node.args, shift), node.type)
            case And():
                return fold.both(self._all(node.args, shift))
            case Or():
                return fold.either(self._all(node.args, shift))
            case Not():
                return fold.negated(self.made(node.arg, shift))
            case If():
                test, then, other = self._all((node.test, node.then, node.other), shift)
                return fold.chosen(test, then, other, node.type)
            case MakeList():
                return list_const(self._all(node.items, shift), node.type.element)
            case Loop():
                return self._loop(node, shift)
        return node

    def _meaning(self, tree: Typed) -> Typed:
        slots = [each.slot for each in walk(tree) if isinstance(each, Loop)]
        self.next_slot += 1_000
        return self.made(tree, self.next_slot) if slots else tree

    def _name(self, arg: Input | Local, shift: int) -> Input | Local:
        return Local(arg.slot + shift, arg.type, arg.optional) if isinstance(arg, Local) else arg

    def _all(self, nodes: tuple[Typed, ...], shift: int) -> tuple[Typed, ...]:
        return tuple(self.made(node, shift) for node in nodes)

    def _loop(self, node: Loop, shift: int) -> Loop:
        body = None if node.body is None else self.made(node.body, shift)
        over, test = self.made(node.over, shift), self.made(node.test, shift)
        return Loop(node.macro, over, node.slot + shift, test, body, node.type, node.item)


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


def _loops(node: Typed) -> int:
    return sum(isinstance(each, Loop) for each in walk(node))


def _nested(node: Typed) -> int:
    """How deep macros stand in each other's conditions."""
    match node:
        case Loop():
            inner = [node.test] if node.body is None else [node.test, node.body]
            return max(_nested(node.over), 1 + max(map(_nested, inner)))
        case Const() | Input() | Local() | Known():
            return 0
        case Not(arg=arg):
            return _nested(arg)
        case If():
            return max(_nested(node.test), _nested(node.then), _nested(node.other))
        case MakeList(items=items):
            return max(map(_nested, items), default=0)
    return max(map(_nested, node.args), default=0)
