"""What `lists:` may say, in the policy and in the files beside it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import source
from policy.diagnostics import render
from policy.expr import ExpressionError, compile
from policy.expr.machine import address, network
from policy.sheets import parse
from policy.spec.listfiles import with_file
from policy.spec.lists import expired, read_lists, variables
from policy.spec.reader import Reader


def read(text, sheet=None, csv=True):
    """The lists of a block `lists:` and the diagnostics; the file, if one is given, is that of the first."""
    root, found = source.read(text.encode(), "p.yaml")
    reader = Reader(list(found))
    lists = read_lists(root, reader) if root is not None else ()
    if sheet is not None:
        data = sheet if isinstance(sheet, bytes) else sheet.encode()
        lists = (with_file(lists[0], parse(data, "office.csv", csv=csv), reader), *lists[1:])
    return lists, reader.found


def values(text, sheet=None, **options):
    """The values of the first list of a sound block."""
    lists, found = read(text, sheet, **options)
    assert found == [], render(found)
    return [entry.value for entry in lists[0].entries]


def test_entries_stand_in_the_policy():
    """A plain list, a block with a type, and entries with a time, an owner and a reason."""
    assert values("eu: [NO, SE]") == ["NO", "SE"]
    assert values("x: {type: int, entries: [1, -2]}") == [1, -2]
    assert values("x: {type: double, entries: [1, 0.5]}") == [1.0, 0.5]
    assert values('x: {type: ip, entries: ["::ffff:10.0.0.1"]}') == [address("10.0.0.1")]
    lists, found = read(
        "office:\n  type: cidr\n  require: [expires, owner, reason]\n  entries:\n"
        "    - {value: 203.0.113.0/24, expires: 2027-01-31T00:00:00Z, owner: ana, reason: OPS-812}\n"
    )
    assert found == []
    (entry,) = lists[0].entries
    assert entry.value == network("203.0.113.0/24")
    assert (entry.expires_us, entry.owner, entry.reason) == (1801353600000000, "ana", "OPS-812")
    assert (entry.span.line, entry.span.column) == (5, 15)


CSV = "\ufeffvalue;expires;owner;reason\r\n203.0.113.0/24;2027-01-31;ana;OPS-812\r\n10.1.2.3;;bo;test\r\n"


def test_entries_stand_in_a_csv_that_a_spreadsheet_saved():
    """The header names the columns, an empty time means never, and a day its first moment in UTC."""
    lists, found = read("office: {type: cidr, file: office.csv, require: [owner]}", CSV)
    assert found == []
    one, two = lists[0].entries
    assert (one.value, one.expires_us, one.owner) == (network("203.0.113.0/24"), 1801353600000000, "ana")
    assert (two.value, two.expires_us, two.reason) == (network("10.1.2.3/32"), None, "test")
    assert (two.span.file, two.span.line, two.span.column) == ("office.csv", 3, 1)
    assert [expired(lists[0], one.expires_us + move) for move in (-1, 0)] == [(), (one,)]


def test_entries_stand_in_a_text_file():
    """A value a line; the file's entries come after those of the policy."""
    text = "x: {type: double, entries: [7], file: x.txt}"
    assert values(text, "# limits\n1\n-2.5e3  # low\n.5\n", csv=False) == [7.0, 1.0, -2500.0, 0.5]


WRONG = [  # block, file, code, (line, column), part of the message, part of the help
    ("x: {type: int, entries: [a]}", None, "E171", (1, 26), "type int", ""),
    ("x: {type: int, entries: [1.0]}", None, "E171", (1, 26), "type int", ""),
    ("x: {type: int, entries: [true]}", None, "E171", (1, 26), "type int", ""),
    ("x: {type: int, entries: [9223372036854775808]}", None, "E171", (1, 26), "type int", ""),
    ("x: {type: double, entries: [.nan]}", None, "E171", (1, 29), "type double", ""),
    ("x: [1]", None, "E171", (1, 5), "type string", "type: int"),
    ("x: [[a]]", None, "E110", (1, 5), "must be a mapping", ""),
    ("x: {type: ip, entries: [10.0.0.0/8]}", None, "E171", (1, 25), "type ip", "type: cidr"),
    ("x: {type: cidr, entries: [10.0.0.0/33]}", None, "E171", (1, 27), "203.0.113.0/24", ""),
    ("x: {type: cdir, entries: []}", None, "E113", (1, 11), "cannot be `cdir`", "did you mean `cidr`?"),
    ("x: {type: cidr, entries: [10.0.0.7/8]}", None, "W430", (1, 27), "16,777,216 addresses", "slash"),
    ("x: {type: cidr}", None, "E112", (1, 1), "`entries` or `file`", ""),
    ("x: {entries: [a], color: b}", None, "E111", (1, 19), "no key `color`", ""),
    ("x: {entries: [{valeu: a}]}", None, "E111", (1, 16), "no key `valeu`", "did you mean `value`?"),
    ("x: {entries: [{owner: a}]}", None, "E112", (1, 15), "needs the key `value`", ""),
    ("x: [a, b, a]", None, "W431", (1, 11), "stands twice", "keep one"),
    ("x: {require: [owner], entries: [a]}", None, "E173", (1, 33), "needs `owner`", ""),
    ("x: {require: [onwer], entries: [a]}", None, "E113", (1, 15), "`onwer`", "did you mean `owner`?"),
    ("x: {entries: [{value: a, expires: soon}]}", None, "E174", (1, 35), "must be a time", "2027-01-31"),
    ("x: {entries: [{value: a, expires: 2027-02-30}]}", None, "E174", (1, 35), "must be a time", ""),
    ("x-y: [a]", None, "E115", (1, 1), "cannot be `x-y`", ""),
    ("in: [a]", None, "E115", (1, 1), "a word of the language", ""),
    ("x: {type: int, file: f}", "value\n1\n2,5\n", "E172", (3, 3), "2 cells, the header 1", ""),
    ("x: {type: int, file: f}", "value\n1\nx\n", "E171", (3, 1), "type int", ""),
    ("x: {file: f}", "value,owner\na,b\nc\n", "E172", (3, 1), "1 cells, the header 2", ""),
    ("x: {file: f}", "vlaue,owner\na,b\n", "E172", (1, 1), "no column `vlaue`", "did you mean `value`?"),
    ("x: {file: f}", "owner,\na,b\n", "E172", (1, 1), "`value` is missing", "value,expires,owner,reason"),
    ("x: {file: f}", "value,value\na,b\n", "E172", (1, 7), "stands twice", ""),
    ("x: {file: f}", "value,expires\na,31.01.2027\n", "E174", (2, 3), "must be a time", "2027-01-31"),
    ("x: {file: f, require: [owner]}", "value\na\n", "E173", (1, 1), "lacks owner", ""),
    ("x: {file: f, require: [owner]}", "value,owner\na,\n", "E173", (2, 3), "needs `owner`", ""),
    ("x: {file: f}", b"value\n\xff\n", "E172", (2, 1), "not UTF-8", "UTF-8"),
    ("x: {file: f}", "", "E172", (1, 1), "`value` is missing", "value,expires,owner,reason"),
    ("x: {file: f}", "value\n", "W432", (1, 11), "holds no entry", ""),
    ("x: {entries: [a], file: f}", "value\nb\na\n", "W431", (3, 1), "stands twice", ""),
]


@pytest.mark.parametrize(("block", "sheet", "code", "place", "message", "help_"), WRONG)
def test_what_is_wrong_is_told_where_it_stands(block, sheet, code, place, message, help_):
    """Every mistake gives its code at its line and column, with a way out."""
    found = [one for one in read(block, sheet)[1] if one.code == code and message in one.message]
    assert found, render(read(block, sheet)[1])
    assert (found[0].span.line, found[0].span.column) == place
    assert help_ in " ".join(found[0].help)


def test_a_text_file_cannot_hold_what_a_list_requires():
    """A list that requires an owner wants CSV."""
    found = read("x: {file: f, require: [owner]}", "a\nb\n", csv=False)[1]
    assert [(one.code, one.span.file) for one in found] == [("E173", "p.yaml")]


def test_thousands_of_mistakes_are_told_in_short():
    """Repeated entries and wrong cells neither hide each other nor take long."""
    rows = "value\n" + "a\n" * 5000
    found = read("x: {file: f}", rows)[1]
    assert len(found) < 50
    assert "4,979 more" in found[-1].message


def test_a_list_of_addresses_is_for_addresses():
    """A condition that asks a list for another type says what the list is, and a wrong name which there are."""
    lists, _ = read("office: {type: cidr, entries: [10.0.0.0/8]}")
    names = {**variables(lists), "country": "string", "ip": "ip"}
    assert compile("ip in lists.office", names).type == "bool"
    for text, help_ in (
        ("country in lists.office", "`lists.office` is a list of the type cidr, at line 1"),
        ("ip in lists.offce", "did you mean `lists.office`?"),
    ):
        with pytest.raises(ExpressionError) as raised:
            compile(text, names)
        assert help_ in " ".join(raised.value.diagnostics[0].help)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["string", "int", "double", "ip", "cidr"]), st.booleans())
def test_no_file_raises(text, type_, csv):
    """Whatever a list's file holds, it is entries or diagnostics."""
    data = ("value,expires\n" + text).encode("utf-8", "surrogatepass")
    lists, found = read(f"x: {{type: {type_}, file: f}}", data, csv=csv)
    assert len(lists) == 1
    assert all(one.span.line >= 1 for one in found)
