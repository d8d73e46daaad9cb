"""A statement of the subset, as read and before its types are known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from scorer.sql.types import Type


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `value`: a column's number, a literal's value, a cast's type; `type`: a literal's.

    `op` is `column`, `literal`, `cast`, `try_cast`, `case` (condition, value, …, else), an operator as Spark writes
    it, or a function's name in small letters. `text`: a column's name, a literal or a function as it is written.
    """

    op: str
    args: tuple[Node, ...] = ()
    value: Any = None
    type: Type | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One column of a projection: its name, None where Spark's automatic one cannot be told; `node` None: `*`."""

    name: str | None
    node: Node | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A projection with a filter; `columns` are the names that it reads, numbered as nodes number them."""

    items: tuple[Item, ...]
    where: Node | None
    columns: tuple[str, ...]

    @property
    def star(self) -> bool:
        """Whether every column passes."""
        return any(item.node is None for item in self.items)


def renumbered(node: Node) -> tuple[Node, tuple[int, ...]]:
    """Number the columns of one expression by themselves: returns it, and the numbers that they had."""
    numbers: dict[int, int] = {}

    def number(one: Node) -> Node:
        if one.op == "column":
            return replace(one, value=numbers.setdefault(one.value, len(numbers)))
        return replace(one, args=tuple(map(number, one.args))) if one.args else one

    made = number(node)
    return made, tuple(numbers)
