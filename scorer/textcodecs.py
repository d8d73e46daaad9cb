"""Text that Hadoop compressed in forms of its own: where a cluster compresses all text, metadata are compressed, too.

`.deflate` is a zlib stream. `.snappy` and `.lz4` are Hadoop's blocks: how long a block is unfolded, in four bytes, and
then pieces until it is full, each behind its own length. Source: org.apache.hadoop.io.compress.BlockCompressorStream;
the formats' definitions, format_description.txt of github.com/google/snappy, lz4_Block_format.md of github.com/lz4/lz4.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import pyarrow as pa

EXTENSIONS = (".deflate", ".snappy", ".lz4")
MAX_PIECE = 64 << 20  # bytes that one piece may unfold to; Hadoop's have 256 KiB
_number = struct.Struct(">I").unpack_from
_FRAME = b"\x04\x22\x4d\x18"  # how lz4's own files begin


def unfolded(raw: bytes, extension: str, most: int) -> bytes:
    """Unfold a file to at most so many bytes.

    Raises ValueError, OSError or ArrowException if it is not what its name says.
    """
    if extension == ".deflate":
        return _deflated(raw, most)
    if extension == ".lz4" and raw.startswith(_FRAME):
        with pa.CompressedInputStream(pa.BufferReader(raw), "lz4") as stream:
            return bytes(stream.read(most))
    name, length = {".snappy": ("snappy", _snappy_length), ".lz4": ("lz4_raw", _lz4_length)}[extension]
    try:
        return _blocks(raw, most, name, length)
    except (struct.error, IndexError):
        raise ValueError("ends in the middle of a block") from None


def _deflated(raw: bytes, most: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        made = stream.decompress(raw, most)
    except zlib.error as e:
        raise ValueError(f"is no zlib stream: {e}") from None
    if not stream.eof and len(made) < most:
        raise ValueError("ends too early")
    return made


def _blocks(raw: bytes, most: int, codec: str, length: Callable[[bytes], int]) -> bytes:
    made, at = bytearray(), 0
    while at < len(raw) and len(made) < most:
        end = len(made) + _number(raw, at)[0]
        at += 4
        while len(made) < min(end, most):
            size = _number(raw, at)[0]
            piece = raw[at + 4 : at + 4 + size]
            at += 4 + size
            long = length(piece)
            if len(piece) < size or not 0 < long <= min(end - len(made), MAX_PIECE):
                raise ValueError("its blocks are not as long as they claim")
            made += pa.decompress(piece, long, codec, asbytes=True)
    return bytes(made[:most])


def _snappy_length(piece: bytes) -> int:
    """Read how long a piece is unfolded: a number at its beginning, seven bits a byte."""
    value = 0
    for place in range(5):
        value |= (piece[place] & 127) << (7 * place)
        if piece[place] < 128:
            return value
    raise ValueError("a piece has no length")


def _lz4_length(piece: bytes) -> int:
    """Add up how long a piece is unfolded: runs of new bytes, each but the last before a copy of old ones."""
    total = at = 0
    while True:
        token = piece[at]
        new, at = _longer(piece, at + 1, token >> 4)
        total, at = total + new, at + new
        if at >= len(piece):
            return total
        copied, at = _longer(piece, at + 2, token & 15)
        total += copied + 4


def _longer(piece: bytes, at: int, length: int) -> tuple[int, int]:
    """Read the rest of a length that four bits did not hold; return it and the place behind it."""
    while length >= 15:
        more = piece[at]
        length, at = length + more, at + 1
        if more < 255:
            break
    return length, at
