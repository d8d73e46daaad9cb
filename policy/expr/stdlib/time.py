"""Timestamps and durations: literals, parts with time zones, text.

A row counts nanoseconds, a column microseconds. Parts come from the proleptic Gregorian calendar by arithmetic alone;
only the offset of a named zone is looked up.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from policy.expr.functions import Function, RefusedError, function
from policy.expr.machine import MAX_INT, MAX_TIME, MIN_INT, MIN_TIME

SECOND = 10**9
_DAY = 86_400
_FIRST, _LAST = MIN_TIME // SECOND, MAX_TIME // SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
).fullmatch
_DURATION = re.compile(r"[+-]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:h|ms|m|us|ns|s))+)").fullmatch
_PIECE = re.compile(r"([0-9]*)(?:\.([0-9]*))?(h|ms|m|us|ns|s)")
_UNITS = {"h": 3600 * SECOND, "m": 60 * SECOND, "s": SECOND, "ms": 10**6, "us": 10**3, "ns": 1}
_FIXED = re.compile(r"([+-]?)([0-9]{2}):([0-9]{2})").fullmatch
_MAX_DIGITS = 40


# --- from text and back ----------------------------------------------------------------------------------------


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
    seconds = (moment - _EPOCH) // timedelta(seconds=1) - offset
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
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment.replace(tzinfo=None).isoformat()}{_fraction(rest)}Z"


def show_duration(value: int) -> str:
    """Seconds, with the suffix s."""
    seconds, rest = divmod(abs(value), SECOND)
    return f"{'-' if value < 0 else ''}{seconds}{_fraction(rest)}s"


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
    return seconds * SECOND if _FIRST <= seconds <= _LAST else None


@timestamp_of_int.batch
def _(seconds: Any) -> Any:
    fits = (seconds >= _FIRST) & (seconds <= _LAST)
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


# --- zones -----------------------------------------------------------------------------------------------------


class Zone:
    """A time zone: the offset from UTC, in seconds, at a second of UTC."""

    __slots__ = ("_hours", "fixed", "name", "zone")

    def __init__(self, name: str, fixed: int | None, zone: ZoneInfo | None = None) -> None:
        self.name = name
        self.fixed = fixed
        self.zone = zone
        self._hours: dict[int, int | None] = {}

    def __repr__(self) -> str:
        return f"Zone({self.name!r})"

    def offset(self, seconds: int) -> int:
        """For one second."""
        if self.fixed is not None:
            return self.fixed
        moment = _EPOCH + timedelta(seconds=min(max(seconds, _FIRST + 2 * _DAY), _LAST - 2 * _DAY))
        offset = moment.astimezone(self.zone).utcoffset()
        assert offset is not None
        return offset // timedelta(seconds=1)

    def offsets(self, seconds: Any) -> Any:
        """For a column: one look-up an hour, as hardly an hour changes its offset midway."""
        if self.fixed is not None:
            return self.fixed
        hours, place = np.unique(seconds // 3600, return_inverse=True)
        found = [self._of_hour(int(hour)) for hour in hours]
        offsets = np.array([0 if offset is None else offset for offset in found], np.int64)[place]
        for hour in (place_ for place_, offset in enumerate(found) if offset is None):
            for row in np.flatnonzero(place == hour):
                offsets[row] = self.offset(int(seconds[row]))
        return offsets

    def _of_hour(self, hour: int) -> int | None:
        """The offset throughout an hour of UTC, None if it changes."""
        if hour not in self._hours:
            if len(self._hours) > 100_000:
                self._hours.clear()
            first, last = self.offset(hour * 3600), self.offset(hour * 3600 + 3599)
            self._hours[hour] = first if first == last else None
        return self._hours[hour]


@functools.lru_cache(maxsize=1024)
def read_zone(name: str) -> Zone:
    """`UTC`, `+05:30`, `-02:00`, `Europe/Oslo`. Raises RefusedError."""
    if name == "UTC":
        return Zone(name, 0)
    if found := _FIXED(name):
        hours, minutes = int(found[2]), int(found[3])
        if hours > 23 or minutes > 59:
            raise RefusedError(f"{name} is no offset from UTC")
        return Zone(name, (hours * 3600 + minutes * 60) * (-1 if found[1] == "-" else 1))
    try:
        return Zone(name, None, ZoneInfo(name))
    except (OSError, ValueError, LookupError):
        hint = "write a name such as 'Europe/Oslo', 'UTC' or an offset such as '+02:00'"
        raise RefusedError(f"`{name[:60]}` is no time zone", hint) from None


_UTC = read_zone("UTC")


# --- parts of a timestamp --------------------------------------------------------------------------------------


def _civil(days: Any) -> tuple[Any, Any, Any]:
    """Year, month and day of a number of days since 1970, for an int or a column (H. Hinnant, days_from_civil)."""
    shifted = days + 719_468
    era = shifted // 146_097
    day_of_era = shifted - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = (shifted_month + 2) % 12 + 1
    return year_of_era + era * 400 + (month <= 2), month, day


def _year(local: Any) -> Any:
    return _civil(local // _DAY)[0]


def _month(local: Any) -> Any:
    return _civil(local // _DAY)[1] - 1


def _date(local: Any) -> Any:
    return _civil(local // _DAY)[2]


def _day_of_month(local: Any) -> Any:
    return _date(local) - 1


def _day_of_week(local: Any) -> Any:
    return (local // _DAY + 4) % 7


def _day_of_year(local: Any) -> Any:
    days = local // _DAY
    year = _civil(days)[0] - 1
    return days - (year * 365 + year // 4 - year // 100 + year // 400 - 719_162)


def _hours(local: Any) -> Any:
    return local // 3600 % 24


def _minutes(local: Any) -> Any:
    return local // 60 % 60


def _seconds(local: Any) -> Any:
    return local % 60


def _part(name: str, part: Callable[[Any], Any], doc: str, examples: list[str]) -> Function:
    """Registers a part of the calendar or clock in a time zone."""

    def row(value: int, zone: Zone = _UTC) -> int:
        seconds = value // SECOND
        return int(part(seconds + zone.offset(seconds)))

    made = function(
        name,
        "timestamp.() -> int",
        "timestamp.(string) -> int",
        doc=f"{doc}, in UTC or in a time zone: a name, or an offset such as '+02:00'. The zone is a literal.",
        examples=examples,
        literal={1: "the time zone"},
    )(row)

    @made.batch
    def _(value: Any, zone: Zone = _UTC) -> Any:
        seconds = value // 1_000_000
        return part(seconds + zone.offsets(seconds))

    made.prepare(read_zone)
    return made


_AT = "timestamp('2026-01-31T23:30:15Z')"
_part("getFullYear", _year, "The year", [f"{_AT}.getFullYear() == 2026"])
_part("getMonth", _month, "The month, 0 for January", [f"{_AT}.getMonth('Europe/Oslo') == 1"])
_part("getDate", _date, "The day of the month from 1", [f"{_AT}.getDate() == 31"])
_part("getDayOfMonth", _day_of_month, "The day of the month from 0", [f"{_AT}.getDayOfMonth() == 30"])
_part("getDayOfWeek", _day_of_week, "The day of the week, 0 for Sunday", [f"{_AT}.getDayOfWeek() == 6"])
_part("getDayOfYear", _day_of_year, "The day of the year from 0", [f"{_AT}.getDayOfYear() == 30"])
_part("getHours", _hours, "The hour", [f"{_AT}.getHours('+01:30') == 1"])
_part("getMinutes", _minutes, "The minute", [f"{_AT}.getMinutes() == 30"])
_part("getSeconds", _seconds, "The second", [f"{_AT}.getSeconds() == 15"])


@function(
    "getMilliseconds",
    "timestamp.() -> int",
    "timestamp.(string) -> int",
    doc="The milliseconds of the second; a time zone does not change them.",
    examples=["timestamp('2026-01-31T23:30:15.250Z').getMilliseconds() == 250"],
    literal={1: "the time zone"},
)
def milliseconds(value: int, _zone: Zone = _UTC) -> int:
    return value // 1_000_000 % 1000


@milliseconds.batch
def _(value: Any, _zone: Zone = _UTC) -> Any:
    return value // 1000 % 1000


milliseconds.prepare(read_zone)


# --- parts of a duration ---------------------------------------------------------------------------------------


def _whole(name: str, unit: int, doc: str, example: str) -> None:
    """Registers a duration in whole units."""
    microseconds = unit // 1000

    @function(name, "duration.() -> int", doc=doc, examples=[example])
    def row(value: int) -> int:
        return value // unit if value >= 0 else -(-value // unit)

    @row.batch
    def _(value: Any) -> Any:
        return np.sign(value) * (np.abs(value) // microseconds)


_whole("getHours", 3600 * SECOND, "The duration in whole hours.", "duration('90m').getHours() == 1")
_whole("getMinutes", 60 * SECOND, "The duration in whole minutes.", "duration('1h30m').getMinutes() == 90")
_whole("getSeconds", SECOND, "The duration in whole seconds.", "duration('1m1ms').getSeconds() == 60")


@function(
    "getMilliseconds",
    "duration.() -> int",
    doc="The milliseconds beyond the last whole second.",
    examples=["duration('1.25s').getMilliseconds() == 250"],
)
def duration_milliseconds(value: int) -> int:
    rest = abs(value) // 1_000_000 % 1000
    return rest if value >= 0 else -rest


@duration_milliseconds.batch
def _(value: Any) -> Any:
    return np.sign(value) * (np.abs(value) // 1000 % 1000)
