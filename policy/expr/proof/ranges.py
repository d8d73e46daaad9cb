r"""Sets of values as half-open ranges of keys: `[lower, upper)`, in order, apart from each other.

A key is an int, or a str for strings; between a text and `text + "\0"` there is no other. `TOP` lies above every text.
"""

from __future__ import annotations

from functools import total_ordering
from typing import Any

Ranges = tuple[tuple[Any, Any], ...]

EMPTY: Ranges = ()


@total_ordering
class _Top:
    """Above every text."""

    def __lt__(self, other: object) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return other is self

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "TOP"


TOP = _Top()


def after(key: Any) -> Any:
    """The next key."""
    return key + "\0" if isinstance(key, str) else key + 1


def only(*keys: Any) -> Ranges:
    """The set of these keys."""
    return union(tuple((key, after(key)) for key in keys))


def span(lower: Any, upper: Any) -> Ranges:
    """From a key up to before another."""
    return ((lower, upper),) if lower < upper else EMPTY


def union(ranges: Ranges) -> Ranges:
    """Ranges in any order, which may touch or overlap, as one set."""
    found: list[tuple[Any, Any]] = []
    for lower, upper in sorted(ranges, key=lambda one: one[0]):
        if found and not found[-1][1] < lower:
            if found[-1][1] < upper:
                found[-1] = found[-1][0], upper
        elif lower < upper:
            found.append((lower, upper))
    return tuple(found)


def both(one: Ranges, other: Ranges) -> Ranges:
    """The intersection."""
    found = []
    i = j = 0
    while i < len(one) and j < len(other):
        lower = max(other[j][0], one[i][0])
        first = one[i][1] < other[j][1]
        upper = one[i][1] if first else other[j][1]
        if lower < upper:
            found.append((lower, upper))
        if first:
            i += 1
        else:
            j += 1
    return tuple(found)


def without(whole: Ranges, part: Ranges) -> Ranges:
    """The keys of the whole that are not in the part."""
    found = []
    j = 0
    for lower, upper in whole:
        begin = lower
        while j < len(part) and not begin < part[j][0] and not begin < part[j][1]:
            j += 1
        k = j
        while k < len(part) and part[k][0] < upper:
            if begin < part[k][0]:
                found.append((begin, part[k][0]))
            begin = max(begin, part[k][1])
            k += 1
        if begin < upper:
            found.append((begin, upper))
    return tuple(found)


def covers(one: Ranges, other: Ranges) -> bool:
    """Whether every key of the other is in the one."""
    return without(other, one) == EMPTY


def few(ranges: Ranges, most: int) -> list[Any] | None:
    """The keys, or None if there are more."""
    found: list[Any] = []
    for lower, upper in ranges:
        if isinstance(lower, str):
            if upper != lower + "\0":
                return None
            found.append(lower)
        elif upper - lower > most:
            return None
        else:
            found.extend(range(lower, upper))
        if len(found) > most:
            return None
    return found
