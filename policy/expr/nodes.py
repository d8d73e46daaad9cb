"""The syntax tree: what was written, with its place, before any type is known.

`start` and `end` are offsets in the text. Operators are calls of functions named as in CEL's definition
(`_+_`, `!_`, `_?_:_`), so that one table of overloads serves them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Literal:
    """A bool, int, double, string or null as Python has it; `...` stands for one that could not be read."""

    value: Any
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier; `root` if a leading dot sends it past the variables of macros."""

    name: str
    root: bool = False
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Select:
    """`operand.member`."""

    operand: Node
    member: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """`[a, b]`."""

    items: tuple[Node, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; the first is what stood before the dot if `receiver` is true.

    at, at_end: where the function's own name or sign stands.
    """

    function: str
    args: tuple[Node, ...]
    receiver: bool = False
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    at: int = field(default=0, compare=False)
    at_end: int = field(default=0, compare=False)


Node = Literal | Name | Select | ListLiteral | Call

AND, OR, NOT, NEGATE, IF, INDEX, IN = "_&&_", "_||_", "!_", "-_", "_?_:_", "_[_]", "@in"
BINARY = {
    **{sign: f"_{sign}_" for sign in ("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%")},
    "in": IN,
}
SIGN = {
    **{function: sign for sign, function in BINARY.items()},
    AND: "&&",
    OR: "||",
    NOT: "!",
    NEGATE: "-",
    IF: "?:",
    INDEX: "[]",
}


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    if isinstance(node, Call):
        return node.args
    if isinstance(node, ListLiteral):
        return node.items
    return (node.operand,) if isinstance(node, Select) else ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order written."""
    yield node
    for child in children(node):
        yield from walk(child)


def dotted(node: Node) -> tuple[str, ...] | None:
    """The words of `a.b.c`, None if the node is not such a chain."""
    words: list[str] = []
    while isinstance(node, Select):
        words.append(node.member)
        node = node.operand
    return (node.name, *reversed(words)) if isinstance(node, Name) else None
