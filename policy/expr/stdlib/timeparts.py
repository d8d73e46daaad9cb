"""`getHours()` and the like: the parts of a timestamp in a time zone, and of a duration.

A row counts nanoseconds, a column microseconds. Parts come from the proleptic Gregorian calendar by arithmetic alone;
only the offset of a named zone is looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from policy.expr.functions import Function, function
from policy.expr.machine import SECOND
from policy.expr.stdlib.zones import UTC_ZONE, Zone, read_zone

_DAY = 86_400


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

    def row(value: int, zone: Zone = UTC_ZONE) -> int:
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
    def _(value: Any, zone: Zone = UTC_ZONE) -> Any:
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
def milliseconds(value: int, _zone: Zone = UTC_ZONE) -> int:
    return value // 1_000_000 % 1000


@milliseconds.batch
def _(value: Any, _zone: Zone = UTC_ZONE) -> Any:
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
