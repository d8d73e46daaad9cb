"""Python text of strict parts: guards that bind and test, and a raw text that is the value once all have held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class Strict:
    """A part that has no value if a guard fails. atomic: needs no brackets; partial: raw may still be None."""

    guards: list[str]
    raw: str
    atomic: bool
    partial: bool = False

    @property
    def operand(self) -> str:
        """The raw text, in brackets where an operator beside it may tear it."""
        return self.raw if self.atomic else f"({self.raw})"

    def value(self) -> str:
        """Text of the value, None if a guard fails."""
        return f"({self.raw} if {' and '.join(self.guards)} else None)" if self.guards else f"({self.raw})"


def all_of(texts: Sequence[str]) -> str:
    """Text that is true if all of them are."""
    return texts[0] if len(texts) == 1 else f"({' and '.join(texts)})"


def any_of(texts: Sequence[str]) -> str:
    """Text that is true if one of them is."""
    return texts[0] if len(texts) == 1 else f"({' or '.join(texts)})"


def depth(text: str) -> int:
    """How deep brackets nest."""
    now = deepest = 0
    for char in text:
        if char in "([":
            now += 1
            deepest = max(deepest, now)
        elif char in ")]":
            now -= 1
    return deepest
