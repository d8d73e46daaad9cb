"""Text of masks, joined line by line: "True" and "False" stand for all rows and for none, and cost nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policy.expr.code import Writer
from policy.expr.types import DOUBLE, Type


@dataclass(frozen=True, slots=True)
class Number:
    """Text of an array, and of the mask of rows that have a value; doubles need none, for they have their own NaN."""

    type: Type
    data: str
    valid: str = "True"


class Masks(Writer):
    """Writes lines that hold masks."""

    def both(self, texts: Sequence[str]) -> str:
        """Where all of them are true."""
        return self._join(texts, "&", "False", "True")

    def either(self, texts: Sequence[str]) -> str:
        """Where one of them is true."""
        return self._join(texts, "|", "True", "False")

    def definite(self, text: str, *, true: bool) -> str:
        """Where the mask is true, or where it is false."""
        if true:
            return text
        return str(text == "False") if text in ("True", "False") else self.line(f"invert({text})")

    def known(self, number: Number) -> str:
        """Where a number has a value."""
        return self.line(f"{number.data} == {number.data}") if number.type == DOUBLE else number.valid

    def _join(self, texts: Sequence[str], sign: str, absorbing: str, neutral: str) -> str:
        if absorbing in texts:
            return absorbing
        rest = list(dict.fromkeys(text for text in texts if text != neutral))
        if len(rest) < 2:
            return rest[0] if rest else neutral
        return self.line(f" {sign} ".join(rest))
