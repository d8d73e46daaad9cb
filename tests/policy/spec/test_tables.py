"""What `tables:` may say, in the policy and in a CSV beside it, and what is said when it says something else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import source
from policy.diagnostics import render
from policy.expr import Enum, Variable, set_of
from policy.expr.proof import among, between
from policy.expr.types import DOUBLE, INT, IP, variables
from policy.sheets import parse
from policy.spec.conditions import Names
from policy.spec.reader import Reader
from policy.spec.tables import read_tables, with_sheet

LADDER = ("allow", "challenge", "sms", "agent", "block")
DECLARED = {
    "country": Variable(Enum(["NO", "SE", "DK"], "country"), where="`country` is declared string at line 3"),
    "city": "string",
    "failed": "int",
    "risk": "double",
    "vpn": "bool",
    "seen": "timestamp",
    "tags": "list(string)",
    "ip": "ip",
    "score": "double",
    "lists.office": set_of(IP),
}
FILE = "[{name: speed, file: speed.csv}]"


def read(text, sheet=None):
    """The tables of a block `tables:` and the diagnostics; the file is that of the first."""
    root, found = source.read(text.encode(), "p.yaml")
    reader, names = Reader(list(found)), Names(variables(DECLARED))
    tables = () if root is None else read_tables(root, LADDER, names, reader)
    if sheet is not None:
        data = sheet if isinstance(sheet, bytes) else sheet.encode()
        read_ = with_sheet(tables[0], parse(data, "speed.csv", csv=True), LADDER, names, reader)
        tables = (read_, *tables[1:])
    return tables, reader.found


def only(text, sheet=None):
    """The only table of a sound block."""
    tables, found = read(text, sheet)
    assert found == [], render(found)
    (table,) = tables
    return table


INLINE = """\
- name: speed
  mode: preview
  description: Too fast.
  columns: [country, failed, score, action]
  rows:
    - [NO, ">= 10", "[0.4, 0.6)", sms]
    - [[SE, DK], 3, "-", block]
    - {score: "> 0.9", action: agent}
"""
CSV = "\ufeffcountry;failed;score;action\r\nNO;>= 10;[0.4, 0.6);sms\r\nSE, DK;3;-;block\r\n;;> 0.9;agent\r\n"


@pytest.mark.parametrize(("text", "sheet"), [(INLINE, None), (FILE, CSV)], ids=["inline", "csv"])
def test_a_table_reads_as_written(text, sheet):
    """Columns are conditions, rows are rules, and each cell is a set of values."""
    table = only(text, sheet)
    assert [str(column.type) for column in table.columns] == ["string", "int", "double"]
    assert [(table.rule(row), row.action) for row in table.rows] == [
        ("speed:1", "sms"),
        ("speed:2", "block"),
        ("speed:3", "agent"),
    ]
    one, two, three = table.rows
    country = table.columns[0].type
    assert one.cells[0].domain(country) == among(country, ("NO",))
    assert two.cells[0].domain(country) == among(country, ("DK", "SE"))
    assert one.cells[1].domain(INT) == between(INT, 10, None)
    assert two.cells[1].domain(INT) == among(INT, (3,))
    assert one.cells[2].domain(DOUBLE) == between(DOUBLE, 0.4, 0.5999999999999999)
    assert two.cells[2].anything
    assert three.cells[0].anything
    assert table.preview is (sheet is None)


def test_a_place_is_that_of_the_cell():
    """Spans lead to the cell, in YAML and in CSV."""
    cells = only(FILE, CSV).rows[0].cells
    assert [(cell.span.file, cell.span.line, cell.span.column) for cell in cells] == [
        ("speed.csv", 2, 1),
        ("speed.csv", 2, 4),
        ("speed.csv", 2, 10),
    ]
    assert only(INLINE).rows[0].cells[1].span.line == 6


def test_any_expression_may_be_a_head_and_rows_may_have_names():
    """A name in a row is its name in reasons; floors and ceilings have columns of their own."""
    table = only(FILE, "failed + 1;name;at_least;at_most;description\n3;odd;sms;agent;Why.\n> 3;;;allow;\n")
    assert [(row.name, row.at_least, row.at_most) for row in table.rows] == [
        ("odd", "sms", "agent"),
        ("2", None, "allow"),
    ]


WRONG = [  # cell of a column, head, part of the message, marked text, part of the help
    ("failed", "x", "`x` is not a whole number", "x", ""),
    ("failed", ">= ten", "`ten` is not a whole number", "ten", ""),
    ("failed", "2.5", "not a whole number", "2.5", "type int"),
    ("failed", "9223372036854775808", "not a whole number", "9223372036854775808", ""),
    ("failed", "[3, 1]", "no value lies in this interval", "3, 1]", "lower end"),
    ("failed", "(3, 4)", "no value lies in this interval", "3, 4)", ""),
    ("failed", "[3]", "two ends in brackets", "[3]", "[0.4, 0.6)"),
    ("failed", "[1, 2, 3]", "two ends", "[1, 2, 3]", ""),
    ("failed", ">= 3, < 5", "every value", ">= 3, < 5", "[3, 5)"),
    ("failed", "1,,2", "a value is missing", ",,", "`-` means anything"),
    ("failed", "1,2", "may be one number or two", "1,2", "write 1.2 for one number, 1, 2 for two"),
    ("risk", "0,4", "may be one number or two", "0,4", "0.4"),
    ("risk", "40%", "not a number", "40%", "write 0.4"),
    ("risk", "nan", "not a number", "nan", ""),
    ("risk", "1e400", "not a number", "1e400", ""),
    ("country", "no", "is not a value of country; expected NO, SE, DK", "no", "did you mean `NO`?"),
    ("country", "NO, DE", "`DE` is not a value of country", "DE", ""),
    ("country", "[NO, SE]", "no intervals of the type string", "[NO, SE]", "a, b"),
    ("city", '"Oslo', "never closed", '"Oslo', ""),
    ("vpn", "yes", "not true or false", "yes", "write true"),
    ("vpn", "> true", "`>` has no meaning for the type bool", "true", ""),
    ("seen", "31.01.2027", "not a time", "31.01.2027", ""),
    ("ip", "10.0.0.0/33", "not an address", "10.0.0.0/33", ""),
    ("ip", "lists.offise", "no list `lists.offise`", "lists.offise", "did you mean `lists.office`?"),
    ("failed", "lists.office", "holds values of the type ip, the column int", "lists.office", ""),
    ("failed", "not", "a value is missing", "", ""),
]


@pytest.mark.parametrize(("head", "cell", "message", "marked", "help_"), WRONG)
def test_a_wrong_cell_is_told_where_it_stands(head, cell, message, marked, help_):
    """Every cell is checked by the type of its column, with a way out."""
    quoted = cell.replace('"', '""')
    _, found = read(FILE, f'{head},action\n"{quoted}",block\n')
    assert [one.code for one in found] == ["E181"], render(found)
    (one,) = found
    assert (one.span.file, one.span.line) == ("speed.csv", 2)
    assert message in one.message
    if quoted == cell and marked:
        assert one.span.text[one.span.column - 1 : one.span.end - 1] == marked
    assert help_ in " ".join(one.help)


SHAPES = [  # file or block, code, (line, column), part of the message, part of the help
    ("failde,action\n1,block\n", "E201", (1, 1), "unknown name `failde`", "did you mean `failed`?"),
    ("failed >,action\n1,block\n", "E200", (1, 9), "", ""),
    ("tags,action\na,block\n", "E180", (1, 1), "list(string)", ""),
    ("failed,acton\n1,block\n", "E180", (1, 1), "no column says what to do", "action"),
    ("failed,acton\n1,block\n", "E201", (1, 8), "unknown name `acton`", "did you mean `action`?"),
    ("action\nblock\n", "E180", (1, 1), "no column has a condition", ""),
    ("failed,failed,action\n1,2,block\n", "E180", (1, 8), "a second column", ""),
    ("failed,,action\n1,2,block\n", "E180", (1, 8), "needs a head", ""),
    ("failed,action\n1,blok\n", "E131", (2, 3), "`blok`", "did you mean `block`?"),
    ("failed,action\n1,\n", "E140", (2, 1), "needs `action`", ""),
    ("failed,action,at_least\n1,sms,sms\n", "E140", (2, 7), "both", ""),
    ("failed,at_least,at_most\n1,sms,allow\n", "E141", (2, 7), "nothing is at least", ""),
    ("failed,name,action\n1,a,sms\n2,a,sms\n", "E142", (3, 1), "a second row", ""),
    ("failed,name,action\n1,7,sms\n", "E115", (2, 3), "cannot be `7`", ""),
    ("failed,action\n1\n", "E172", (2, 1), "1 cells, the header 2", ""),
    ("failed,action\n1,sms,x\n", "E172", (2, 7), "3 cells, the header 2", ""),
    ("", "E180", (1, 1), "empty", ""),
    (b"failed,action\n1,\xff\n", "E172", (2, 3), "not UTF-8", ""),
]


@pytest.mark.parametrize(("sheet", "code", "place", "message", "help_"), SHAPES)
def test_a_wrong_sheet_is_told_where_it_is_wrong(sheet, code, place, message, help_):
    """Heads, effects, names and the form of a file: each mistake has its place."""
    found = [one for one in read(FILE, sheet)[1] if one.code == code and message in one.message]
    assert found, render(read(FILE, sheet)[1])
    assert (found[0].span.line, found[0].span.column) == place
    assert help_ in " ".join(found[0].help)


BLOCKS = [
    ("{a: 1}", "E110"),
    ("[1]", "E110"),
    ("[{file: a.csv}]", "E112"),
    ("[{name: t}]", "E112"),
    ("[{name: t, columns: [failed, action]}]", "E112"),
    ("[{name: t, file: a.csv, rows: []}]", "E180"),
    ("[{name: T, file: a.csv}]", "E115"),
    ("[{name: t, file: a.csv, mode: of}]", "E113"),
    ("[{name: t, file: a.csv, colums: []}]", "E111"),
    ("[{name: t, file: a.csv}, {name: t, file: b.csv}]", "E142"),
    ("[{name: t, columns: [failed, action], rows: [[1]]}]", "E181"),
    ("[{name: t, columns: [failed, action], rows: [{faild: 1, action: sms}]}]", "E111"),
    ("[{name: t, columns: [failed, action], rows: [1]}]", "E110"),
    ("[{name: t, columns: [failed, action], rows: [[{a: 1}, sms]]}]", "E181"),
    ("[{name: t, columns: [{a: 1}, action], rows: []}]", "E180"),
]


@pytest.mark.parametrize(("text", "code"), BLOCKS)
def test_a_wrong_block_is_told(text, code):
    """What is wrong with the block itself."""
    assert code in {one.code for one in read(text)[1]}, render(read(text)[1])


def test_empty_columns_and_rows_at_the_end_of_a_sheet_do_not_count():
    """What a spreadsheet saves beyond the table is left out."""
    assert len(only(FILE, "failed,action,,\n1,sms,,\n,,,\n").rows) == 1


def test_a_table_is_bounded():
    """Columns, rows, alternatives and tables beyond their limits are told in one diagnostic each."""
    wide = ",".join(f"failed + {n}" for n in range(65))
    assert [one.code for one in read(FILE, f"{wide},action\n{'1,' * 65}sms\n")[1]] == ["E103"]
    many = ", ".join(map(str, range(600)))
    alternatives = "failed;action\n" + f"{many};sms\n" * 90
    assert [one.code for one in read(FILE, alternatives)[1]] == ["E103"]
    tables = ", ".join(f"{{name: t{n}, file: a.csv}}" for n in range(51))
    assert [one.code for one in read(f"[{tables}]")[1]] == ["E103"]
    sheet = "failed,action\n" + "".join(f"{n},sms\n" for n in range(10_001))
    assert [one.code for one in read(FILE, sheet)[1]] == ["E103"]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.sampled_from(sorted(set(DECLARED) - {"tags", "lists.office"})))
def test_no_cell_raises(cell, head):
    """Whatever a cell holds, it is a set of values or a diagnostic with a place."""
    quoted = cell.replace('"', '""')
    data = f'{head},action\n"{quoted}",block\n'.encode("utf-8", "surrogatepass")
    _, found = read(FILE, data)
    assert all(one.span.line >= 1 and one.span.column >= 1 for one in found)
