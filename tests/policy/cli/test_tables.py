"""Laws of tables in and out."""

from __future__ import annotations

import gzip
import io
import math
import os
from datetime import UTC, date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.cli.tables import TableError, read, write
from policy.cli.tables.formats import place

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=8)
NAMES = TEXT.filter(
    lambda name: name.strip() and name == name.strip() and "\n" not in name and "\r" not in name
)
CELLS = {
    pa.string(): TEXT,
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.floats(allow_nan=False, allow_infinity=False),
    pa.bool_(): st.booleans(),
    pa.timestamp("us", "UTC"): st.datetimes(timezones=st.just(UTC)),
    pa.list_(pa.float64()): st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3),
}
FORMATS = ["parquet", "arrow", "arrows", "csv", "tsv", "jsonl", "csv.gz", "jsonl.zst", "tsv.bz2"]


@st.composite
def tables(draw):
    """Tables of every type that a fact or a model's column has, with nulls."""
    kinds = draw(st.lists(st.sampled_from(list(CELLS)), min_size=2, max_size=5))
    names = draw(st.lists(NAMES, min_size=len(kinds), max_size=len(kinds), unique=True))
    rows = draw(st.integers(0, 6))
    cells = [draw(st.lists(st.none() | CELLS[kind], min_size=rows, max_size=rows)) for kind in kinds]
    return pa.table([pa.array(one, kind) for one, kind in zip(cells, kinds, strict=True)], names=names)


def load(path, types=None, form=None):
    with read(str(path), form, types or {}, list(types or {})) as source:
        return pa.concat_tables([chunk.table for chunk in source.chunks])


def save(table, path, form=None):
    with write(str(path), form) as sink:
        sink.write(table.slice(0, 2))
        sink.write(table.slice(2))


@pytest.mark.parametrize("form", FORMATS)
@given(table=tables())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_round_trip(tmp_path, form, table):
    """A table that is written and read by its own types is the same table: order, nulls, empty strings, every bit."""
    save(table, tmp_path / f"t.{form}")
    again = load(tmp_path / f"t.{form}", {field.name: field.type for field in table.schema})
    assert again.column_names == table.column_names
    assert again.to_pylist() == table.to_pylist()
    assert again.schema.types == table.schema.types


@pytest.mark.parametrize("form", ["parquet", "arrow", "arrows", "csv", "jsonl"])
def test_an_empty_table_keeps_its_columns(tmp_path, form):
    """A table without rows is written and read with its columns and types."""
    table = pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())})
    save(table, tmp_path / f"t.{form}")
    assert load(tmp_path / f"t.{form}", {"a": pa.int64(), "b": pa.string()}).schema == table.schema


@pytest.mark.parametrize("form", ["parquet", "arrow", "arrows"])
def test_nan_and_infinities_stay(tmp_path, form):
    """Formats that know NaN and infinities keep them."""
    table = pa.table({"x": [math.nan, math.inf, -math.inf, -0.0]})
    save(table, tmp_path / f"t.{form}")
    assert [repr(value) for value in load(tmp_path / f"t.{form}")["x"].to_pylist()] == [
        "nan",
        "inf",
        "-inf",
        "-0.0",
    ]


def test_csv_keeps_nan_and_json_writes_null(tmp_path):
    """CSV has words for NaN and infinities; JSON has none, and holds null."""
    table = pa.table({"x": [math.nan, math.inf, 1.5], "y": [1, 2, 3]})
    save(table, tmp_path / "t.csv")
    assert [str(value) for value in load(tmp_path / "t.csv", {"x": pa.float64()})["x"].to_pylist()] == [
        "nan",
        "inf",
        "1.5",
    ]
    save(table, tmp_path / "t.jsonl")
    assert (tmp_path / "t.jsonl").read_text().splitlines()[:2] == ['{"x":null,"y":1}', '{"x":null,"y":2}']


def test_other_arrow_types_are_written_as_text(tmp_path):
    """Dictionaries, structs, bytes, dates, durations and nanoseconds have a form in CSV and JSON lines."""
    table = pa.table(
        {
            "d": pa.array(["a", None]).dictionary_encode(),
            "s": pa.array([{"x": 1}, None]),
            "b": pa.array([b"\xff\x00", None]),
            "day": pa.array([date(2026, 1, 31), None]),
            "n": pa.array([1_500_000_000, None], pa.timestamp("ns")),
            "t": pa.array([1_500, None], pa.duration("ms")),
        }
    )
    save(table, tmp_path / "t.jsonl")
    first = (tmp_path / "t.jsonl").read_text().splitlines()[0]
    assert (
        first
        == '{"d":"a","s":{"x":1},"b":"/wA=","day":"2026-01-31","n":"1970-01-01T00:00:01.500000000","t":"PT1.5S"}'
    )
    save(table, tmp_path / "t.csv")
    assert load(tmp_path / "t.csv").to_pylist()[0] == {
        "d": "a",
        "s": '{"x":1}',
        "b": "/wA=",
        "day": "2026-01-31",
        "n": "1970-01-01T00:00:01.500000000",
        "t": "PT1.5S",
    }


def test_dictionaries_may_change_from_chunk_to_chunk(tmp_path):
    """Chunks whose dictionaries differ make one Arrow file."""
    with write(str(tmp_path / "t.arrow"), None) as sink:
        for word in ("a", "b"):
            sink.write(pa.table({"w": pa.array([word]).dictionary_encode()}))
    assert load(tmp_path / "t.arrow")["w"].to_pylist() == ["a", "b"]


def test_a_folder_of_parts_is_one_table(tmp_path):
    """A folder that Spark wrote is read in the order of its parts, without Spark's own files."""
    for number in (2, 0, 1):
        pq.write_table(pa.table({"x": [number]}), tmp_path / f"part-0000{number}-c000.snappy.parquet")
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / "_temporary.parquet").write_text("rubbish")
    (tmp_path / ".part-00000.crc").write_text("")
    assert load(tmp_path)["x"].to_pylist() == [0, 1, 2]


BAD = {
    "int cell": ("t.csv", "a,b\n1,x\n\nk,y\n", 't.csv:4: column `a`: expected int, got "k"'),
    "cell after a cell of two lines": ("t.csv", 'b,a\n"two\nlines",1\nx,1.5\n', 't.csv:4: column `a`: expected int, got "1.5"'),
    "too few cells": ("t.csv", "a,b\n1,2\n3\n", "t.csv:3: expected 2 cells, found 1"),
    "too many cells": ("t.csv", "a,b\n1,2\n3,4,5\n", "t.csv:3: expected 2 cells, found 3"),
    "not UTF-8": ("t.csv", b"a,b\n1,2\n3,\xff\n", "t.csv:3: expected UTF-8, found other bytes"),
    "no header": ("t.csv", "", "t.csv: expected a header with the names of the columns, found nothing"),
    "same name twice": ("t.csv", "a,b,a\n", "t.csv:1: column 3 `a` stands twice in the header"),
    "no name": ("t.csv", "a,,b\n", "t.csv:1: column 2 has no name in the header"),
    "bool cell": ("t.csv", "c\nmaybe\n", 't.csv:2: column `c`: expected bool (true or false), got "maybe"'),
    "list cell": ("t.csv", 'v,a\n"[1,",1\n', 't.csv:2: column `v`: expected list<item: double> as JSON, got "[1,"'),
    "list of text": ("t.csv", 'v,a\n"[1,""x""]",1\n', 't.csv:2: column `v`: expected list<item: double>, got [1,"x"]'),
    "no JSON": ("t.jsonl", '{"a":1}\n\n{"a":\n', "t.jsonl:3: expected one JSON object a line: Input data was truncated"),
    "not an object": ("t.jsonl", '{"a":1}\n[1]\n', "t.jsonl:2: expected one JSON object a line, found an array"),
    "two objects": ("t.jsonl", '{"a":1} {"a":2}\n', "t.jsonl:1: expected one JSON object a line: JSON is malformed: trailing characters (byte 9)"),
    "NaN": ("t.jsonl", '{"a":NaN}\n', "t.jsonl:1: expected one JSON object a line: JSON is malformed: invalid character (byte 5)"),
    "text for int": ("t.jsonl", '{"a":1}\n{"a":"1"}\n', 't.jsonl:2: column `a`: expected int, got "1"'),
    "half for int": ("t.jsonl", '{"a":1.5}\n', "t.jsonl:1: column `a`: expected int, got 1.5"),
    "bool for int": ("t.jsonl", '{"a":true}\n', "t.jsonl:1: column `a`: expected int, got true"),
    "huge int": ("t.jsonl", '{"a":1}\n{"a":9223372036854775808}\n', "t.jsonl:2: column `a`: expected int, got 9223372036854775808"),
    "bool for double": ("t.jsonl", '{"x":true}\n', "t.jsonl:1: column `x`: expected double, got true"),
    "bool in a list": ("t.jsonl", '{"v":[1]}\n{"v":null}\n{"v":[1,true]}\n', "t.jsonl:3: column `v`: expected list<item: double>, got [1,true]"),
    "time without zone": ("t.jsonl", '{"t":"2026-01-31T12:00:00"}\n', 't.jsonl:1: column `t`: expected timestamp (RFC 3339, such as 2026-01-31T12:00:00Z), got "2026-01-31T12:00:00"'),
    "mixed types": ("t.jsonl", '{"z":1}\n{"z":"x"}\n', "t.jsonl:2: column `z`: expected a number, as before, got a string"),
    "not UTF-8 in JSON": ("t.jsonl", b'{"z":"\xff"}\n', "t.jsonl:1: expected one JSON object a line in UTF-8, found other bytes"),
    "deep JSON": ("t.jsonl", b'{"z":' + b"[" * 100_000 + b"\n", "t.jsonl:1: expected one JSON object a line, found one that is nested too deeply"),
    "not Parquet": ("t.parquet", "PAR1 rubbish", "t.parquet: "),
    "not Arrow": ("t.arrow", "rubbish", "t.arrow: "),
    "torn gzip": ("t.csv.gz", gzip.compress(b"a,b\n" + os.urandom(1000).hex().encode())[:-300], "t.csv.gz: "),
    "missing": ("nowhere.csv", None, "nowhere.csv: No such file or directory"),
    "unknown format": ("t.xlsx", "", "t.xlsx: the format cannot be told from the name"),
    "compressed Parquet": ("t.parquet.gz", "", "t.parquet.gz: parquet compresses by itself"),
}  # fmt: skip
KNOWN = {
    "a": pa.int64(),
    "c": pa.bool_(),
    "x": pa.float64(),
    "v": pa.list_(pa.float64()),
    "t": pa.timestamp("us", "UTC"),
}


@pytest.mark.parametrize(("name", "content", "message"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_read_is_named_with_its_place(tmp_path, monkeypatch, name, content, message):
    """A wrong cell, line or file is a TableError that says where, what was expected and what came."""
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TableError) as caught, read(name, None, KNOWN) as source:
        list(source.chunks)
    assert str(caught.value).startswith(message)


def test_a_wrong_cell_far_down_has_its_line(tmp_path):
    """The line of a wrong value is right in later blocks too, blank lines and cells of several lines counted."""
    rows = 400_000
    lines = [f'{{"a":{number},"s":"some text"}}\n' for number in range(rows)]
    lines[300_000] = "\n"
    lines[350_000] = '{"a":"x"}\n'
    (tmp_path / "t.jsonl").write_text("".join(lines))
    with pytest.raises(TableError, match=r"t\.jsonl:350001: column `a`"):
        load(tmp_path / "t.jsonl", {"a": pa.int64(), "s": pa.string()})
    cells = [f'{number},"some text"\n' for number in range(rows)]
    cells[300_000] = '1,"two\nlines"\n'
    cells[350_000] = 'x,"some text"\n'
    (tmp_path / "t.csv").write_text("a,s\n" + "".join(cells))
    with pytest.raises(TableError, match=r"t\.csv:350003: column `a`"):
        load(tmp_path / "t.csv", {"a": pa.int64()})


def test_a_member_that_comes_late_is_named(tmp_path):
    """A member that the first block of JSON lines has not is an error, unless its type was said."""
    text = '{"a":1,"s":"some text"}\n' * 300_000 + '{"a":1,"late":2.5}\n'
    (tmp_path / "t.jsonl").write_text(text)
    with pytest.raises(
        TableError, match=r"t\.jsonl:300001: column `late` first stands here.*--type late=string"
    ):
        load(tmp_path / "t.jsonl")
    table = load(tmp_path / "t.jsonl", {"late": pa.float64()})
    assert table["late"].null_count == 300_000
    assert table["late"][-1].as_py() == 2.5


def test_undeclared_members_take_the_type_of_their_values(tmp_path):
    """JSON values that nobody declared are bools, ints, doubles, strings or lists as they come."""
    (tmp_path / "t.jsonl").write_text('{"b":true,"i":1,"d":1,"s":"x","l":[1],"n":null}\n{"d":2.5}\n')
    types = {field.name: str(field.type) for field in load(tmp_path / "t.jsonl").schema}
    assert types == {
        "b": "bool",
        "i": "int64",
        "d": "double",
        "s": "string",
        "l": "list<item: int64>",
        "n": "string",
    }


def test_undeclared_cells_stay_text(tmp_path):
    """Cells of CSV that nobody declared stay as they are, leading zeros included."""
    (tmp_path / "t.csv").write_text('\ufeffzip;x,n\n007,""\n,"quoted ""q"""\n')
    assert load(tmp_path / "t.csv").to_pylist() == [
        {"zip;x": "007", "n": ""},
        {"zip;x": None, "n": 'quoted "q"'},
    ]


def test_large_integers_become_the_nearest_double(tmp_path):
    """An integer in a column of doubles is the nearest double, as in a JSON request."""
    (tmp_path / "t.jsonl").write_text('{"x":9007199254740993}\n{"x":1}\n')
    assert load(tmp_path / "t.jsonl", {"x": pa.float64()})["x"].to_pylist() == [9007199254740992.0, 1.0]


def interrupted(path):
    with write(str(path), None) as sink:
        sink.write(pa.table({"a": [1]}))
        raise KeyboardInterrupt


def test_an_interrupted_output_leaves_what_was_there(tmp_path):
    """Where writing fails, the former file stands and nothing else is left."""
    path = tmp_path / "t.csv"
    path.write_text("former")
    with pytest.raises(KeyboardInterrupt):
        interrupted(path)
    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_an_output_keeps_its_permissions_and_links(tmp_path):
    """A file that is replaced keeps its mode, and a link to it stays a link."""
    path, link = tmp_path / "t.csv", tmp_path / "link.csv"
    path.write_text("former")
    path.chmod(0o640)
    link.symlink_to(path)
    save(pa.table({"a": [1, 2, 3]}), link)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_text() == '"a"\n1\n2\n3\n'


def test_a_device_is_written_directly():
    """An output that is no regular file is not replaced."""
    save(pa.table({"a": [1, 2, 3]}), "/dev/null", "csv")
    assert Path("/dev/null").is_char_device()


def test_an_output_that_cannot_be_written_is_named(tmp_path):
    """A folder that is not there, and a full device, are TableErrors."""
    with pytest.raises(TableError, match="No such file"):
        save(pa.table({"a": [1]}), tmp_path / "no" / "t.csv")
    with pytest.raises(TableError, match="No space left"):
        save(pa.table({"a": list(range(100_000))}), "/dev/full", "csv")


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_formats_that_need_a_file_work_from_a_pipe(tmp_path, monkeypatch, form):
    """Formats that must be searched are read from standard input too."""
    table = pa.table({"a": [1, 2, 3]})
    save(table, tmp_path / f"t.{form}")
    reading, writing = os.pipe()
    os.write(writing, (tmp_path / f"t.{form}").read_bytes())
    os.close(writing)
    with io.TextIOWrapper(os.fdopen(reading, "rb")) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert load("-", form=form).equals(table)


@pytest.mark.parametrize(
    ("name", "form", "compression"),
    [
        ("a.parquet", "parquet", None),
        ("A.PQ", "parquet", None),
        ("a.b.csv.gz", "csv", "gzip"),
        ("a.ndjson.zst", "jsonl", "zstd"),
        ("a.feather", "arrow", None),
        ("-", "jsonl", None),
    ],
)
def test_names_tell_formats(name, form, compression):
    """The end of a name tells the format, in either case, and the compression."""
    assert (place(name, None, "--in-format").format, place(name, None, "--in-format").compression) == (
        form,
        compression,
    )
