"""A list's file: a value a line, or CSV with a header `value,expires,owner,reason`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from policy.diagnostics import Span, errors
from policy.sheets import Row, Sheet
from policy.spec.entries import (
    COLUMNS,
    READ,
    Entry,
    ListSpec,
    check_host_bits,
    check_repeated,
    read_expires,
    wrong,
)
from policy.spec.reader import Reader


def unreadable(spec: ListSpec, reason: str, reader: Reader) -> None:
    """Note that there is no file to read."""
    span = spec.path_span or spec.span
    reader.note("E170", f"cannot read the list `{spec.name}`: {reason}", span)


def with_file(spec: ListSpec, sheet: Sheet, reader: Reader) -> ListSpec:
    """The list with the entries of its file: a value a line, or CSV with a header `value,expires,owner,reason`."""
    reader.found += sheet.found
    entries = _of_csv(spec, sheet, reader) if sheet.csv else _of_text(spec, sheet, reader)
    if not entries and not sheet.found and not errors(reader.found):
        span = spec.path_span or spec.span
        reader.note("W432", f"the file of the list `{spec.name}` holds no entry", span, severity="warning")
    check_repeated(spec, entries, reader)
    return replace(spec, entries=(*spec.entries, *entries))


def _of_text(spec: ListSpec, sheet: Sheet, reader: Reader) -> list[Entry]:
    if spec.require and sheet.rows:
        words = ", ".join(("value", *spec.require))
        message = f"the list `{spec.name}` requires what a text file has no place for"
        reader.note(
            "E173", message, spec.path_span or spec.span, hints=(f"make it CSV with the header {words}",)
        )
    read = READ[spec.type]
    found = []
    for row in sheet.rows:
        span = sheet.span(row, 0)
        if (value := _of_cell(spec, read, row.cells[0], span, reader)) is not None:
            found.append(Entry(value, span))
    return found


def _of_csv(spec: ListSpec, sheet: Sheet, reader: Reader) -> list[Entry]:
    if not sheet.rows:
        if not sheet.found:
            _without_value(Span(sheet.file, 1, 1, 2), reader)
        return []
    header, *rows = sheet.rows
    places = _columns(sheet, header, reader)
    if "value" not in places:
        return []
    missing = [word for word in spec.require if word not in places]
    if missing:
        note = f"the list `{spec.name}` requires {', '.join(spec.require)}"
        reader.note("E173", f"the header lacks {', '.join(missing)}", sheet.span(header), note)
    needs = [(places[word], word) for word in spec.require if word in places]
    read, ends = READ[spec.type], dict[str, int | None]({"": None})
    found = []
    for row in rows:
        if check_width(sheet, header, row, reader):
            for number, word in needs:
                if not row.cells[number]:
                    message = f"this entry of `{spec.name}` needs `{word}`"
                    reader.note("E173", message, sheet.span(row, number))
            entry = _of_row(spec, sheet, row, places, read, ends, reader)
            found += [] if entry is None else [entry]
    return found


def _columns(sheet: Sheet, header: Row, reader: Reader) -> dict[str, int]:
    """The numbers of the columns by their names."""
    places: dict[str, int] = {}
    for number, cell in enumerate(header.cells):
        word = cell.lower()
        span = sheet.span(header, number)
        if word in places:
            reader.note("E172", f"the column `{word}` stands twice", span)
        elif word in COLUMNS:
            places[word] = number
        elif word:
            expected = f"expected {', '.join(COLUMNS)}"
            message = f"a list has no column `{cell[:80]}`"
            reader.note("E172", message, span, expected, hints=reader.near(word, COLUMNS))
    if "value" not in places:
        _without_value(sheet.span(header), reader)
    return places


def _without_value(span: Span, reader: Reader) -> None:
    hints = ("the first row of a CSV file names its columns: value,expires,owner,reason",)
    reader.note("E172", "the column `value` is missing", span, hints=hints)


def check_width(sheet: Sheet, header: Row, row: Row, reader: Reader) -> bool:
    """Whether a row has as many cells as the header; empty ones at its end do not count."""
    width, cells = len(header.cells), row.cells
    if len(cells) == width or (len(cells) > width and not any(cells[width:])):
        return True
    message = f"this row has {len(cells)} cells, the header {width}"
    reader.note("E172", message, sheet.span(row, min(width, len(cells) - 1)))
    return False


def _of_row(
    spec: ListSpec,
    sheet: Sheet,
    row: Row,
    places: Mapping[str, int],
    read: Callable[[str], Any],
    ends: dict[str, int | None],
    reader: Reader,
) -> Entry | None:
    """The entry of a row; `ends` are the times that were read before, by their texts."""

    def cell(word: str) -> str:
        return row.cells[places[word]] if word in places else ""

    until = cell("expires")
    span = sheet.span(row, places["value"])
    if until not in ends:
        ends[until] = read_expires(until, f'"{until[:40]}"', sheet.span(row, places["expires"]), reader)
    value = _of_cell(spec, read, cell("value"), span, reader)
    return None if value is None else Entry(value, span, ends[until], cell("owner"), cell("reason"))


def _of_cell(spec: ListSpec, read: Callable[[str], Any], text: str, span: Span, reader: Reader) -> Any:
    value = read(text)
    if value is None:
        wrong(spec, f'"{text[:40]}"' if text else "nothing", span, reader)
    elif spec.type == "cidr" and "/" in text:
        check_host_bits(text, value, span, reader)
    return value
