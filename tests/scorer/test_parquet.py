"""Parquet from outside unfolds to no more than its bytes allow, and what it holds is what pyarrow reads."""

from __future__ import annotations

import io
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scorer import parquet
from scorer.thrift import Reader

LONG = "x" * 100_000


def written(table, **options):
    """Return a table as the bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def read(content, budget=None):
    return parquet.read(pa.BufferReader(content), budget or parquet.Budget())


def repeated(count, text=LONG):
    """Return one text, many times, as a dictionary holds it."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([text]))


def listed(items):
    return pa.ListArray.from_arrays(pa.array([0, len(items)], pa.int32()), items)


# -- what is read --------------------------------------------------------------------------------------------------

KINDS = st.sampled_from(
    [
        pa.int8(),
        pa.int32(),
        pa.int64(),
        pa.float32(),
        pa.float64(),
        pa.bool_(),
        pa.string(),
        pa.list_(pa.float64()),
        pa.list_(pa.list_(pa.string())),
        pa.map_(pa.string(), pa.int32()),
        pa.struct([("type", pa.int8()), ("values", pa.list_(pa.float64())), ("name", pa.string())]),
    ]
)
OPTIONS = st.fixed_dictionaries(
    {
        "compression": st.sampled_from(["none", "snappy", "gzip", "zstd"]),
        "data_page_version": st.sampled_from(["1.0", "2.0"]),
        "use_dictionary": st.booleans(),
        "row_group_size": st.sampled_from([1, 7, 1000]),
        "data_page_size": st.sampled_from([100, 1 << 20]),
        "store_schema": st.just(False),
    }
)


def of_kind(kind):
    """Draw values of an Arrow type."""
    if pa.types.is_list(kind):
        return st.none() | st.lists(of_kind(kind.value_type), max_size=4)
    if pa.types.is_map(kind):
        return st.none() | st.dictionaries(st.text("ab", max_size=3), st.integers(-9, 9), max_size=3).map(
            lambda pairs: list(pairs.items())
        )
    if pa.types.is_struct(kind):
        return st.none() | st.fixed_dictionaries({f.name: of_kind(f.type) for f in kind})
    if pa.types.is_boolean(kind):
        return st.none() | st.booleans()
    if pa.types.is_string(kind):
        return st.none() | st.sampled_from(["", "a", "Ærø", "many" * 30])
    return st.none() | st.integers(-100, 100)


@st.composite
def tables(draw):
    rows = draw(st.integers(0, 12))
    kinds = draw(st.lists(KINDS, min_size=1, max_size=4))
    names = [f"c.{i}" if draw(st.booleans()) else f"c{i}" for i in range(len(kinds))]
    columns = [draw(st.lists(of_kind(kind), min_size=rows, max_size=rows)) for kind in kinds]
    return pa.table({n: pa.array(c, k) for n, c, k in zip(names, columns, kinds, strict=True)})


@settings(max_examples=100, deadline=None)
@given(table=tables(), options=OPTIONS)
def test_a_file_is_read_as_pyarrow_reads_it(table, options):
    """Whatever types, codecs, pages and row groups a file has, it is read, and as pyarrow alone would read it."""
    content = written(table, **options)
    assert read(content).equals(pq.read_table(io.BytesIO(content)))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(), options=OPTIONS, size=st.integers(1, 1000))
def test_a_large_file_is_read_as_a_small_one(monkeypatch, table, options, size):
    """A file that is read a few rows at a time is the same table, whatever its types, pages and row groups."""
    content = written(table, **options)
    with monkeypatch.context() as changed:
        changed.setattr(parquet, "_LARGE", 0)
        changed.setattr(parquet, "_BATCH", size)
        assert read(content).equals(pq.read_table(io.BytesIO(content)))


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "brotli", "zstd", "lz4"])
def test_many_short_texts_of_a_dictionary_need_no_second_form(monkeypatch, codec):
    """Texts that can be no longer than the dictionary's longest are read plainly, whatever packs the page."""
    words = [f"w{i % 500:03d}" for i in range(20_000)]
    table = pa.table({"s": [words]})
    content = written(table, compression=codec)
    monkeypatch.setattr(parquet, "FLOOR", 1 << 19)
    monkeypatch.setattr(parquet, "PER_BYTE", 1)
    monkeypatch.setattr(parquet, "_unrepeated", None)
    assert read(content).equals(table)


def test_texts_that_a_dictionary_repeats_are_read(monkeypatch):
    """Texts that might be too long for the budget, but are not, are read, in lists and maps too."""
    words = [f"w{i % 50}" for i in range(3000)] + ["long" * 25]
    table = pa.table({"s": [words, None, [None, "x"]], "t": ["a", "b", None]})
    monkeypatch.setattr(parquet, "FLOOR", 1 << 18)
    monkeypatch.setattr(parquet, "PER_BYTE", 1)
    content = written(table, compression="none")
    assert 3000 * sum(len(w) + 4 for w in set(words)) > (1 << 18) + len(content)
    assert read(content).equals(table)


def test_texts_that_are_told_by_their_beginnings_are_read(monkeypatch):
    """Texts of the encoding by prefixes are read a few at a time where they might grow, and all of them."""
    table = pa.table({"s": [f"word{i:07d}" for i in range(20_000)]})
    monkeypatch.setattr(parquet, "FLOOR", 1 << 21)
    monkeypatch.setattr(parquet, "PER_BYTE", 1)
    content = written(table, use_dictionary=False, column_encoding={"s": "DELTA_BYTE_ARRAY"})
    assert read(content).equals(table)


# -- what is refused -----------------------------------------------------------------------------------------------


def longest(rows):
    """Return texts of which each is as long as all before it."""
    return pa.array(["x" * 100_000] * rows)


BOMBS = {
    "many zeros": (pa.table({"x": np.zeros(20_000_000)}), {}),
    "one long list": (pa.table({"x": listed(pa.array(np.zeros(30_000_000, np.int8)))}), {}),
    "nulls": (pa.table({"x": pa.nulls(20_000_000, pa.float64())}), {}),
    "one text, repeated": (pa.table({"s": repeated(20_000)}), {}),
    "one text, repeated in a list": (pa.table({"s": listed(repeated(20_000))}), {}),
    "texts told by prefixes": (
        pa.table({"s": longest(4000)}),
        {"use_dictionary": False, "column_encoding": {"s": "DELTA_BYTE_ARRAY"}},
    ),
    "texts told by prefixes, in a list": (
        pa.table({"s": listed(longest(4000))}),
        {"use_dictionary": False, "column_encoding": {"s.list.element": "DELTA_BYTE_ARRAY"}},
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_that_unfolds_to_much_is_refused(name):
    """A few kilobytes that would become gigabytes are refused before they do."""
    table, options = BOMBS[name]
    content = written(table, store_schema=False, **options)
    assert len(content) < 1 << 20
    before = pa.default_memory_pool().bytes_allocated()
    with pytest.raises(ValueError, match=r"more than a model|may grow too large"):
        read(content)
    assert pa.default_memory_pool().bytes_allocated() - before < 1 << 20


def test_the_tables_of_a_model_share_one_budget():
    """Many files that are each within bounds are refused where together they are not."""
    content, budget = written(pa.table({"x": np.zeros(3_000_000)})), parquet.Budget()
    assert read(content, budget).num_rows == 3_000_000
    for _ in range(4):
        assert read(content, budget).num_rows == 3_000_000
    with pytest.raises(ValueError, match="more than a model"):
        read(content, budget)


def patched(content, change):
    """Change the footer of a file, of the same length."""
    length = struct.unpack("<I", content[-8:-4])[0]
    footer = change(content[-8 - length : -8])
    return content[: -8 - length] + footer + struct.pack("<I", len(footer)) + b"PAR1"


def test_more_rows_than_values_are_refused():
    """A footer that claims more rows than the pages hold is refused before anything is allocated for them."""
    content = written(pa.table({"x": [1.5, 2.5, 3.5]}), store_schema=False, write_statistics=False)
    rows = b"\x16\x06"  # an i64 of three
    assert content.count(rows) >= 2
    with pytest.raises(ValueError, match="claims"):
        read(patched(content, lambda footer: footer.replace(rows, b"\x16\xfe\xff\xff\xff\x0f")))


def schema_of(elements):
    """Write a footer whose schema has elements of (name, number of children)."""
    body = b"\x15\x02\x19" + (
        bytes([len(elements) << 4 | 12]) if len(elements) < 15 else b"\xfc" + varint(len(elements))
    )
    for name, children in elements:
        body += (
            b"\x48" + varint(len(name)) + name + (b"\x15" + varint(children * 2) if children else b"") + b"\0"
        )
    body += b"\x16\0\x19\x0c\0"
    return b"PAR1" + body + struct.pack("<I", len(body)) + b"PAR1"


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


@pytest.mark.parametrize(
    "elements",
    [
        [],
        [(b"root", 0)],
        [(b"root", 5), (b"x", 0)],
        [(b"root", 1)] + [(b"x", 1)] * 200 + [(b"x", 0)],
        [(b"root", 20_000)] + [(b"x", 0)] * 20_000,
        [(b"root", 0), (b"x", 0)],
    ],
    ids=["none", "no columns", "too few", "deep", "wide", "too many"],
)
def test_a_schema_that_is_no_tree_is_refused(elements):
    """A schema that is too deep, too wide or no tree is refused before pyarrow walks it."""
    with pytest.raises(ValueError, match=r"schema|metadata"):
        read(schema_of(elements))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_are_a_struct_or_refused(data):
    """Whatever bytes stand where Thrift is due, they are a struct of bounded size or refused."""
    try:
        assert isinstance(Reader(data).struct(), dict)
    except ValueError as e:
        assert str(e)


SAMPLE = written(
    pa.table({"s": [["a", "b"], None, ["a"]], "x": [1.5, None, 2.5], "v": [{"type": 1, "values": [0.5]}] * 3})
)


@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_a_changed_file_is_an_error_or_a_table(data):
    """Whatever few bytes of a file are changed or cut, it is a table or refused, and nothing aborts."""
    content = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(read(bytes(content[: data.draw(st.integers(1, len(content)))])), pa.Table)
    except (OSError, ValueError, LookupError, pa.ArrowException) as e:
        assert str(e)
