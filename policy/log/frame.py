"""JSON that many records share, cut where their own values stand, so that it is encoded once."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

ID, AT, FACTS, SCORE, DISTANCE = "\0id", "\0at", "\0facts", "\0score", "\0distance"  # stand for values

_encode = msgspec.json.Encoder().encode


def cut(text: bytes, marks: Sequence[str], *, quoted: Sequence[str] = (ID, AT)) -> tuple[bytes, ...]:
    """The pieces of JSON text around the marks, which stand in it as strings, in this order.

    quoted: marks of strings: their quotes stay in the pieces.
    """
    pieces = [b""]
    for mark in marks:
        before, found, text = text.partition(_encode(mark))
        assert found, mark
        quote = b'"' if mark in quoted else b""
        pieces[-1] += before + quote
        pieces.append(quote)
    pieces[-1] += text
    return tuple(pieces)
