"""One long page of texts, read where it lies: Spark writes all texts of a row into one page, however many they are.

Arrow's reader holds the page and its values beside each other. Here the texts are pushed together in the page itself,
over the lengths between them, and the room that this leaves takes the offsets. Only the plain form that Spark writes is
read; of anything else, and of whatever does not agree, it is said that it cannot be, and Arrow may judge it.
Source: the format's definition, github.com/apache/parquet-format (Encodings.md: PLAIN, RLE).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scorer.thrift import Struct

PLAIN, RLE = 0, 3  # encodings
# those that tell how long the page is: of others Arrow fills up a shorter one, unasked
_CODECS = {1: "snappy", 6: "zstd"}
_BLOCK = 1 << 14  # texts that are moved at a time
_MAX_RUNS = 1 << 16  # of levels; Spark and Arrow write a few for a row
_length = struct.Struct("<I").unpack_from

Bytes = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True, slots=True)
class Page:
    """A data page: where it stands, its bytes there and unfolded, its codec, the number of its values and levels."""

    at: int
    size: int
    unfolded: int
    codec: int
    count: int


def page(header: Struct, at: int, codec: int) -> Page | None:
    """Describe the data page that begins at a place; None if it is not of the one form that is read here."""
    inner = header.get(5)
    if header.get(1) != 0 or not isinstance(inner, dict):
        return None
    if codec not in _CODECS or [inner.get(i) for i in (2, 3, 4)] != [PLAIN, RLE, RLE]:
        return None
    size, unfolded, count = header.get(3), header.get(2), inner.get(1)
    if not (isinstance(size, int) and isinstance(unfolded, int) and isinstance(count, int)):
        return None
    # each text takes the four bytes of its length, and offsets have 32 bits
    fits = 0 < count <= unfolded // 4 < 1 << 29
    return Page(at, size, unfolded, codec, count) if fits else None


def read(source: Any, page: Page, file: pq.ParquetFile) -> pa.Table | None:
    """Read a file by its only page; None if it cannot be read here.

    Takes the bytes of the page, folded and unfolded, and little more; its time is linear in them.
    """
    meta, schema = file.metadata, file.schema_arrow
    kinds = _kinds(schema)
    depth = len(kinds) - 1
    if depth < 1 or (meta.num_columns, meta.num_row_groups) != (1, 1):
        return None
    column, rows = file.schema.column(0), meta.row_group(0).num_rows
    if depth != column.max_repetition_level or column.physical_type != "BYTE_ARRAY":
        return None
    try:
        content = _unfolded(source, page)
        raw = np.frombuffer(content, np.uint8)
        repetition, at = _levels(raw, 0, page.count, depth)
        definition, at = _levels(raw, at, page.count, column.max_definition_level)
        nothing_missing = definition.min(initial=0xFF) == column.max_definition_level
        if not nothing_missing or repetition[0] or np.count_nonzero(repetition == 0) != rows:
            return None
        array = _texts(content, raw, at, page.count)
        for level in range(depth, 0, -1):  # a list begins where a value repeats less than the list's items do
            begins = np.flatnonzero(repetition < level)
            offsets = np.append(begins, len(repetition)).astype(np.int32)
            array = pa.ListArray.from_arrays(pa.array(offsets), array, type=kinds[level - 1])
            repetition = repetition[begins]
        return pa.Table.from_arrays([array], schema=schema)
    except (ValueError, OSError, pa.ArrowException):
        return None


def _kinds(schema: pa.Schema) -> list[pa.DataType]:
    """Return the types from the only column's down to its texts; none if it holds no (lists of) texts."""
    kinds = [schema[0].type] if len(schema) == 1 else [pa.null()]
    while pa.types.is_list(kinds[-1]):
        kinds.append(kinds[-1].value_type)
    return kinds if pa.types.is_string(kinds[-1]) else []


def _unfolded(source: Any, page: Page) -> pa.Buffer:
    """Return the bytes of a page, in memory of its own; those that were folded are let go."""
    source.seek(page.at)
    folded = source.read_buffer(page.size)
    if page.codec == 1 and _varint(folded.slice(0, 10).to_pybytes(), 0)[0] != page.unfolded:
        raise ValueError("its page is not as long as it claims")
    content = pa.decompress(folded, page.unfolded, _CODECS[page.codec])
    del folded
    pa.default_memory_pool().release_unused()
    return content


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of up to five bytes; return it and the place behind it."""
    value = 0
    for shift in range(0, 35, 7):
        if at >= len(data):
            break
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return value, at
    raise ValueError("holds no number where one is due")


def _levels(raw: Bytes, at: int, count: int, most: int) -> tuple[Bytes, int]:
    """Read the levels (count,) that stand behind their length; return them and the place behind them.

    Runs of one level alternate with groups of eight levels in as few bits as the largest takes.
    """
    width = most.bit_length()
    if not 1 <= width <= 8 or at + 4 > len(raw):
        raise ValueError("has no levels")
    end = at + 4 + _length(memoryview(raw.data), at)[0]
    data = raw[at + 4 : end].tobytes()
    if end > len(raw) or len(data) > _MAX_RUNS * 64:
        raise ValueError("its levels are too many")
    levels, place, done = np.empty(count, np.uint8), 0, 0
    for _ in range(_MAX_RUNS):
        if done == count:
            break
        head, place = _varint(data, place)
        if head & 1:
            size = (head >> 1) * width
            made = _unpacked(data[place : place + size], width)
            if len(made) != (head >> 1) * 8:
                raise ValueError("its levels end too early")
        else:
            size, made = 1, np.frombuffer(data[place : place + 1], np.uint8)
            if len(made) != 1:
                raise ValueError("its levels end too early")
        length = min(len(made) if head & 1 else head >> 1, count - done)
        levels[done : done + length] = made[:length]
        place, done = place + size, done + length
    if done < count or place != len(data) or levels.max() > most:
        raise ValueError("its levels are not those of its values")
    return levels, end


def _unpacked(data: bytes, width: int) -> Bytes:
    """Return the numbers of so many bits each that stand in bytes, the lowest bits first."""
    bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    rows = bits[: len(bits) // width * width].reshape(-1, width)
    return np.packbits(rows, axis=1, bitorder="little").reshape(-1)


def _texts(content: pa.Buffer, raw: Bytes, at: int, count: int) -> pa.Array:
    """Push texts together at the front of their page, and write their offsets at its end."""
    offsets = np.empty(count + 1, np.int32)
    data, kept = memoryview(raw.data), 0
    for low in range(0, count, _BLOCK):
        begins, end = _begins(data, at, min(_BLOCK, count - low))
        block, places = raw[at:end], np.array(begins) - at
        keep = np.ones(end - at, np.bool_)
        for i in range(4):
            keep[places + i] = False
        offsets[low : low + len(places)] = kept + places - 4 * np.arange(len(places))
        texts = block[keep]
        raw[kept : kept + len(texts)] = texts  # never past `end`: what is still to be read lies behind
        kept, at = kept + len(texts), end
    offsets[count] = kept
    place = (len(raw) - offsets.nbytes) & ~3
    if at != len(raw) or place < kept:
        raise ValueError("its texts do not end where its page does")
    raw[place : place + offsets.nbytes].view(np.int32)[:] = offsets
    buffers = [None, content.slice(place, offsets.nbytes), content.slice(0, kept)]
    return pa.Array.from_buffers(pa.string(), count, buffers)


def _begins(data: memoryview, at: int, count: int) -> tuple[list[int], int]:
    """Follow the lengths of so many texts; return where each length stands, and where the last text ends."""
    found = []
    try:
        for _ in range(count):
            found.append(at)
            at += 4 + _length(data, at)[0]
    except (struct.error, OverflowError):
        raise ValueError("its texts end too early") from None
    if at > len(data):
        raise ValueError("its texts end too early")
    return found, at
