"""A long page of texts, read where it lies, is what Arrow's reader makes of it; whatever else a file is, Arrow reads it."""

from __future__ import annotations

import io
import random
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scorer import onepage, parquet

ONE_PAGE = {"use_dictionary": False, "data_page_size": 1 << 30, "write_batch_size": 1 << 30}
TEXT = st.sampled_from(["", "a", "Ærø", "many" * 70]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=9
)
LISTS = st.lists(TEXT, min_size=1, max_size=40)
ODD = st.none() | st.lists(TEXT | st.none(), max_size=5)
OPTIONS = st.fixed_dictionaries(
    {
        "compression": st.sampled_from(["none", "snappy", "gzip", "brotli", "zstd", "lz4"]),
        "data_page_version": st.sampled_from(["1.0", "2.0"]),
        "use_dictionary": st.booleans(),
        "data_page_size": st.sampled_from([1, 100, 1 << 30]),
        "write_batch_size": st.sampled_from([1, 10, 1 << 30]),
        "row_group_size": st.sampled_from([2, 1000]),
        "store_schema": st.booleans(),
    }
)


def written(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def read(content):
    return parquet.read(pa.BufferReader(content), parquet.Budget())


@pytest.fixture
def tries(monkeypatch):
    """Take every file for a large one; return what came of each try to read it by its page."""
    found = []
    inner = onepage.read

    def tried(*given):
        found.append(inner(*given))
        return found[-1]

    monkeypatch.setattr(parquet, "_LARGE", 0)
    monkeypatch.setattr(onepage, "read", tried)
    return found


def same(content):
    """Check that a file is read as Arrow reads it: types, values, and bytes that are in order."""
    table = read(content)
    table.validate(full=True)
    assert table.equals(pq.ParquetFile(io.BytesIO(content)).read())


FIXTURES = [HealthCheck.function_scoped_fixture]


@settings(max_examples=200, deadline=None, suppress_health_check=FIXTURES)
@given(st.one_of(st.lists(LISTS, min_size=1, max_size=9), st.lists(st.lists(LISTS, min_size=1), min_size=1)))
@pytest.mark.parametrize("codec", ["snappy", "zstd"])
def test_lists_of_texts_in_one_page_are_read_where_they_lie(tries, codec, rows):
    """Lists of texts, however deep, in one plain page are read without Arrow's reader, as it would read them."""
    deep = isinstance(rows[0][0], list)
    kind = pa.list_(pa.list_(pa.string())) if deep else pa.list_(pa.string())
    same(written(pa.table({"x": pa.array(rows, kind)}), compression=codec, **ONE_PAGE))
    assert tries[-1] is not None


@settings(max_examples=400, deadline=None, suppress_health_check=FIXTURES)
@given(
    rows=st.one_of(
        st.lists(LISTS | ODD, max_size=9), st.lists(st.none() | st.lists(LISTS | ODD), max_size=9)
    ),
    options=OPTIONS,
)
def test_any_lists_of_texts_are_read_as_arrow_reads_them(tries, rows, options):
    """Whatever nulls, pages, versions, codecs and encodings a column of lists of texts has, its table is Arrow's."""
    deep = any(isinstance(item, list) or item is None for row in rows for item in row or [])
    deep = deep and not any(isinstance(item, str) for row in rows for item in row or [])
    kind = pa.list_(pa.list_(pa.string())) if deep else pa.list_(pa.string())
    same(written(pa.table({"x": pa.array(rows, kind)}), **options))


SAMPLES = [
    written(pa.table({"x": rows}), compression=codec, write_statistics=False, **ONE_PAGE)
    for rows in ([["a", "bc", ""] * 7], [[["a", "Ærø"], ["x" * 300]], [["b"]]])
    for codec in ("snappy", "zstd")
]
REFUSED = (OSError, ValueError, LookupError, pa.ArrowException)


@settings(max_examples=1500, deadline=None, suppress_health_check=FIXTURES)
@given(st.sampled_from(SAMPLES), st.integers(0, 2**32), st.booleans())
def test_a_changed_page_is_refused_or_read_as_arrow_reads_it(tries, content, seed, cut):
    """Whatever bytes are changed or cut, a file is refused, or read as Arrow reads it where Arrow takes its metadata."""
    chance, changed = random.Random(seed), bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4))):
        changed[chance.randrange(len(changed))] = chance.choice((0, 1, 255, 127, 128, chance.randrange(256)))
    if cut:
        del changed[chance.randrange(len(changed)) :]
    try:
        table = read(bytes(changed))
    except REFUSED as e:
        assert str(e)
        return
    table.validate()
    if tries and tries[-1] is table:
        try:
            arrows = pq.ParquetFile(io.BytesIO(changed)).read()
        except (
            OSError
        ) as e:  # what Arrow's Thrift or statistics refuse and ours pass over: no value hangs on it
            assert re.search("page header|histogram size", str(e))
        else:
            assert table.equals(arrows)


def page_of(count, unfolded, raw, codec="zstd"):
    """Return a page of bytes that claims a number of values and a length, and the file that holds it."""
    folded = pa.compress(raw, codec, asbytes=True)
    return onepage.Page(0, len(folded), unfolded, {"snappy": 1, "zstd": 6}[codec], count), pa.BufferReader(
        folded
    )


LEVELS = b"\x02\0\0\0\x02\0" + b"\x02\0\0\0\x02\x03"  # a value that begins a row, and is there


@pytest.mark.parametrize("codec", ["snappy", "zstd"])
@pytest.mark.parametrize(
    ("raw", "more"),
    [
        (LEVELS + b"\x02\0\0\0ab", 1),
        (LEVELS + b"\x02\0\0\0abc", 0),
        (LEVELS + b"\x03\0\0\0ab", 0),
        (LEVELS + b"\xff\xff\xff\xffab", 0),
        (LEVELS + b"\x02\0", 0),
        (LEVELS[:-2] + b"\x02\x02\x02\0\0\0ab", 0),
        (LEVELS[:-2] + b"\x02\x07\x02\0\0\0ab", 0),
        (b"\x02\0\0\0\x02\x01" + LEVELS[6:] + b"\x02\0\0\0ab", 0),
        (b"\xff\xff\xff\x7f", 0),
        (b"\x01\0\0\0\x80", 0),
        (b"\x01\0\0\0\xff", 0),
        (b"\x02\0\0\0\x00\x00", 0),
    ],
    ids=[
        *("shorter than it claims", "rest", "text too long", "length of all ones", "no length", "null"),
        *("level too large", "first repeats", "levels too long", "open number", "no group", "empty run"),
    ],
)
def test_a_page_that_does_not_agree_is_left_to_arrow(codec, raw, more):
    """A page whose parts do not agree in their lengths or levels is not read here."""
    file = pq.ParquetFile(io.BytesIO(written(pa.table({"x": [["ab"]]}))))
    good = LEVELS + b"\x02\0\0\0ab"
    page, source = page_of(1, len(good), good, codec)
    assert onepage.read(source, page, file).to_pylist() == [{"x": ["ab"]}]
    page, source = page_of(1, len(raw) + more, raw, codec)
    assert onepage.read(source, page, file) is None


def test_a_large_page_takes_no_second_one():
    """Reading many labels allocates, beside what the file and its page take, a tenth of them at most."""
    texts = [f"{hash((i, i)) & (1 << 60) - 1:015x}" for i in range(200_000)]
    content = written(pa.table({"x": [[texts]]}), compression="snappy", **ONE_PAGE)
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    table = read(content)
    assert pool.bytes_allocated() - before < 1.1 * sum(len(t) + 4 for t in texts)
    assert table["x"][0].as_py() == [texts]
