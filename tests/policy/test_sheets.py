"""Lists and tables as spreadsheets save them, and files that are not what they seem."""

from __future__ import annotations

import csv
import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.files import UnreadableError, read_sheet
from policy.sheets import MAX_BYTES, MAX_CELL, MAX_ROWS, parse

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=12)


def cells(data, *, csv=True):
    """The rows of sound bytes."""
    sheet = parse(data if isinstance(data, bytes) else data.encode(), "a.csv", csv=csv)
    assert sheet.found == []
    return [row.cells for row in sheet.rows]


def wrong(data, *, csv=True):
    """(line, column, message) of the only diagnostic."""
    (found,) = parse(data, "a.csv", csv=csv).found
    assert found.code == "E172"
    return found.span.line, found.span.column, found.message


def test_a_text_file_holds_a_value_a_line():
    """Blanks, empty lines and comments are left out; a `#` inside a word is no comment."""
    text = "# office\n\n 10.0.0.0/8  # ana\r\n::1\ra#b\n"
    assert cells(text, csv=False) == [("10.0.0.0/8",), ("::1",), ("a#b",)]


@pytest.mark.parametrize(
    "data",
    [
        b"value,owner\nNO,ana\nSE,bo\n",
        b"\xef\xbb\xbfvalue;owner\r\nNO;ana\r\nSE;bo\r\n",
        b"value\towner\rNO\tana\rSE\tbo",
        b'sep=;\n"value";owner\n"NO"; ana\n\n;;\n SE ;"bo"\n',
    ],
)
def test_csv_reads_as_spreadsheets_save_it(data):
    """A byte order mark, any usual separator or end of line, quotes, and empty rows make no difference."""
    assert cells(data) == [("value", "owner"), ("NO", "ana"), ("SE", "bo")]


def test_a_quoted_cell_holds_separators_quotes_and_lines():
    """Within quotes everything is text, and two quotes are one."""
    assert cells('a;b\n"x;y";"say ""hi"""\n"two\nlines";z\n')[1:] == [
        ("x;y", 'say "hi"'),
        ("two\nlines", "z"),
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1, max_size=5), st.sampled_from(";,\t"))
def test_what_a_csv_writer_writes_reads_back(rows, separator):
    """Cells come back without the blanks around them, rows without a value not at all."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator).writerows([["a", "b"], *rows])
    expected = [tuple(cell.strip() for cell in row) for row in rows]
    assert cells(stream.getvalue())[1:] == [row for row in expected if any(row)]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=4), st.booleans())
def test_the_place_of_a_cell_is_where_its_text_stands(rows, quoted):
    """The characters between column and end of a span are those of the cell, quotes aside."""
    stream = io.StringIO()
    style = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(stream, delimiter=";", quoting=style).writerows([["a", "b", "c"], *rows])
    sheet = parse(stream.getvalue().encode(), "a.csv", csv=True)
    for row in sheet.rows:
        for number, cell in enumerate(row.cells):
            span = sheet.span(row, number)
            shown = span.text[span.column - 1 : span.end - 1].strip()
            if shown.startswith('"') and row.places is not None:
                shown = shown[1:-1].replace('""', '"').strip()
            assert shown == cell or (cell == "" and len(shown) <= 1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\nx,\xff\n", (2, 3, "byte 0xff is not UTF-8")),
        (b"a\nx\0\n", (2, 2, "the character U+0000 may not stand here")),
        (b"\x89PNG\r\n\x1a\n", (1, 1, "byte 0x89 is not UTF-8")),
        ("a,b".encode("utf-16"), (1, 1, "the file is UTF-16, not UTF-8")),
        (b'a,b\n1,"x\n2,y\n', (2, 3, "this quote is never closed")),
        (b'a,b\n1,"x"y\n', (2, 6, "text follows the closing quote of a cell")),
        (b"a\n" + b"x" * (MAX_CELL + 1), (2, 1, f"a cell of more than {MAX_CELL:,} characters")),
        (b"a\n" + b"," * 300 + b"x", (2, 1, "a row of more than 256 cells")),
        (b"a\n" * (MAX_ROWS + 1), (MAX_ROWS + 1, 1, f"more than {MAX_ROWS:,} rows")),
    ],
    ids=lambda value: value[2] if isinstance(value, tuple) else "",
)
def test_a_file_of_another_form_is_told_with_its_place(data, expected):
    """Binary files, other encodings, open quotes and sheets without end give a diagnostic."""
    assert wrong(data) == expected


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_raise(data, is_csv):
    """Whatever a file holds, it is rows or diagnostics, each with a place."""
    sheet = parse(data, "a.csv", csv=is_csv)
    for row in sheet.rows:
        assert [sheet.span(row, number).line >= row.line for number in range(len(row.cells))]
    assert all(found.span.line >= 1 and found.span.column >= 1 for found in sheet.found)


def test_a_file_lies_beside_or_below_the_policy(tmp_path):
    """Paths that lead elsewhere, by words or by links, and what is no file, are refused."""
    folder = tmp_path / "configs"
    (folder / "lists").mkdir(parents=True)
    (folder / "lists" / "a.txt").write_text("NO")
    (tmp_path / "secret.txt").write_text("x")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "large.txt").write_bytes(b"x" * (MAX_BYTES + 1))
    os.mkfifo(folder / "pipe.txt")
    (folder / "alias.txt").symlink_to(folder / "lists" / "a.txt")
    for good in ("lists/a.txt", "./lists/a.txt", "alias.txt"):
        assert [row.cells for row in read_sheet(folder, good).rows] == [("NO",)]
    refused = [
        *("../secret.txt", "lists/../../secret.txt", str(tmp_path / "secret.txt"), "link.txt", "loop.txt"),
        *("lists", "pipe.txt", "large.txt", "none.txt", "", "a\0b", "lists\\a.txt", "file:a", "x" * 5000),
    ]
    for path in refused:
        with pytest.raises(UnreadableError):
            read_sheet(folder, path)
