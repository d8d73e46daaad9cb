"""Thrift's compact protocol, as far as Parquet's metadata need it: a struct becomes `{field number: value}`.

Source: "Thrift Compact protocol encoding", github.com/apache/thrift, doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

import struct
from typing import Any

Struct = dict[int, Any]
MAX_DEPTH = 16
MAX_VALUES = 1 << 20  # in one struct, with what is in it

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)


class Reader:
    """Reads structs of a buffer, one after the other; raises ValueError where the bytes are none."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at
        self._left = MAX_VALUES

    def struct(self, depth: int = 0) -> Struct:
        """Read a struct."""
        found: Struct = {}
        number = 0
        while True:
            head = self._byte()
            if head == 0:
                return found
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            kind = head & 15
            found[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)

    def _value(self, kind: int, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise ValueError("its metadata are too large or too deep")
        if kind in (_I16, _I32, _I64):
            return self._zigzag()
        if kind == _BINARY:
            return self._take(self._varint())
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in (_LIST, _SET):
            head = self._byte()
            size = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._item(head & 15, depth + 1) for _ in range(self._counted(size))]
        if kind == _MAP:
            return self._map(depth + 1)
        if kind == _DOUBLE:
            return struct.unpack("<d", self._take(8))[0]
        return self._item(kind, depth)

    def _item(self, kind: int, depth: int) -> Any:
        """Read an item of a list, where a truth value takes a byte."""
        if kind in (_TRUE, _FALSE):
            return self._byte() == _TRUE
        if kind == _BYTE:
            return self._byte()
        if not _I16 <= kind <= _STRUCT:
            raise ValueError(f"its metadata hold a value of the unknown type {kind}")
        return self._value(kind, depth)

    def _map(self, depth: int) -> list[tuple[Any, Any]]:
        size = self._counted(self._varint())
        kinds = self._byte() if size else 0
        return [(self._item(kinds >> 4, depth), self._item(kinds & 15, depth)) for _ in range(size)]

    def _counted(self, size: int) -> int:
        """Check the size that a list claims: each item takes a byte at least."""
        if size > len(self.data) - self.at:
            raise ValueError("its metadata claim more values than they have bytes")
        return size

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise ValueError("its metadata end too early")
        taken, self.at = self.data[self.at : end], end
        return taken

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("its metadata hold a number of more than 64 bits")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
