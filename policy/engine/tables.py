"""Decision tables: the first row that matches, found by bit masks.

For each column an index leads from a value to a mask of the rows whose cells take it: by a dict where cells are values,
by bisection where they are intervals; a list adds and removes rows. The masks of the columns are joined by `&`, and the
lowest bit left is the first row. A value that is unknown is taken by `-` alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from policy.engine.tableindex import WORD, Index, Test
from policy.expr.batch import CHUNK, Computed
from policy.expr.columns import Array, Column, Columns
from policy.expr.rowcode import Emitter
from policy.expr.typed import Typed, inputs
from policy.spec.tables import TableSpec

BLOCK = 1_024  # rows of a table that share an index


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some rows of a table: an index for each column, and its masks as words; `first` is its first row's number."""

    first: int
    rows: int
    indexes: tuple[Index, ...]
    words: tuple[Array, ...]

    @classmethod
    def of(cls, spec: TableSpec, first: int) -> Block:
        """The rows of a table from one on, at most BLOCK of them."""
        rows = spec.rows[first : first + BLOCK]
        indexes = tuple(
            Index.of(column.type, [row.cells[place] for row in rows])
            for place, column in enumerate(spec.columns)
        )
        return cls(first, len(rows), indexes, tuple(index.words(len(rows)) for index in indexes))

    def matches(self, columns: Sequence[Column], all_: Columns, todo: Array, found: Array) -> Array:
        """Put the first row that matches, by its number in the table, for the records to do; return those left."""
        tests = [
            Test(index, words, column, all_)
            for index, words, column in zip(self.indexes, self.words, columns, strict=True)
        ]
        starts = range(0, len(todo), CHUNK)
        return np.concatenate([self._chunk(tests, todo[at : at + CHUNK], found) for at in starts])

    def _chunk(self, tests: Sequence[Test], todo: Array, found: Array) -> Array:
        """Rows are looked through 64 at a time, for the records that have none yet."""
        for word in range(-(-self.rows // WORD)):
            masks = tests[0].masks(word, todo)
            for test in tests[1:]:
                masks &= test.masks(word, todo)
            hit = masks != 0
            lowest = masks[hit]
            lowest &= np.negative(lowest)
            bits = np.frexp(lowest.astype(np.float64))[1] - 1
            found[todo[hit]] = bits + (word * WORD + self.first)
            todo = todo[~hit]
            if not todo.size:
                break
        return todo


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A decision table, ready to run.

    blocks: its rows, in pieces, so that what an index takes grows with the rows and not with their square; offset: what
    is added to the number of a row, counted from 0; reads: the names of the inputs and lists that its columns and cells
    read, in the order of the parameters of `row`.
    """

    name: str
    trees: tuple[Typed, ...]
    blocks: tuple[Block, ...]
    rows: int
    offset: int = 0
    preview: bool = False
    reads: tuple[str, ...] = field(init=False)
    row: Callable[..., int] = field(init=False, repr=False)
    _computed: tuple[Computed, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = [name for tree in self.trees for name in inputs(tree)]
        names += [name for block in self.blocks for index in block.indexes for name in index.lists]
        object.__setattr__(self, "reads", tuple(dict.fromkeys(names)))
        object.__setattr__(self, "row", _compiled(self))
        object.__setattr__(self, "_computed", tuple(Computed(tree) for tree in self.trees))

    @classmethod
    def of(cls, spec: TableSpec, offset: int = 0) -> Table:
        """The table of a spec."""
        trees = tuple(column.condition.tree for column in spec.columns)
        blocks = tuple(Block.of(spec, first) for first in range(0, len(spec.rows), BLOCK))
        return cls(spec.name, trees, blocks, len(spec.rows), offset, spec.preview)

    def batch(self, columns: Columns) -> Array:
        """For each record the first row that matches, and the offset, as int64; -1 without one."""
        found = np.full(columns.rows, -1 - self.offset, np.int64)
        todo = np.arange(columns.rows)
        computed = [each(columns) for each in self._computed]
        with np.errstate(all="ignore"):
            for block in self.blocks:
                if todo.size:
                    todo = block.matches(computed, columns, todo, found)
        return found + self.offset


def effects(spec: TableSpec, ladder: Sequence[str]) -> list[tuple[str, int, int, int, bool]]:
    """What the rows of a table do, in order, as `policy.engine.rules.Effect` has it: places on the ladder, or -1."""

    def place(word: str | None) -> int:
        return -1 if word is None else ladder.index(word)

    return [
        (spec.rule(row), place(row.action), place(row.at_least), place(row.at_most), spec.preview)
        for row in spec.rows
    ]


def _compiled(table: Table) -> Callable[..., int]:
    """The function of machine values in the order of `reads`: the number of the first row that matches, or -1."""
    emitter = Emitter(table.reads)
    params, constant, lines = emitter.names, emitter.constants.name, emitter.lines
    for number, tree in enumerate(table.trees):
        text = emitter.value(tree)  # what it needs first is added to the lines
        lines.append(f"k{number} = {text}")
    for block in table.blocks:
        lines += ["while True:", *(f"    {line}" for line in _searched(block, params, constant))]
        lines += [f"    return (m & -m).bit_length() + {table.offset + block.first - 1}"]
    return emitter.function("first_row", params.values(), ["return -1"])


def _searched(block: Block, params: Mapping[str, str], constant: Callable[[Any], str]) -> Iterator[str]:
    """Lines that leave the mask of the rows that match in `m`, and break if there is none."""
    for number, index in enumerate(block.indexes):
        mask = _mask(index, f"k{number}", constant)
        yield f"n = {mask}" if index.lists else f"m &= {mask}" if number else f"m = {mask}"
        if index.lists:
            yield f"if k{number} is not None:"
            for name, (add, remove) in index.lists.items():
                changed = f"n = (n | {constant(add)}) & {constant(~remove)}"
                yield f"    if k{number} in {params[name]}: {changed}"
            yield "m &= n" if number else "m = n"
        yield "if not m: break"


def _mask(index: Index, value: str, constant: Callable[[Any], str]) -> str:
    """Python text of the mask for a value."""
    if index.points is not None:
        get = {**index.points, None: index.unknown}.get
        return f"{constant(get)}({value}, {constant(index.common)})"
    masks, edges, bisect = constant(index.masks), constant(index.edges), constant(bisect_right)
    return f"{masks}[{bisect}({edges}, {value})] if {value} is not None else {constant(index.unknown)}"
