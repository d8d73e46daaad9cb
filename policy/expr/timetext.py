"""Timestamps and durations as text: RFC 3339, and numbers with units."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from policy.expr.machine import EPOCH, MAX_INT, MAX_TIME, MIN_INT, MIN_TIME, SECOND

_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
).fullmatch
_DURATION = re.compile(r"[+-]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:h|ms|m|us|ns|s))+)").fullmatch
_PIECE = re.compile(r"([0-9]*)(?:\.([0-9]*))?(h|ms|m|us|ns|s)")
_UNITS = {"h": 3600 * SECOND, "m": 60 * SECOND, "s": SECOND, "ms": 10**6, "us": 10**3, "ns": 1}
_MAX_DIGITS = 40


def parse_timestamp(text: str) -> int | None:
    """Nanoseconds since 1970 of RFC 3339 text; None for other text and outside of the years 1 to 9999."""
    found = _TIMESTAMP(text)
    if not found:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    hours, minutes = int(found[9] or 0), int(found[10] or 0)
    if hours > 23 or minutes > 59:
        return None
    offset = (hours * 3600 + minutes * 60) * (-1 if found[8] == "-" else 1)
    seconds = (moment - EPOCH) // timedelta(seconds=1) - offset
    value = seconds * SECOND + int((found[7] or "").ljust(9, "0"))
    return value if MIN_TIME <= value <= MAX_TIME else None


def parse_duration(text: str) -> int | None:
    """Nanoseconds of text like `1h30m`, `-1.5s`; None for other text and beyond 64 bits."""
    if len(text) > 200 or not _DURATION(text):
        return None
    total = 0
    for whole, fraction, unit in _PIECE.findall(text):
        if len(whole) + len(fraction) > _MAX_DIGITS:
            return None
        size = _UNITS[unit]
        total += int(whole or 0) * size + int(fraction or 0) * size // 10 ** len(fraction)
    value = -total if text[0] == "-" else total
    return value if MIN_INT <= value <= MAX_INT else None


def _fraction(nanoseconds: int) -> str:
    """The part of a second in 0, 3, 6 or 9 digits, as protocol buffers write it."""
    if not nanoseconds:
        return ""
    digits = f"{nanoseconds:09d}"
    return "." + (
        digits[:3] if digits.endswith("000000") else digits[:6] if digits.endswith("000") else digits
    )


def show_timestamp(value: int) -> str:
    """RFC 3339, in UTC."""
    seconds, rest = divmod(value, SECOND)
    moment = EPOCH + timedelta(seconds=seconds)
    return f"{moment.replace(tzinfo=None).isoformat()}{_fraction(rest)}Z"


def show_duration(value: int) -> str:
    """Seconds, with the suffix s."""
    seconds, rest = divmod(abs(value), SECOND)
    return f"{'-' if value < 0 else ''}{seconds}{_fraction(rest)}s"
