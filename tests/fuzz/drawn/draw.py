"""What a random pipeline is drawn from: the columns that are there at a place of it, and choices of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

NUMBERS = ["x", "y", "n", "k", "h", "b", "m", "w", "c", "ci", "x", "w"]
RAW = {
    "number": NUMBERS,
    "flag": ["f"],
    "index": ["c", "ci"],
    "text": ["s", "t", "q"],
    "tokens": ["a"],
    "vector": ["v", "u", "z", "v"],
}


class Draw:
    """A source of choices, and the columns by kind: raw ones, and those that stages before made."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.made: dict[str, list[str]] = {kind: [] for kind in RAW}
        self.count = 0

    def pick(self, *options: Any) -> Any:
        """Choose one."""
        return self.chance.choice(options)

    def likely(self, share: float) -> bool:
        """Tell whether something happens that happens so often."""
        return self.chance.random() < share

    def some(self, **choices: Sequence[Any]) -> dict[str, Any]:
        """Choose values for about half of the parameters; the rest keep their defaults."""
        return {name: self.chance.choice(values) for name, values in choices.items() if self.likely(0.5)}

    def column(self, *kinds: str) -> str:
        """Choose a column of one of the kinds; one that a stage made, if there is one, more often than not."""
        kind = self.chance.choice(kinds)
        made = self.made[kind]
        return self.chance.choice(made[-3:]) if made and self.likely(0.75) else self.chance.choice(RAW[kind])

    def columns(self, *kinds: str, most: int = 3) -> list[str]:
        """Choose one to `most` different columns."""
        return list(dict.fromkeys(self.column(*kinds) for _ in range(self.chance.randint(1, most))))

    def name(self, kind: str) -> str:
        """Name a new column, which later stages may read."""
        self.count += 1
        self.made[kind].append(f"o{self.count}")
        return f"o{self.count}"

    def names(self, kind: str, count: int) -> list[str]:
        """Name new columns."""
        return [self.name(kind) for _ in range(count)]

    def one_or_many(self, out: str, *kinds: str) -> tuple[dict[str, Any], int]:
        """Choose inputCol and outputCol, or inputCols and outputCols, and say of how many columns."""
        if self.likely(0.5):
            return {"inputCol": self.column(*kinds), "outputCol": self.name(out)}, 0
        columns = self.columns(*kinds)
        return {"inputCols": columns, "outputCols": self.names(out, len(columns))}, len(columns)
