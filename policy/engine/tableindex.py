"""From the values of one column of a decision table to masks of its rows, one value at a time and by columns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from policy.expr import lookups
from policy.expr.columns import Array, Column, Columns
from policy.expr.proof.domains import every, value_of
from policy.expr.proof.ranges import TOP, after, without
from policy.expr.types import NUMBERS, Type
from policy.spec.cells import Cell

WORD = 64  # rows whose bits one number of a batch holds

_TIMES = ("timestamp", "duration")


@dataclass(frozen=True, slots=True)
class Index:
    """From the values of one column to masks of rows.

    masks[n] is for values from edges[n - 1] up to before edges[n]; unknown: for no value; points: the masks of single
    values if all others have the mask `common`; lists: for a member of each list the rows to add and to remove.
    """

    type: Type
    edges: list[Any]
    masks: list[int]
    unknown: int
    points: dict[Any, int] | None
    common: int
    lists: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, type_: Type, cells: Sequence[Cell]) -> Index:
        """The index of the cells of a column, one for each row."""
        anything, turns, lists = 0, dict[Any, int](), dict[str, tuple[int, int]]()
        for row, cell in enumerate(cells):
            bit = 1 << row
            if cell.anything:
                anything |= bit
                continue
            ranges = without(every(type_), cell.ranges) if cell.negated else cell.ranges
            for lower, upper in ranges:
                turns[lower] = turns.get(lower, 0) ^ bit
                turns[upper] = turns.get(upper, 0) ^ bit
            for name in cell.lists:
                add, remove = lists.get(name, (0, 0))
                lists[name] = (add, remove | bit) if cell.negated else (add | bit, remove)
        keys = sorted(turns)
        masks, mask = [anything], anything
        for key in keys:
            mask ^= turns[key]
            masks.append(mask)
        points, common = _points(keys, masks)
        ends = every(type_)[-1][1]
        inner = [key for key in keys if key < ends]
        values = (
            {value_of(type_, key): found for key, found in points.items()} if points is not None else None
        )
        return cls(type_, [value_of(type_, key) for key in inner], masks, anything, values, common, lists)

    def place(self, value: Any) -> int:
        """The place in `masks` of a machine value; the one after the last for None."""
        return len(self.masks) if value is None else bisect_right(self.edges, value)

    def words(self, rows: int) -> Array:
        """The masks, and last the one for no value, as words of 64 rows, in shape (words, masks)."""
        return np.array([_words(mask, rows) for mask in (*self.masks, self.unknown)]).T.copy()


def _points(keys: Sequence[Any], masks: Sequence[int]) -> tuple[dict[Any, int] | None, int]:
    """The masks of single values, if those of all other values are the same; and that one."""
    single = [key is not TOP and after(key) == next_ for key, next_ in pairwise(keys)]
    others = (
        {masks[0], masks[-1]} | {mask for mask, alone in zip(masks[1:-1], single, strict=True) if not alone}
        if keys
        else {masks[0]}
    )
    if len(others) > 1:
        return None, 0
    found = {key: mask for key, mask, alone in zip(keys, masks[1:-1], single, strict=False) if alone}
    return found, others.pop()


def _words(mask: int, rows: int) -> Array:
    size = -(-rows // WORD)
    return np.frombuffer(mask.to_bytes(8 * size, "little"), "<u8").astype(np.uint64)


class Test:
    """One column of a table over the records of a batch."""

    def __init__(self, index: Index, words: Array, column: Column, columns: Columns) -> None:
        self._words = words
        self._places = _places(index, column)
        self._lists = [
            (_members(column, columns.columns[name].data), _words_of(add, words), _words_of(remove, words))
            for name, (add, remove) in index.lists.items()
        ]

    def masks(self, word: int, records: Array) -> Array:
        """For each record the mask of 64 rows."""
        found = self._words[word].take(self._places[records])
        for members, add, remove in self._lists:
            changed = (found | add[word]) & ~remove[word]
            found = np.where(members[records], changed, found)
        return found


def _words_of(mask: int, words: Array) -> Array:
    return _words(mask, len(words) * WORD)


def _places(index: Index, column: Column) -> Array:
    """For each record the place of its mask."""
    unknown = len(index.masks)
    if column.kind == "object":
        return np.array([index.place(value) for value in column.data], np.intp)
    if column.values is not None:
        return np.array([index.place(value) for value in column.values], np.intp).take(column.data)
    edges = index.edges
    if column.type.name in _TIMES:  # a column holds microseconds
        edges = [-(-edge // 1000) for edge in edges]
    if column.type.name == "double":
        bounds, data = np.array(edges, np.float64), column.data
        places = np.searchsorted(bounds, data, side="right")
        return np.where(data == data, places, unknown)
    bounds = np.array([edge for edge in edges if edge < 2**63], np.int64)
    places = np.searchsorted(bounds, column.data.astype(np.int64, copy=False), side="right")
    return places if column.valid is None else np.where(column.valid, places, unknown)


def _members(column: Column, members: Any) -> Array:
    """Whether the value of each record is a member of a list; false without a value."""
    if column.values is not None:
        found = [value is True for value in lookups.memberships(column.values, members)]
        return np.array(found, bool).take(column.data)
    if column.kind == "number" and column.type in NUMBERS:
        found_ = lookups.members(members, column.type)(column.data)
        return found_ if column.valid is None else found_ & column.valid
    values = column.machine(0, len(column.data))
    return np.array([value is not None and value in members for value in values], bool)
