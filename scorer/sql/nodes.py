"""A statement of the subset, as read and before its types are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(one.args)
