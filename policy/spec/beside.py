"""Files of lists and tables beside a policy: which there are, and their rows in the places of their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policy.sheets import Sheet
from policy.source import Mapping as MappingNode
from policy.source import Node, Scalar
from policy.source import Sequence as SequenceNode
from policy.spec import listfiles, tables
from policy.spec.conditions import Names
from policy.spec.entries import ListSpec
from policy.spec.reader import Reader
from policy.spec.tables import TableSpec

Files = Mapping[str, Sheet | str]  # by the paths that a policy names: the rows, or why there are none

MAX_ENTRIES = 500_000  # of all lists of a policy
MAX_ROWS = 50_000  # of all tables of a policy


def paths(root: Node) -> tuple[str, ...]:
    """The paths of the files that the lists and tables of a policy name."""
    return tuple(dict.fromkeys(_paths(root)))


def _paths(root: Node) -> Iterator[str]:
    blocks = {key.value: value for key, value in root.entries} if isinstance(root, MappingNode) else {}
    lists, tables_ = blocks.get("lists"), blocks.get("tables")
    items: list[Node] = []
    if isinstance(lists, MappingNode):
        items += [value for _, value in lists.entries]
    if isinstance(tables_, SequenceNode):
        items += tables_.items
    for item in items:
        for key, value in item.entries if isinstance(item, MappingNode) else ():
            if key.value == "file" and isinstance(value, Scalar) and isinstance(value.value, str):
                yield value.value


def filled_lists(lists: Sequence[ListSpec], files: Files, reader: Reader) -> tuple[ListSpec, ...]:
    """The lists with the entries of their files."""
    if _beyond(lists, files, MAX_ENTRIES, "lists", reader):
        return tuple(lists)
    return tuple(_list(one, files, reader) for one in lists)


def _beyond(
    specs: Sequence[ListSpec] | Sequence[TableSpec], files: Files, most: int, what: str, reader: Reader
) -> bool:
    """Whether all files together hold too much, also where it is one file under many names."""
    rows = 0
    for one in specs:
        sheet = None if one.path is None else files.get(one.path)
        rows += len(sheet.rows) if isinstance(sheet, Sheet) else 0
        if rows > most:
            message = f"the files of all {what} together hold more than {most:,} rows"
            reader.note("E103", message, one.path_span or one.span)
            return True
    return False


def _list(one: ListSpec, files: Files, reader: Reader) -> ListSpec:
    sheet = None if one.path is None else files.get(one.path)
    if sheet is None:
        return one
    if isinstance(sheet, Sheet):
        return listfiles.with_file(one, sheet, reader)
    listfiles.unreadable(one, sheet, reader)
    return one


def filled_tables(
    specs: Sequence[TableSpec], files: Files, ladder: Sequence[str], names: Names, reader: Reader
) -> tuple[TableSpec, ...]:
    """The tables with the columns and rows of their files."""
    if _beyond(specs, files, MAX_ROWS, "tables", reader):
        return tuple(specs)
    return tuple(_table(one, files, ladder, names, reader) for one in specs)


def _table(one: TableSpec, files: Files, ladder: Sequence[str], names: Names, reader: Reader) -> TableSpec:
    sheet = None if one.path is None else files.get(one.path)
    if sheet is None:
        return one
    if not isinstance(sheet, Sheet):
        tables.unreadable(one, sheet, reader)
        return one
    if not sheet.csv:  # text has no columns
        tables.unreadable(one, "a table is a CSV file, whose name ends in .csv", reader)
        return one
    return tables.with_sheet(one, sheet, ladder, names, reader)
