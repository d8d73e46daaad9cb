"""`timestamp(…)` and `duration(…)`: times from text and numbers, and back to an int.

A row counts nanoseconds, a column microseconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from policy.expr.functions import function
from policy.expr.machine import MAX_SECOND, MIN_SECOND, SECOND
from policy.expr.timetext import parse_duration, parse_timestamp


@function(
    "timestamp",
    "(string) -> timestamp",
    partial=True,
    doc="The time that RFC 3339 text tells; unknown for other text and outside of the years 1 to 9999.",
    examples=["timestamp('2026-01-31T23:30:00Z') == timestamp('2026-02-01T00:30:00+01:00')"],
)
def timestamp_of_string(text: str) -> int | None:
    return parse_timestamp(text)


@function(
    "timestamp",
    "(int) -> timestamp",
    partial=True,
    doc="The time so many seconds after 1970-01-01T00:00:00Z; unknown outside of the years 1 to 9999.",
    examples=["timestamp(86400) == timestamp('1970-01-02T00:00:00Z')"],
)
def timestamp_of_int(seconds: int) -> int | None:
    return seconds * SECOND if MIN_SECOND <= seconds <= MAX_SECOND else None


@timestamp_of_int.batch
def _(seconds: Any) -> Any:
    fits = (seconds >= MIN_SECOND) & (seconds <= MAX_SECOND)
    return np.where(fits, seconds, 0) * 1_000_000, fits


@function(
    "timestamp",
    "(timestamp) -> timestamp",
    doc="The value itself.",
    examples=["timestamp(timestamp(0)) == timestamp(0)"],
    template="{0}",
)
def timestamp_of_timestamp(value: int) -> int:
    return value


@function(
    "duration",
    "(string) -> duration",
    partial=True,
    doc="The duration that text like `1h30m` or `-1.5s` tells, with the units h m s ms us ns; unknown for other text "
    "and beyond 292 years.",
    examples=["duration('1h30m') == duration('5400s')"],
)
def duration_of_string(text: str) -> int | None:
    return parse_duration(text)


@function(
    "duration",
    "(duration) -> duration",
    doc="The value itself.",
    examples=["duration(duration('1s')) == duration('1s')"],
    template="{0}",
)
def duration_of_duration(value: int) -> int:
    return value


@function(
    "int",
    "(timestamp) -> int",
    doc="Whole seconds since 1970-01-01T00:00:00Z.",
    examples=["int(timestamp('1970-01-02T00:00:00Z')) == 86400"],
    template="{0} // 1000000000",
)
def int_of_timestamp(value: int) -> int:
    return value // SECOND


@int_of_timestamp.batch
def _(value: Any) -> Any:
    return value // 1_000_000
