"""A transform of few slots as one straight Python function: what NumPy's calls cost would be most of a row's time.

The transform itself is run, on slots that write down what becomes of them. What no result needs is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np

from scorer.fourier.cosine import rough
from scorer.vectors import Floats

MOST = 64  # slots; the function of more is longer than it is quick
ROUGHEST = 31  # the greatest factor whose square is still few steps
DEEPEST = 30  # parentheses in each other


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A number that is not known yet: one that is given, or what an operator makes of one or two others."""

    sign: str = ""
    sides: tuple[Slot | float, ...] = ()

    @property
    def negated(self) -> Slot | None:
        """The number of which this one is the negative, if it is one."""
        side = self.sides[0] if len(self.sides) == 1 else None
        return side if isinstance(side, Slot) else None

    def __add__(self, other: Any) -> Any:
        """Add a number; 0 is nothing, and to add what is negated is to subtract."""
        if isinstance(other, Slot):
            if (less := other.negated) is not None:
                return Slot("-", (self, less))
            if (less := self.negated) is not None:
                return Slot("-", (other, less))
        return self if _is(other, 0.0) else Slot("+", (self, other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        """Subtract a number."""
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        """Subtract it from a number."""
        return -self + other

    def __neg__(self) -> Slot:
        """Turn the sign."""
        return Slot("-", (self,)) if self.negated is None else self.negated

    def __mul__(self, other: float) -> Slot:
        """Multiply by a number that is known; 0 times ∞ is NaN, so it stays."""
        return self if _is(other, 1.0) else Slot("*", (self, float(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: float) -> Slot:
        """Divide by a number that is known."""
        return Slot("/", (self, float(other)))


def _is(value: Any, number: float) -> bool:
    return not isinstance(value, Slot) and value == number


@lru_cache(maxsize=256)
def one(transform: Callable[[Floats], Floats], size: int) -> Callable[..., list[float]] | None:
    """Return the straight function of one row, None for a size that has many slots, or a great prime factor."""
    return straight(transform, size) if 1 < size <= MOST and rough(size) <= ROUGHEST else None


def straight(transform: Callable[[Floats], Floats], size: int) -> Callable[..., list[float]]:
    """Return the function of `size` floats that gives a transform's list of slots."""
    given = [Slot(str(place), ()) for place in range(size)]
    results = transform(np.array([given], object))[0].tolist()
    source = _Writer(given).source(results)
    names: dict[str, Any] = {}
    exec(compile(source, "<scorer transform>", "exec"), names)
    made: Callable[..., list[float]] = names["made"]
    return made


class _Writer:
    """Writes each step once: in its place if nothing else needs it, else with a name."""

    def __init__(self, given: list[Slot]) -> None:
        self._texts: dict[int, tuple[str, int]] = {id(slot): (f"x{slot.sign}", 0) for slot in given}
        self._given = [text for text, _ in self._texts.values()]
        self._uses: dict[int, int] = {}
        self._lines: list[str] = []
        self._names = (f"v{number}" for number in count())

    def source(self, results: list[Slot]) -> str:
        ordered = self._ordered(results)
        for slot in ordered:
            self._write(slot)
        found = ", ".join(self._texts[id(slot)][0] for slot in results)
        lines = "".join(f"    {line}\n" for line in [*self._lines, f"return [{found}]"])
        return f"def made({', '.join(self._given)}):\n{lines}"

    def _ordered(self, results: list[Slot]) -> list[Slot]:
        """Return the steps behind the results, each after those that it needs, and count what needs them."""
        found: list[Slot] = []
        waiting = [(slot, False) for slot in results]
        while waiting:
            slot, done = waiting.pop()
            if done:
                found.append(slot)
                continue
            self._uses[id(slot)] = self._uses.get(id(slot), 0) + 1
            if self._uses[id(slot)] == 1 and id(slot) not in self._texts:
                waiting.append((slot, True))
                waiting += [(side, False) for side in slot.sides if isinstance(side, Slot)]
        return found

    def _write(self, slot: Slot) -> None:
        sides = [self._texts[id(side)] if isinstance(side, Slot) else (repr(side), 0) for side in slot.sides]
        depth = 1 + max(depth for _, depth in sides)
        text = f"(-{sides[0][0]})" if len(sides) == 1 else f"({sides[0][0]} {slot.sign} {sides[1][0]})"
        if self._uses[id(slot)] > 1 or depth > DEEPEST:
            name = next(self._names)
            self._lines.append(f"{name} = {text}")
            text, depth = name, 0
        self._texts[id(slot)] = text, depth
