"""Tables as boxes: each cell takes some of its column's pieces, a row takes what all of its cells take together.

A column's keys are cut at every end that one of its cells has; a set of the pieces is an int of bits, with one bit more
for unknown. Columns count as independent of each other: more combinations than can happen, never fewer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from policy.expr.proof import Domain
from policy.expr.proof.ranges import Ranges, covers, union

Box = tuple[int, ...]


class EnoughError(Exception):
    """The work allowed is done."""


@dataclass(slots=True)
class Work:
    """Steps that may still be taken."""

    steps: int

    def spend(self) -> None:
        """Take one. Raises EnoughError."""
        self.steps -= 1
        if self.steps < 0:
            raise EnoughError


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces into which the cells of a column cut what its value can be; the last bit stands for unknown."""

    ranges: tuple[Ranges, ...]
    unknown: bool
    lowers: tuple[Any, ...]

    @classmethod
    def of(cls, whole: Domain, cells: Sequence[Domain]) -> Pieces:
        """The pieces of a column's domain."""
        edges = {end for domain in (whole, *cells) for piece in domain.ranges for end in piece}
        cut = [((lower, upper),) for lower, upper in pairwise(sorted(edges))]
        ranges = tuple(piece for piece in cut if covers(whole.ranges, piece))
        return cls(ranges, whole.unknown, tuple(piece[0][0] for piece in ranges))

    @property
    def all(self) -> int:
        """Every piece, and unknown if it can be."""
        return (1 << len(self.ranges)) - 1 | self.unknown << len(self.ranges)

    def taken(self, cell: Domain) -> int:
        """The pieces that a cell takes."""
        bits = 0
        for lower, upper in cell.ranges:
            first, last = bisect_left(self.lowers, lower), bisect_left(self.lowers, upper)
            bits |= (1 << last) - (1 << first)
        return bits | (self.unknown and cell.unknown) << len(self.ranges)

    def domain(self, bits: int) -> Domain:
        """What some of the pieces hold together."""
        ranges = tuple(
            piece for place in places(bits) if place < len(self.ranges) for piece in self.ranges[place]
        )
        return Domain(union(ranges), unknown=bool(bits >> len(self.ranges)))


def places(bits: int) -> Iterator[int]:
    """The places of the bits that are set, in order."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


class Index:
    """Which boxes meet a box: for each column and piece the boxes that take it, as bits."""

    def __init__(self, pieces: Sequence[Pieces], boxes: Sequence[Box], work: Work) -> None:
        self._all = [one.all for one in pieces]
        self._whole = [0] * len(pieces)  # boxes that take every piece of the column
        self._by_piece: list[dict[int, int]] = [{} for _ in pieces]
        for row, box in enumerate(boxes):
            for column, bits in enumerate(box):
                if bits == self._all[column]:
                    self._whole[column] |= 1 << row
                    continue
                taken = self._by_piece[column]
                for place in places(bits):
                    work.spend()
                    taken[place] = taken.get(place, 0) | 1 << row
        self._every = (1 << len(boxes)) - 1

    def near(self, box: Box, work: Work) -> int:
        """The boxes that have something in common with a box, as bits. Raises EnoughError."""
        found = self._every
        for column, bits in enumerate(box):
            if bits == self._all[column]:
                continue
            taken, here = self._by_piece[column], self._whole[column]
            for place in places(bits):
                work.spend()
                here |= taken.get(place, 0)
            found &= here
        return found


def meet(one: Box, other: Box) -> Box | None:
    """What two boxes have in common, None if nothing."""
    found = tuple(left & right for left, right in zip(one, other, strict=True))
    return found if all(found) else None


def within(one: Box, other: Box) -> bool:
    """Whether the first lies in the second."""
    return all(not left & ~right for left, right in zip(one, other, strict=True))


def left_over(box: Box, others: Sequence[Box], work: Work) -> Iterator[Box]:
    """What no other box takes of a box, in boxes that do not overlap. Raises EnoughError."""
    stack = [(box, 0)]
    while stack:
        rest, place = stack.pop()
        while place < len(others) and meet(rest, others[place]) is None:
            work.spend()
            place += 1
        work.spend()
        if place == len(others):
            yield rest
        else:
            stack += [(part, place + 1) for part in _around(rest, others[place])]


def _around(box: Box, other: Box) -> Iterator[Box]:
    """What a box has outside of another, in boxes that do not overlap."""
    inside = list(box)
    for place, (mine, theirs) in enumerate(zip(box, other, strict=True)):
        if outside := mine & ~theirs:
            yield (*inside[:place], outside, *box[place + 1 :])
        inside[place] = mine & theirs
