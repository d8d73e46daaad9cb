"""Time zones: how far a place is from UTC at a time, by name or by a fixed offset."""

from __future__ import annotations

import functools
import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from policy.expr.functions import RefusedError
from policy.expr.machine import EPOCH, MAX_SECOND, MIN_SECOND

_DAY = 86_400
_FIXED = re.compile(r"([+-]?)([0-9]{2}):([0-9]{2})").fullmatch


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
        moment = EPOCH + timedelta(seconds=min(max(seconds, MIN_SECOND + 2 * _DAY), MAX_SECOND - 2 * _DAY))
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


UTC_ZONE = read_zone("UTC")
