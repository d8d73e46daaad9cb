"""The bodies of requests: their limits, and JSON out of hostile bytes."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import msgspec

DECISION_BYTES = 64 * 1024
RANKING_BYTES = 2 * 1024 * 1024  # a history and an `exclude` of MAX_HISTORY items each, with ids of 80 bytes
BATCH_BYTES = 16 * 1024 * 1024
BATCH_LINES = 1_000

_decode = msgspec.json.Decoder().decode


class BodyError(Exception):
    """The bytes are not JSON; the message says where."""


def json_value(body: bytes) -> Any:
    """The JSON value in the bytes; that it is an object, and of what, is for the policy to say.

    NaN, Infinity, a lone surrogate, and bytes that are not UTF-8 are no JSON: BodyError. So is nesting beyond
    what the interpreter bears. A number that no 64-bit float holds (1e999) becomes an infinity, which no
    input accepts. Of a duplicate name the last value counts (RFC 8259 leaves that open).
    """
    try:
        return _decode(body)
    except msgspec.ValidationError:
        return _with_infinities(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BodyError(_explain(body, error)) from None
    except RecursionError:
        raise BodyError("the body is nested too deeply") from None


def _with_infinities(body: bytes) -> Any:
    """The slow path, for a body that holds a number out of range."""
    try:
        return json.loads(body.decode(), parse_int=_integer, parse_constant=_no_constant)
    except RecursionError:
        raise BodyError("the body is nested too deeply") from None
    except ValueError as error:
        raise BodyError(_explain(body, error)) from None


def _integer(text: str) -> int | float:
    return int(text) if len(text) < 20 else float(text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _explain(body: bytes, error: Exception) -> str:
    if not body.strip():
        return "the body is empty; expected one JSON object that holds the facts"
    if isinstance(error, UnicodeDecodeError):
        return "the body is not valid UTF-8"
    return f"the body is not valid JSON: {str(error).removeprefix('JSON is malformed: ')}"
