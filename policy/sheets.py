"""Lists and tables as spreadsheets save them: text and CSV to rows of cells that know their place.

CSV is that of RFC 4180 as spreadsheets write it: a byte order mark, `;` or a tab between cells, lines within cells.
`parse` never raises: what is wrong with the form is a diagnostic, and a row that is wrong is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from msgspec import Struct

from policy.diagnostics import Diagnostic, Span

MAX_BYTES = 16 << 20
MAX_ROWS = 250_000
MAX_CELL = 4_096  # characters
MAX_CELLS = 256  # of a row

_BREAK = re.compile("\r\n|[\n\r]")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_COMMENT = re.compile(r"(?:^|\s)#")
_SEPARATOR = re.compile("sep=([;,\t|])").fullmatch  # a first line that Excel understands
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MANY_LINES = 100  # that one cell may go over
_MOST = 200  # diagnostics kept


class Row(Struct, frozen=True):
    """The cells of one line, without the blanks around them; `places` if a quote makes them hard to find."""

    cells: tuple[str, ...]
    line: int
    places: tuple[tuple[int, int, int], ...] | None = None  # (line, column, end) of each cell


@dataclass(slots=True)
class Sheet:
    """A text or CSV file as rows; `lines` are those of the file, `found` says what is wrong with its form."""

    file: str
    lines: list[str]
    csv: bool = True
    separator: str = ""
    rows: list[Row] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)

    def span(self, row: Row, cell: int | None = None) -> Span:
        """The place of a cell, or of the whole row."""
        text = self.lines[row.line - 1]
        if cell is None or cell >= len(row.cells):
            return self.at(row.line, 1, max(len(text.rstrip()), 1) + 1)
        if row.places is not None:
            return self.at(*row.places[cell])
        start = 0
        if cell and self.separator:
            start = sum(len(piece) + 1 for piece in islice(text.split(self.separator), cell))
        piece = row.cells[cell]
        column = text.find(piece, start) + 1
        return self.at(row.line, column, column + max(len(piece), 1))

    def at(self, line: int, column: int, end: int) -> Span:
        """A place by its numbers, from 1."""
        return Span(self.file, line, column, end, self.lines[line - 1])

    def note(self, message: str, span: Span, *help_: str) -> None:
        """Add a diagnostic about the form of the file, unless there are hundreds."""
        if len(self.found) < _MOST:
            self.found.append(Diagnostic("E172", message, span, help=help_))


def parse(data: bytes, file: str, *, csv: bool) -> Sheet:
    """The rows of a file's bytes; `file` is the name to show. Without `csv` a value a line, comments after `#`."""
    if data[:2] in _UTF16:
        sheet = Sheet(file, [""])
        sheet.note("the file is UTF-16, not UTF-8", sheet.at(1, 1, 2), "save it as CSV UTF-8")
        return sheet
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _not_utf8(data, error, file)
    sheet = Sheet(file, _BREAK.split(text), csv)
    if wrong := _FORBIDDEN.search(text):
        before = _BREAK.split(text[: wrong.start()])
        column = len(before[-1]) + 1
        help_ = "is this a text file? save it as CSV UTF-8"
        span = sheet.at(len(before), column, column + 1)
        sheet.note(f"the character U+{ord(wrong[0]):04X} may not stand here", span, help_)
        return sheet
    for row in _csv(sheet) if csv else _text(sheet):
        if len(sheet.rows) >= MAX_ROWS:
            sheet.note(f"more than {MAX_ROWS:,} rows", sheet.span(row))
            break
        sheet.rows.append(row)
    return sheet


def _not_utf8(data: bytes, error: UnicodeDecodeError, file: str) -> Sheet:
    before = _BREAK.split(data[: error.start].decode("utf-8-sig", "replace"))
    column = len(before[-1]) + 1
    shown = _BREAK.split(data[error.start - len(before[-1].encode()) :][:400].decode(errors="replace"))[0]
    span = Span(file, len(before), column, column + 1, shown)
    sheet = Sheet(file, [""])
    sheet.note(f"byte 0x{data[error.start]:02x} is not UTF-8", span, "save the file as CSV UTF-8")
    return sheet


def _text(sheet: Sheet) -> Iterator[Row]:
    """A value a line."""
    for number, line in enumerate(sheet.lines, 1):
        comment = _COMMENT.search(line) if "#" in line else None
        value = (line[: comment.start()] if comment else line).strip()
        row = Row((value,), number)
        if value and _fits(sheet, row):
            yield row


def _csv(sheet: Sheet) -> Iterator[Row]:
    """Rows of cells; the separator is that of the first row: `;` before tab before comma."""
    lines, number = sheet.lines, 0
    if found := _SEPARATOR(lines[0].strip(" ")):
        sheet.separator, number = found[1], 1
    while number < len(lines):
        line = lines[number]
        if not line.strip():
            number += 1
            continue
        if not sheet.separator:
            sheet.separator = _separator(line)
        row: Row | None
        if '"' in line:
            row, number = _quoted(sheet, number)
        else:
            row = Row(tuple(map(str.strip, line.split(sheet.separator))), number + 1)
            number += 1
        if row is not None and any(row.cells) and _fits(sheet, row):
            yield row


def _separator(line: str) -> str:
    bare = re.sub('"[^"]*"', "", line)
    return next((sign for sign in ";\t" if sign in bare), ",")


def _fits(sheet: Sheet, row: Row) -> bool:
    if row.places is None and len(row.cells) <= MAX_CELLS and len(sheet.lines[row.line - 1]) <= MAX_CELL:
        return True
    if len(row.cells) > MAX_CELLS:
        sheet.note(f"a row of more than {MAX_CELLS} cells", sheet.span(row))
        return False
    for number, cell in enumerate(row.cells):
        if len(cell) > MAX_CELL:
            sheet.note(f"a cell of more than {MAX_CELL:,} characters", sheet.span(row, number))
            return False
    return True


class _WrongError(Exception):
    """The row is wrong, and the diagnostic noted."""


@dataclass(slots=True)
class _Cells:
    """Reads the cells of a row with quotes, one after the other; `number` is that of the line, from 0."""

    sheet: Sheet
    number: int
    at: int = 0
    cells: list[str] = field(default_factory=list)
    places: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def line(self) -> str:
        return self.sheet.lines[self.number]

    def read(self) -> None:
        while True:
            self.blanks()
            if self.line.startswith('"', self.at):
                self.in_quotes()
            else:
                self.bare()
            if self.at >= len(self.line):
                return
            self.at += 1  # the separator

    def blanks(self) -> None:
        while self.line.startswith(" ", self.at):
            self.at += 1

    def bare(self) -> None:
        end = self.line.find(self.sheet.separator, self.at)
        end = len(self.line) if end < 0 else end
        text = self.line[self.at : end].strip()
        self.keep(text, (self.number + 1, self.at + 1, self.at + max(len(text), 1) + 1))
        self.at = end

    def in_quotes(self) -> None:
        """A cell up to its closing quote, over lines; two quotes are one."""
        begin, column, pieces = self.number, self.at + 1, []
        self.at += 1
        while True:
            end = self.line.find('"', self.at)
            if end < 0:
                pieces.append(self.line[self.at :] + "\n")
                self.next_line(begin, column)
            elif self.line.startswith('""', end):
                pieces.append(self.line[self.at : end + 1])
                self.at = end + 2
            else:
                pieces.append(self.line[self.at : end])
                break
        last = end + 2 if self.number == begin else len(self.sheet.lines[begin]) + 1
        self.keep("".join(pieces).strip(), (begin + 1, column, last))
        self.at = end + 1
        self.blanks()
        if self.at < len(self.line) and not self.line.startswith(self.sheet.separator, self.at):
            self.wrong("text follows the closing quote of a cell", self.number, self.at + 1)

    def next_line(self, begin: int, column: int) -> None:
        if self.number + 1 >= len(self.sheet.lines) or self.number - begin >= _MANY_LINES:
            self.wrong("this quote is never closed", begin, column)
        self.number, self.at = self.number + 1, 0

    def keep(self, text: str, place: tuple[int, int, int]) -> None:
        self.cells.append(text)
        self.places.append(place)

    def wrong(self, message: str, number: int, column: int) -> None:
        span = self.sheet.at(number + 1, column, column + 1)
        self.sheet.note(message, span, 'in a cell between quotes, write "" for a quote')
        raise _WrongError


def _quoted(sheet: Sheet, number: int) -> tuple[Row | None, int]:
    """The row that begins in a line with quotes, None if it is wrong, and the number of the line after it."""
    cells = _Cells(sheet, number)
    try:
        cells.read()
    except _WrongError:
        return None, cells.number + 1
    return Row(tuple(cells.cells), number + 1, tuple(cells.places)), cells.number + 1
