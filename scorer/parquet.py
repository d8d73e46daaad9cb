"""Parquet from outside, read within bounds: what a file may unfold to is known before its values are read.

A few bytes of run lengths can claim billions of values, and one long text in a dictionary can be repeated for each of
them; the totals in the metadata need not be true. So the headers of the pages are read first: they say how many values
each page makes, and a page makes no more. Source: the format's definition, github.com/apache/parquet-format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scorer import onepage
from scorer.thrift import Reader, Struct

FLOOR = 1 << 28  # bytes that any model may unfold to
PER_BYTE = 100  # bytes that a byte of a file may unfold to
MAX_FOOTER = 16 << 20
MAX_PAGES = 1 << 16  # of one file
MAX_FIELDS = 10_000
MAX_NESTING = 32
MAX_HEADER = 1 << 16  # bytes of a page's header; statistics may stand in it
_LARGE = 1 << 20  # bytes; below, threads cost more than they give
_AHEAD = 1 << 18  # bytes of a column that are read at a time
_BATCH = 48 << 20  # bytes of a large table that are read at a time: a column that grows takes twice its size
_WIDTHS = {
    0: 1,
    1: 4,
    2: 8,
    3: 12,
    4: 4,
    5: 8,
}  # by physical type: boolean, int32, int64, int96, float, double
_TEXT = 6  # the physical type of byte arrays
_DICTIONARY, _PREFIXES = (2, 8), 7  # encodings
_MEASURED = (
    16 << 20
)  # bytes of dictionaries whose texts are measured; those that Spark writes have one megabyte
_CODECS = {1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd", 7: "lz4_raw"}
_COUNT_AT = {0: 5, 3: 8}  # where a page header of the type holds its number of values


class Budget:
    """How many bytes the tables of one model may take: a floor, and so many for each byte of its files.

    `read`: the bytes of its files so far.
    """

    def __init__(self) -> None:
        self._left, self.read = FLOOR, 0

    def open(self, size: int) -> None:
        """Count a file in."""
        self.read += size
        self._left += PER_BYTE * size

    def spend(self, count: int) -> None:
        """Take bytes; raises ValueError if there are not so many."""
        if count > self._left:
            raise ValueError(f"claims {count} bytes, more than a model of its size may hold")
        self._left -= count

    @property
    def left(self) -> int:
        """The bytes that are left."""
        return self._left


def read(source: Any, budget: Budget) -> pa.Table:
    """Read one file; raises ValueError, OSError or ArrowException if it cannot be read within the budget."""
    size = source.size()
    budget.open(size)
    found = _Survey(source, size)
    budget.spend(found.plain)
    if sum(found.repeated.values()) > budget.left:
        found.measure(source)
    repeated = list(found.repeated) if sum(found.repeated.values()) > budget.left else None
    # a column's pages one after the other: the reader else holds all bytes of the file beside their values
    with pq.ParquetFile(source, read_dictionary=repeated, buffer_size=_AHEAD, pre_buffer=False) as file:
        only = found.only if size > _LARGE else None
        table = None if only is None else onepage.read(source, only, file)
        if table is None:
            table = _by_arrow(file, found, budget, size)
    if size > _LARGE:
        pa.default_memory_pool().release_unused()  # what the pages took
    if repeated:
        table = _unrepeated(table, budget)
    else:
        budget.spend(max(0, table.nbytes - found.plain))
    return table


def _by_arrow(file: pq.ParquetFile, found: _Survey, budget: Budget, size: int) -> pa.Table:
    """Read a file, at once or in batches."""
    if sum(found.prefixed.values()) > budget.left:
        return _in_small_batches(file, found, budget)
    if size > _LARGE:
        rows = max(1, file.metadata.num_rows * _BATCH // max(1, found.plain))
        return pa.Table.from_batches(file.iter_batches(batch_size=rows, use_threads=False), file.schema_arrow)
    return file.read(use_threads=False)


class _Survey:
    """What a file's footer and page headers claim.

    `plain`: bytes of the values, but for texts that are named by numbers or prefixes; `repeated` and `prefixed`: the
    most that those of a column may take; `dictionaries`: the pages that name those texts; `only`: the page that
    holds all texts of a file with no other page, if it is a plain one.
    """

    def __init__(self, source: Any, size: int) -> None:
        self.plain = self.longest = 0
        self.repeated: dict[str, int] = {}
        self.prefixed: dict[str, int] = {}
        self.dictionaries: list[_Dictionary] = []
        self.only: onepage.Page | None = None
        self._pages = 0
        meta = Reader(_footer(source, size)).struct()
        leaves = _leaves(_structs(meta.get(2)))
        for group in _structs(meta.get(4)):
            chunks = _structs(group.get(1))
            if len(chunks) != len(leaves):
                raise ValueError("its row groups do not have the columns of its schema")
            for leaf, chunk in zip(leaves, chunks, strict=True):
                rows = _whole(group.get(3))
                if rows > self._chunk(source, size, leaf, chunk):
                    raise ValueError(f"claims {rows} rows where its pages hold fewer values")

    def _chunk(self, source: Any, size: int, leaf: _Leaf, chunk: Struct) -> int:
        """Count what the pages of a column chunk unfold to; return the number of values."""
        meta = chunk.get(3)
        if not isinstance(meta, dict) or chunk.get(1):
            raise ValueError("keeps a column in another file")
        start = min(offset for offset in (_whole(meta.get(9)), _whole(meta.get(11, 0)), size) if offset)
        end = start + _whole(meta.get(7))
        if end > size:
            raise ValueError("claims a column past its end")
        values = 0
        named = _Dictionary(leaf.path, _whole(meta.get(4, 0)), 0, 0, 0)
        for at, header in self._headers(source, start, end):
            unfolded, kind = _whole(header.get(2)), header.get(1)
            self.longest = max(self.longest, unfolded)
            if kind == 2:
                named = _Dictionary(leaf.path, named.codec, at, _whole(header.get(3)), unfolded)
                self.dictionaries.append(named)
                self.plain += unfolded
                continue
            inner = header.get(_COUNT_AT.get(_whole(kind), 0), {})
            count = _whole(inner.get(1, 0)) if isinstance(inner, dict) else 0
            encoding = inner.get(2 if kind == 0 else 4) if isinstance(inner, dict) else None
            values += count
            self.only = None
            if self._pages == 1 and at + _whole(header.get(3)) == end and meta.get(5) == count:
                self.only = onepage.page(header, at, named.codec)
            self.plain += unfolded + count * (leaf.width + 8)  # and its levels, offsets and validity
            if leaf.width == 0 and encoding in _DICTIONARY:
                self.repeated[leaf.path] = self.repeated.get(leaf.path, 0) + count * named.unfolded
                named.count += count
            elif leaf.width == 0 and encoding == _PREFIXES:
                self.prefixed[leaf.path] = self.prefixed.get(leaf.path, 0) + count * unfolded
        return values

    def measure(self, source: Any) -> None:
        """Replace what the repeated texts might take by their number × the longest that their dictionary holds."""
        named = [one for one in self.dictionaries if one.count]
        if sum(one.unfolded for one in named) > _MEASURED:
            return
        self.repeated = dict.fromkeys(self.repeated, 0)
        for one in named:
            self.repeated[one.path] += one.count * one.longest(source)

    def _headers(self, source: Any, at: int, end: int) -> Iterator[tuple[int, Struct]]:
        """Read the headers of the pages, each with the place where its page begins."""
        while at < end:
            self._pages += 1
            if self._pages > MAX_PAGES:
                raise ValueError(f"holds more than {MAX_PAGES} pages")
            header, length = _header(source, at, end)
            at += length
            yield at, header
            at += _whole(header.get(3))


def _header(source: Any, at: int, end: int) -> tuple[Struct, int]:
    """Read the page header that starts at a place: mostly short, but for statistics."""
    for size in (256, MAX_HEADER):
        source.seek(at)
        reader = Reader(source.read(min(size, end - at)))
        try:
            return reader.struct(), reader.at
        except ValueError:
            if size == MAX_HEADER:
                raise
    raise AssertionError


@dataclass(slots=True)
class _Dictionary:
    """A page of texts that `count` values of a column name: where it stands, its bytes there and unfolded."""

    path: str
    codec: int
    at: int
    size: int
    unfolded: int
    count: int = 0

    def longest(self, source: Any) -> int:
        """Return the length of the longest text; of all together, if the page is none that can be read here."""
        if self.codec and self.codec not in _CODECS:
            return self.unfolded
        source.seek(self.at)
        page = source.read(self.size)
        if self.codec:
            page = pa.decompress(page, self.unfolded, _CODECS[self.codec], asbytes=True)
        longest = at = 0
        while at + 4 <= len(page):
            length = int.from_bytes(page[at : at + 4], "little")
            longest, at = max(longest, length), at + 4 + length
        return min(longest, self.unfolded)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A column of values: its path, and the bytes of one value (0 for texts)."""

    path: str
    width: int


def _footer(source: Any, size: int) -> bytes:
    source.seek(max(0, size - 8))
    length, magic = struct.unpack("<I4s", source.read(8)) if size >= 12 else (0, b"")
    if magic != b"PAR1" or not 0 < length <= min(size - 12, MAX_FOOTER):
        raise ValueError("its end is not that of Parquet")
    source.seek(size - 8 - length)
    return bytes(source.read(length))


def _leaves(elements: list[Struct]) -> list[_Leaf]:
    """Walk the schema, a tree that is written in depth-first order."""
    if not elements or len(elements) > MAX_FIELDS:
        raise ValueError(f"its schema has {len(elements)} fields")
    leaves: list[_Leaf] = []
    open_: list[list[Any]] = [[_whole(elements[0].get(5, 0)), []]]  # of each group: fields to come, its path
    for element in elements[1:]:
        while open_ and open_[-1][0] == 0:
            open_.pop()
        if not open_ or len(open_) > MAX_NESTING:
            raise ValueError("its schema is no tree, or too deep")
        open_[-1][0] -= 1
        path = [*open_[-1][1], _text(element.get(4))]
        if element.get(5):
            open_.append([_whole(element[5]), path])
            continue
        kind = _whole(element.get(1))
        width = 0 if kind == _TEXT else _WIDTHS.get(kind) or _whole(element.get(2))
        leaves.append(_Leaf(".".join(path), width))
    if not leaves or any(count for count, _ in open_):
        raise ValueError("its schema ends too early")
    return leaves


def _structs(value: Any) -> list[Struct]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("its metadata are not those of Parquet")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("its metadata hold no number where one is due, or one below zero")
    return value


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


# -- texts that may grow -----------------------------------------------------------------------------------------


def _unrepeated(table: pa.Table, budget: Budget) -> pa.Table:
    """Write out texts that a dictionary holds, once it is known how long they are."""
    for column in table.columns:
        for chunk in column.chunks:
            budget.spend(_written(chunk))
    return table.cast(pa.schema([pa.field(f.name, _plain(f.type), f.nullable) for f in table.schema]))


def _written(array: pa.Array) -> int:
    """Return the bytes that the texts of dictionaries in an array take when they are written out."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        lengths = pc.binary_length(array.dictionary).fill_null(0).cast(pa.int64())
        return pc.sum(lengths.take(array.indices.drop_null())).as_py() or 0
    if pa.types.is_struct(kind):
        return sum(_written(array.field(i)) for i in range(kind.num_fields))
    if pa.types.is_map(kind):
        return _written(array.keys) + _written(array.items)
    return _written(array.values) if pa.types.is_list(kind) or pa.types.is_large_list(kind) else 0


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _plain(f.type), f.nullable) for f in kind])
    if pa.types.is_map(kind):
        return pa.map_(_plain(kind.key_type), _plain(kind.item_type))
    return pa.list_(_plain(kind.value_type)) if pa.types.is_list(kind) else kind


def _in_small_batches(file: pq.ParquetFile, found: _Survey, budget: Budget) -> pa.Table:
    """Read texts that are told by their common beginnings so few at a time that no batch can grow too large."""
    if any("." in path for path in found.prefixed) or found.repeated:
        raise ValueError("holds lists of texts in an encoding that may grow too large")
    rows = max(1, budget.left // (4 * max(1, found.longest)))
    batches = []
    for batch in file.iter_batches(batch_size=rows, use_threads=False):
        budget.spend(batch.nbytes)
        batches.append(batch)
    found.plain += sum(batch.nbytes for batch in batches)  # spent
    return pa.Table.from_batches(batches, file.schema_arrow)
