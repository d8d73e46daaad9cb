"""Gaps and overlaps of decision tables, and rows that can never match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policy.expr.machine import outward
from policy.expr.proof import Domain, Within, of_type
from policy.expr.types import Type
from policy.expr.unparse import string
from policy.spec.cells import Cell
from policy.spec.lint.boxes import Box, EnoughError, Index, Pieces, Work, left_over, meet, places, within
from policy.spec.lint.proofs import Proofs
from policy.spec.reader import Reader
from policy.spec.tables import TableRow, TableSpec
from policy.spec.values import plain

_STEPS = 40_000  # of all that is asked about one table
_TOLD = 5  # overlaps of one table
_TRIED = 20  # gaps until one is found that can happen


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as boxes; `loose`: rows whose box is larger than what they take, for a cell names a list."""

    table: TableSpec
    pieces: tuple[Pieces, ...]
    boxes: tuple[Box, ...]
    loose: frozenset[int]

    @property
    def whole(self) -> Box:
        """All that can be."""
        return tuple(one.all for one in self.pieces)


def check_tables(proofs: Proofs, reader: Reader) -> None:
    """Note rows that can never match, rows that overlap by halves, and combinations that no row takes."""
    for table in proofs.spec.tables:
        if not table.columns or not table.rows:
            continue
        grid = _grid(table, proofs)
        work = Work(_STEPS)
        try:
            index = Index(grid.pieces, grid.boxes, work)
            dead = _check_rows(grid, index, work, reader)
            _check_overlaps(grid, index, dead, proofs, work, reader)
            _check_gap(grid, proofs, work, reader)
        except EnoughError:
            continue


def _grid(table: TableSpec, proofs: Proofs) -> Grid:
    wholes = [proofs.domain(column.condition.tree) for column in table.columns]
    domains = [
        [_domain(cell, column.type) for cell, column in zip(row.cells, table.columns, strict=True)]
        for row in table.rows
    ]
    pieces = tuple(Pieces.of(whole, [row[place] for row in domains]) for place, whole in enumerate(wholes))
    boxes = tuple(
        tuple(one.taken(domain) for one, domain in zip(pieces, row, strict=True)) for row in domains
    )
    loose = frozenset(place for place, row in enumerate(table.rows) if any(cell.lists for cell in row.cells))
    return Grid(table, pieces, boxes, loose)


def _domain(cell: Cell, type_: Type) -> Domain:
    """What a cell takes, or more if a list says what it takes."""
    found = cell.domain(type_)
    return of_type(type_, unknown=False) if found is None else found


def _check_rows(grid: Grid, index: Index, work: Work, reader: Reader) -> set[int]:
    """Rows that nothing can match, or that rows above take everything from."""
    dead: set[int] = set()
    above = 0
    for place, (row, box) in enumerate(zip(grid.table.rows, grid.boxes, strict=True)):
        if not all(box):
            column = grid.table.columns[next(at for at, bits in enumerate(box) if not bits)]
            note = f"`{column.condition.source}` never has a value that its cell takes"
            _dead(grid.table, row, note, reader)
            dead.add(place)
            continue
        near = list(places(index.near(box, work) & above))
        masks = _masks(grid, box, near, work)
        if masks:
            verb = "takes" if len(masks) == 1 else "together take"
            rows = " and ".join(_named(grid.table, grid.table.rows[other]) for other in masks)
            _dead(grid.table, row, f"{rows} {verb} all that it could match", reader)
            dead.add(place)
        elif place not in grid.loose:
            above |= 1 << place
    return dead


def _masks(grid: Grid, box: Box, near: Sequence[int], work: Work) -> list[int]:
    """The rows, one if one is enough, that leave nothing of a box."""
    for other in near:
        work.spend()
        if within(box, grid.boxes[other]):
            return [other]
    if next(left_over(box, [grid.boxes[other] for other in near], work), None) is not None:
        return []
    kept = list(near)
    for other in near:
        fewer = [one for one in kept if one != other]
        if next(left_over(box, [grid.boxes[one] for one in fewer], work), None) is None:
            kept = fewer
    return kept


def _dead(table: TableSpec, row: TableRow, note: str, reader: Reader) -> None:
    message = f"the row {_named(table, row)} can never match"
    reader.note("W427", message, row.span, note, severity="warning")


def _named(table: TableSpec, row: TableRow) -> str:
    return f"`{table.rule(row)}` ({row.span.file}:{row.span.line})"


def _check_overlaps(
    grid: Grid, index: Index, dead: set[int], proofs: Proofs, work: Work, reader: Reader
) -> None:
    """Rows of which each takes something that the other takes, and something that it does not, with another effect."""
    rows, told = grid.table.rows, 0
    for place, (row, box) in enumerate(zip(rows, grid.boxes, strict=True)):
        if place in dead or place in grid.loose:
            continue
        for other in places(index.near(box, work) & ((1 << place) - 1)):
            work.spend()
            if other in dead or other in grid.loose or _effect(rows[other]) == _effect(row):
                continue
            common = meet(box, grid.boxes[other])
            found = (
                None if common is None or within(grid.boxes[other], box) else _example(grid, common, proofs)
            )
            if found is None:
                continue
            told += 1
            if told > _TOLD:
                return
            message = f"the rows {_named(grid.table, rows[other])} and {_named(grid.table, row)} overlap"
            note = f"where both match, as for {_facts(found, proofs)}, the upper one decides"
            reader.note("W428", message, row.span, note, severity="note")


def _effect(row: TableRow) -> tuple[str | None, str | None, str | None]:
    return row.action, row.at_least, row.at_most


def _check_gap(grid: Grid, proofs: Proofs, work: Work, reader: Reader) -> None:
    """A combination that no row takes, and that can happen."""
    if grid.loose:
        return  # what is in a list changes
    for tried, box in enumerate(left_over(grid.whole, grid.boxes, work)):
        if tried >= _TRIED:
            return
        found = _example(grid, box, proofs)
        if found is not None:
            message = f"`{grid.table.name}` has no row for everything that can come"
            hints = ("a last row of `-` takes the rest; without one the score's band decides there",)
            reader.note(
                "W426",
                message,
                grid.table.name_span,
                f"such as {_facts(found, proofs)}",
                hints=hints,
                severity="note",
            )
            return


def _example(grid: Grid, box: Box, proofs: Proofs) -> dict[str, Any] | None:
    """Facts that lie in a box, tried out; None if none were found."""
    return proofs.example(
        [
            Within(column.condition.tree, one.domain(bits))
            for column, one, bits in zip(grid.table.columns, grid.pieces, box, strict=True)
            if bits != one.all
        ]
    )


def _facts(found: dict[str, Any], proofs: Proofs) -> str:
    """Values of inputs as people would write them."""
    return ", ".join(_fact(name, found[name], proofs.types[name]) for name in sorted(found)) or "anything"


def _fact(name: str, value: Any, type_: Type) -> str:
    """`country = "NO"`, as people would write it."""
    if value is None:
        return f"{name} unknown"
    convert = outward(type_)
    outside = value if convert is None else convert(value)
    return f"{name} = {string(outside) if isinstance(outside, str) else _plain(outside)}"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(plain(value))
