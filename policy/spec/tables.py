"""`tables:`, decision tables: a column a condition, a row a rule; the first row that matches acts.

A table stands in the policy, or in a CSV beside it, which `policy.companions` reads. The heads of columns are
expressions, such as names of inputs, or the words `action`, `at_least`, `at_most`, `name` and `description`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from policy.diagnostics import Span
from policy.sheets import Sheet
from policy.source import Mapping as MappingNode
from policy.source import Node, Scalar
from policy.source import Sequence as SequenceNode
from policy.spec.conditions import Names
from policy.spec.listfiles import check_width
from policy.spec.reader import Fields, Reader, kind
from policy.spec.rules import MODES, check_unique
from policy.spec.tablerows import Column, TableRow, Text, columns_and_rows

__all__ = ["Column", "TableRow", "TableSpec", "contents", "read_tables", "unreadable", "with_sheet"]

MAX_TABLES = 50

KEYS = ("name", "columns", "rows", "file", "mode", "description")


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A decision table. `path` is its file beside the policy, from which `with_sheet` takes columns and rows."""

    name: str
    span: Span
    name_span: Span
    columns: tuple[Column, ...] = ()
    rows: tuple[TableRow, ...] = ()
    mode: str = "enforce"
    path: str | None = None
    path_span: Span | None = None

    @property
    def preview(self) -> bool:
        """Whether the table is only counted."""
        return self.mode == "preview"

    def rule(self, row: TableRow) -> str:
        """What reasons call a row."""
        return f"{self.name}:{row.name}"


def read_tables(node: Node, ladder: Sequence[str], names: Names, reader: Reader) -> tuple[TableSpec, ...]:
    """The block `tables:`, without the rows of files."""
    items = reader.items(node, "`tables`")
    if len(items) > MAX_TABLES:
        reader.note("E103", f"{len(items):,} tables, more than {MAX_TABLES}", node.span)
        return ()
    tables = [table for item in items if (table := _read_table(item, ladder, names, reader))]
    check_unique([(table.name, table.name_span) for table in tables], "table", reader)
    return tuple(tables)


def contents(tables: Sequence[TableSpec]) -> dict[str, Any]:
    """What of the tables' files can change a decision, as plain data for a hash."""
    return {f"tables.{table.name}": _content(table) for table in tables if table.path is not None}


def _content(table: TableSpec) -> list[Any]:
    heads = [column.condition.source for column in table.columns]
    rows = [
        [row.name, row.action, row.at_least, row.at_most, *(cell.text for cell in row.cells)]
        for row in table.rows
    ]
    return [heads, *rows]


def _read_table(node: Node, ladder: Sequence[str], names: Names, reader: Reader) -> TableSpec | None:
    fields = reader.record(node, "a table", KEYS, ("name",))
    name_node = fields["name"][1] if "name" in fields else None
    name = None if name_node is None else reader.name(name_node, "the name of a table")
    mode = reader.choice(fields["mode"][1], "`mode`", MODES) if "mode" in fields else None
    if "description" in fields:
        reader.text(fields["description"][1], "`description`")
    if name_node is None:
        return None
    spec = TableSpec(name or "_", node.span, name_node.span, mode=mode or "enforce")
    if "file" in fields:
        for word in ("columns", "rows"):
            if word in fields:
                span = fields[word][0].span
                reader.note("E180", f"a table with a `file` has its {word} there", span)
        path = reader.text(fields["file"][1], "`file`")
        return replace(spec, path=path, path_span=fields["file"][1].span)
    return _inline(spec, fields, node, ladder, names, reader)


# --- in the policy ---------------------------------------------------------------------------------------------


def _inline(
    spec: TableSpec, fields: Fields, node: Node, ladder: Sequence[str], names: Names, reader: Reader
) -> TableSpec:
    missing = [word for word in ("columns", "rows") if word not in fields]
    if missing:
        words = " and ".join(f"`{word}`" for word in missing)
        hints = ("a table has `columns` and `rows`, or the `file` of a CSV beside the policy",)
        reader.note("E112", f"the table `{spec.name}` needs {words}", node.span, hints=hints)
        return spec
    if not isinstance(fields["columns"][1], SequenceNode):
        reader.items(fields["columns"][1], "`columns`")
        return spec
    heads = [_text(item, "a column") for item in fields["columns"][1].items]
    rows = [(item.span, _row(item, heads, reader)) for item in reader.items(fields["rows"][1], "`rows`")]
    columns, read = columns_and_rows(heads, rows, fields["columns"][1].span, ladder, names, reader)
    return replace(spec, columns=columns, rows=read)


def _text(node: Node, what: str) -> Text:
    """A scalar as a cell; a list of scalars as alternatives."""
    if isinstance(node, Scalar):
        return Text(node.text if node.plain else str(node.value), node.span, nothing=node.value is None)
    if isinstance(node, SequenceNode) and node.items and all(isinstance(item, Scalar) for item in node.items):
        return Text(", ".join(_text(item, what).text for item in node.items), node.span)
    return Text("\0", node.span)


def _row(node: Node, heads: Sequence[Text], reader: Reader) -> list[Text] | None:
    """The cells of a row: a list in the order of the columns, or a mapping by their heads."""
    if isinstance(node, SequenceNode):
        if len(node.items) == len(heads):
            return [_text(item, "a cell") for item in node.items]
        message = f"this row has {len(node.items)} cells, the table {len(heads)} columns"
        few, many = '`"-"` stands for anything', "a cell with a comma stands in quotes; 0,4 is written 0.4"
        hint = many if len(node.items) > len(heads) else few
        reader.note("E181", message, node.span, hints=(hint,))
        return None
    if isinstance(node, MappingNode):
        known = [head.text for head in heads]
        fields = reader.record(node, "a row", known)
        return [
            _text(fields[head][1], "a cell") if head in fields else Text("", node.span, nothing=True)
            for head in known
        ]
    reader.note("E110", "a row must be a list of cells, or a mapping", node.span, f"found {kind(node)}")
    return None


# --- in a file -------------------------------------------------------------------------------------------------


def unreadable(spec: TableSpec, reason: str, reader: Reader) -> None:
    """Note that there is no file to read."""
    span = spec.path_span or spec.span
    reader.note("E170", f"cannot read the table `{spec.name}`: {reason}", span)


def with_sheet(
    spec: TableSpec, sheet: Sheet, ladder: Sequence[str], names: Names, reader: Reader
) -> TableSpec:
    """The table with the columns and rows of its file; the first row holds the heads."""
    for diagnostic in sheet.found:
        reader.take(diagnostic)
    if not sheet.rows:
        if not sheet.found:
            reader.note("E180", "the table is empty", Span(sheet.file, 1, 1, 1))
        return spec
    header, *rows = sheet.rows
    heads = [Text(cell, sheet.span(header, number)) for number, cell in enumerate(header.cells)]
    read = [
        (
            sheet.span(row),
            [Text(cell, sheet.span(row, number)) for number, cell in enumerate(row.cells[: len(heads)])]
            if check_width(sheet, header, row, reader)
            else None,
        )
        for row in rows
    ]
    while heads and not heads[-1].text and not any(cells and cells[-1].text for _, cells in read):
        heads.pop()
        for _, cells in read:
            if cells:
                cells.pop()
    columns, filled = columns_and_rows(heads, read, sheet.span(header), ladder, names, reader)
    return replace(spec, columns=columns, rows=filled)
