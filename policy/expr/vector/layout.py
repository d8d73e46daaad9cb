"""How the columns of a chunk come, and what generated code takes besides them.

A part that reads one coded column is looked up by its codes. What has no vector code (a part that reads two strings, or
a list) is left to the row's own function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from policy.expr.typed import Input, Typed, inputs
from policy.expr.vector.masks import Masks, Number

Layout = tuple[tuple[str, str, bool], ...]  # of each column its name, its kind, and whether it has a mask
Mode = Literal["truth", "falsity", "number", "known", "members"]


@dataclass(frozen=True, slots=True)
class Need:
    """What generated code takes besides the columns: a look-up in a coded column, a set, or a part mapped by row."""

    mode: Mode
    node: Typed
    column: str | None  # of the look-up, or the name of the set; None: mapped by row


class Sources(Masks):
    """Where values come from: columns of a layout, and the `needs`."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.kinds = {name: kind for name, kind, _ in layout}
        self.masked = tuple(name for name, kind, masked in layout if masked and kind == "number")
        self.needs: dict[Need, int] = {}
        self._place = {name: place for place, name in enumerate(self.kinds)}
        self._memo: dict[tuple[str, Typed], Any] = {}

    @property
    def params(self) -> list[str]:
        """The parameters of the function: a chunk, its columns, the masks of `masked`, and the needs."""
        return [
            *("rows", "begin", "end"),
            *(self.data(name) for name in self.kinds),
            *(self.valid(name) for name in self.masked),
            *(f"l{place}" for place in self.needs.values()),
        ]

    def data(self, name: str) -> str:
        """The array of a column."""
        return f"v{self._place[name]}"

    def valid(self, name: str) -> str:
        """The mask of a column of numbers."""
        return f"m{self._place[name]}" if name in self.masked else "True"

    def column(self, node: Input) -> Number:
        """A column of numbers."""
        return Number(node.type, self.data(node.name), self.valid(node.name))

    def is_number(self, node: Typed) -> bool:
        """Whether a part is the name of a column of numbers."""
        return isinstance(node, Input) and self.kinds[node.name] == "number"

    def coded(self, node: Typed) -> str | None:
        """The one coded column that the part reads, if it reads nothing else but sets."""
        read = [name for name in inputs(node) if self.kinds[name] != "set"]
        return read[0] if len(read) == 1 and self.kinds[read[0]] == "coded" else None

    def looked_up(self, mode: Mode, node: Typed, column: str) -> str:
        """The answers about a part by the codes of its column."""
        return self.line(f"{self.need(Need(mode, node, column))}({self.data(column)})")

    def mapped(self, node: Typed) -> tuple[str, str]:
        """By row: two masks of a bool, where it is true and where false; an array and a mask of a number."""
        found: tuple[str, str] = self.once("mapped", node, self._mapped)
        return found

    def _mapped(self, node: Typed) -> tuple[str, str]:
        need = self.need(Need("truth", node, None))
        one, other = self.fresh(), self.fresh()
        self.lines.append(f"{one}, {other} = {need}(begin, end)")
        return one, other

    def need(self, need: Need) -> str:
        """The name of the parameter that brings it."""
        return f"l{self.needs.setdefault(need, len(self.needs))}"

    def once(self, form: str, node: Typed, make: Callable[..., Any], *args: Any) -> Any:
        """What is made of a part in this form, made when it is first asked for."""
        key = form, node
        if key not in self._memo:
            self._memo[key] = make(node, *args)
        return self._memo[key]
