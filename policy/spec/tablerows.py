"""What a decision table is made of: heads that are conditions or effects, and rows of cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from policy.diagnostics import Span
from policy.expr.types import FAULT, Type, plain
from policy.source import Scalar
from policy.spec.cells import ANYTHING, TYPES, Cell, CellError, read_cell
from policy.spec.conditions import Condition, Names, read_condition
from policy.spec.reader import Fields, Reader, place
from policy.spec.rules import EFFECTS, read_effects

MAX_ROWS = 5_000
MAX_COLUMNS = 64
MAX_VALUES = 50_000  # conditions of one table, each alternative of a cell counted
RESULTS = (*EFFECTS, "name", "description")


@dataclass(frozen=True, slots=True)
class Column:
    """What a column tests: the value of an expression."""

    condition: Condition
    span: Span

    @property
    def type(self) -> Type:
        """The type of the value."""
        return self.condition.tree.type


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: a cell for each column, and an effect as a rule has it; `name` is its number, from 1, without another."""

    name: str
    cells: tuple[Cell, ...]
    span: Span
    action: str | None = None
    at_least: str | None = None
    at_most: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A cell or head as it is written; `nothing` if it stands for anything, whatever its text."""

    text: str
    span: Span
    nothing: bool = False


def columns_and_rows(
    heads: Sequence[Text],
    rows: Sequence[tuple[Span, list[Text] | None]],
    where: Span,
    ladder: Sequence[str],
    names: Names,
    reader: Reader,
) -> tuple[tuple[Column, ...], tuple[TableRow, ...]]:
    """The columns of a table with these heads, and its rows; none if something is wrong with the heads."""
    if len(heads) > MAX_COLUMNS:
        reader.note("E103", f"{len(heads):,} columns, more than {MAX_COLUMNS}", where)
        return (), ()
    results = {head.text: number for number, head in enumerate(heads) if head.text in RESULTS}
    tests = [number for number, head in enumerate(heads) if head.text not in RESULTS]
    sound = _check_heads(heads, where, reader)
    columns = [
        _column(heads[number], names, reader) for number in tests if heads[number].text not in ("", "\0")
    ]
    if not sound:
        return (), ()
    values = sum(1 + cells[test].text.count(",") for _, cells in rows if cells for test in tests)
    if len(rows) > MAX_ROWS or values > MAX_VALUES:
        limits = f"a table has at most {MAX_ROWS:,} rows, and {MAX_VALUES:,} values in its cells"
        reader.note("E103", f"{len(rows):,} rows with {values:,} values", where, limits)
        return (), ()
    lists = {
        name: variable.type.element
        for name, variable in names.variables.items()
        if variable.type.name == "set"
    }
    made = _Rows(ladder, lists, results, reader)
    found = []
    for number, (span, cells) in enumerate(rows, 1):
        if cells is None:
            continue
        tested = [cells[test] for test in tests]
        row = made.row(number, span, cells, list(zip(columns, tested, strict=True)))
        if row is not None:
            found.append(row)
            names.used.update(name for cell in row.cells for name in cell.lists)
    _check_rows(found, reader)
    if None in columns:
        return (), ()
    return tuple(column for column in columns if column), tuple(found)


def _check_heads(heads: Sequence[Text], where: Span, reader: Reader) -> bool:
    """Whether there is something to test and something to do, and no head is missing or stands twice."""
    sound = True
    first: dict[str, Text] = {}
    for head in heads:
        if not head.text or head.text == "\0":
            reader.note("E180", "a column needs a head: the name of an input, or an expression", head.span)
            sound = False
        elif first.setdefault(head.text, head) is not head:
            found = (
                f"the first stands at {place(first[head.text].span)}, column {first[head.text].span.column}"
            )
            reader.note("E180", f"a second column has the head `{head.text[:80]}`", head.span, found)
            sound = False
    if not any(head.text in EFFECTS for head in heads):
        hints = (f"add a column {', '.join(EFFECTS[:-1])} or {EFFECTS[-1]}",)
        reader.note("E180", "no column says what to do", where, hints=hints)
        sound = False
    if all(head.text in RESULTS for head in heads):
        hints = ("add a column with the name of an input at its head",)
        reader.note("E180", "no column has a condition", where, hints=hints)
        sound = False
    return sound


def _column(head: Text, names: Names, reader: Reader) -> Column | None:
    node = Scalar(head.text, head.span, head.text, plain=False)
    known = len(reader.found)
    condition = read_condition(node, names, reader, "the head of a column", wanted=None)
    if condition is None:
        near = reader.near(head.text, RESULTS)
        if near and len(reader.found) > known:
            last = reader.found[-1]
            reader.found[-1] = replace(last, help=(*last.help, *near))
        return None
    type_ = condition.tree.type
    if plain(type_) not in TYPES and type_ != FAULT:
        expected = f"expected {', '.join(str(each) for each in TYPES)}"
        reader.note("E180", f"a column cannot test values of the type {type_}", head.span, expected)
        return None
    return Column(condition, head.span)


@dataclass(slots=True)
class _Rows:
    """Makes rows of cells."""

    ladder: Sequence[str]
    lists: dict[str, Type]
    results: dict[str, int]
    reader: Reader

    def row(
        self,
        number: int,
        span: Span,
        cells: Sequence[Text],
        tested: Iterable[tuple[Column | None, Text]],
    ) -> TableRow | None:
        read = [self.cell(column, cell) for column, cell in tested]
        given = {word: cells[at] for word, at in self.results.items() if not _is_empty(cells[at])}
        fields: Fields = {word: (_scalar(one), _scalar(one)) for word, one in given.items()}
        effects = read_effects(
            {word: fields[word] for word in EFFECTS if word in fields},
            Scalar("", span),
            self.ladder,
            self.reader,
        )
        name: str | None = str(number)
        if "name" in fields:
            name = self.reader.name(fields["name"][1], "the name of a row")
        if name is None or effects is None or None in read:
            return None
        return TableRow(name, tuple(cell for cell in read if cell), span, *effects)

    def cell(self, column: Column | None, cell: Text) -> Cell | None:
        if column is None or column.type == FAULT or cell.nothing:
            return Cell(cell.text, cell.span, anything=True)
        if cell.text == "\0":
            self.reader.note("E181", "a cell is a word, a number, or a list of them", cell.span)
            return None
        try:
            return read_cell(cell.text, cell.span, column.type, self.lists)
        except CellError as error:
            where = f"in the column `{column.condition.source[:80]}` of the type {column.type}"
            self.reader.note("E181", str(error), error.place(cell.span, cell.text), where, hints=error.hints)
            return None


def _is_empty(cell: Text) -> bool:
    return cell.nothing or cell.text.strip() in ANYTHING


def _scalar(cell: Text) -> Scalar:
    return Scalar(cell.text, cell.span, cell.text, plain=False)


def _check_rows(rows: Sequence[TableRow], reader: Reader) -> None:
    """Note names of rows that stand twice."""
    first: dict[str, TableRow] = {}
    for row in rows:
        if first.setdefault(row.name, row) is not row:
            found = f"the first stands at {place(first[row.name].span)}"
            reader.note("E142", f"a second row has the name `{row.name}`", row.span, found)
