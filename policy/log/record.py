"""The decision log's record: its schema, once, and the checksum of its line.

A line is one JSON object in UTF-8 whose last member, `crc`, is the CRC-32 (zlib) of the bytes before
`,"crc":`, as eight hexadecimal digits, so that a segment stays plain JSON lines and every line proves
itself.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any
from zlib import crc32

import msgspec

from policy.errors import LogError

_SEAL = b',"crc":"%08x"}'  # what closes a record: the checksum of the bytes before it
_LINE = b"%b" + _SEAL + b"\n"
_END = len(_SEAL % 0)
UNWRITABLE = (TypeError, ValueError, OverflowError, RecursionError)  # what `json` raises

json = msgspec.json.Encoder().encode


class LoggedBand(msgspec.Struct, frozen=True):
    """The interval of scores that held the score."""

    action: str
    lower: float
    upper: float
    closed: bool


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One decision.

    decision_id: as in the answer; at: when, RFC 3339 in UTC to the microsecond; policy: its name; facts:
    exactly those that were scored, after defaults, in the clear, or as a hash ("blake2b:…"), or left out,
    as the policy's inputs say; score: None without one; action, band, rule, segment, without_rules, arm,
    reasons, degraded: the outcome; completed: the actions that the caller said the user had
    passed; policy_version, model_version: hashes of their contents.
    """

    decision_id: str
    at: str
    policy: str
    facts: dict[str, Any]
    score: float | None
    action: str
    band: LoggedBand | None = None
    rule: str | None = None
    segment: str | None = None
    without_rules: str | None = None
    arm: str | None = None
    reasons: tuple[dict[str, Any], ...] = ()
    degraded: tuple[dict[str, str], ...] = ()
    completed: tuple[str, ...] = ()
    policy_version: str
    model_version: str | None = None


_decode = msgspec.json.Decoder(Record).decode


def encode(record: Record) -> bytes:
    """The record's line, checksum and line feed included. Raises LogError if JSON cannot hold it."""
    try:
        return sealed(json(record)[:-1])
    except UNWRITABLE as error:
        raise unwritable(record.decision_id, error) from error


def unwritable(decision_id: str, error: Exception) -> LogError:
    """The error for a decision that JSON cannot hold."""
    return LogError(f"decision {decision_id} cannot be written as JSON: {error}")


def sealed(body: bytes) -> bytes:
    """The line of a record's JSON, which comes without its closing brace."""
    return _LINE % (body, crc32(body))


def decode(line: bytes) -> Record:
    """The record of a line, with or without its line feed. Raises LogError if it is torn or altered."""
    whole = unsealed(line)
    try:
        return _decode(whole)
    except msgspec.DecodeError as error:
        raise LogError(f"not a record of a decision: {error}") from error


def unsealed(line: bytes) -> bytes:
    """The JSON of a line whose checksum fits. Raises LogError if it does not."""
    line = line.removesuffix(b"\n")
    body, end = line[:-_END], line[-_END:]
    if end != _SEAL % crc32(body):
        raise LogError("the checksum does not fit" if end.startswith(b',"crc":"') else "the line is cut off")
    return line


def moment(at: int) -> str:
    """Nanoseconds since 1970 as RFC 3339 in UTC, to the microsecond."""
    seconds, rest = divmod(at, 1_000_000_000)
    return f"{_second(seconds)}.{str(1_000_000 + rest // 1000)[1:]}Z"


@lru_cache(8)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
