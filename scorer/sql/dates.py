"""What Spark's functions do to dates and timestamps; a timestamp is shown in UTC, for a scorer has no session.

Sources: catalyst.util.DateTimeUtils, SparkDateTimeUtils.stringToDate.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta

from scorer.errors import Invalid, shown
from scorer.sql.exprs import Op

_DATE = re.compile(r"([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T].*)?)?)?", re.DOTALL)
_BLANK = "".join(map(chr, range(33)))  # what Spark trims of a text that it casts


def utc(moment: datetime) -> datetime:
    """Return a timestamp in UTC; one without a zone is there already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parsed(text: str) -> date | None:
    """Read a date as Spark's cast does: year, perhaps month and day, and what follows a blank or T is left out.

    Raises Invalid for a date that Spark has and Python has not.
    """
    found = _DATE.fullmatch(text.strip(_BLANK))
    if found is None or not found[0].isascii():
        return None
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    try:
        made = date(2000 + year % 400, month, day)
    except ValueError:
        return None
    if not MINYEAR <= year <= MAXYEAR:
        raise Invalid(f"{shown(text)} is beyond the years 1 to 9999")
    return made.replace(year=year)


def _last_day(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


DATE_FIELDS: dict[str, Op] = {
    "year": Op(lambda d: d.year),
    "month": Op(lambda d: d.month),
    "day": Op(lambda d: d.day),
    "dayofmonth": Op(lambda d: d.day),
    "dayofweek": Op(lambda d: d.isoweekday() % 7 + 1),
    "weekday": Op(lambda d: d.weekday()),
    "dayofyear": Op(lambda d: d.timetuple().tm_yday),
    "weekofyear": Op(lambda d: d.isocalendar()[1]),
    "quarter": Op(lambda d: (d.month + 2) // 3),
}
TIME_FIELDS: dict[str, Op] = {
    "hour": Op(lambda t: utc(t).hour),
    "minute": Op(lambda t: utc(t).minute),
    "second": Op(lambda t: utc(t).second),
}
LAST_DAY = Op(_last_day)
DIFFERENCE = Op(lambda a, b: (a - b).days)


def added(sign: int) -> Op:
    """Return a date some days later (or earlier)."""

    def add(day: date, days: int, place: int) -> date:
        try:
            return day + timedelta(sign * days)
        except OverflowError:
            raise Invalid(f"{day} and {days} days is beyond the years 1 to 9999", place) from None

    return Op(add, fails=True)


def midnight(day: date) -> datetime:
    """Return the first moment of a day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def written(moment: datetime) -> str:
    """Write a timestamp as Spark casts it to text."""
    there = utc(moment)
    text = there.strftime("%H:%M:%S") + (f".{there.microsecond:06d}".rstrip("0") if there.microsecond else "")
    return f"{there.date().isoformat()} {text}"
