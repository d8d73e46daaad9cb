"""What conditions compute with: the machine values of facts, of the score and of the time.

A fact of the types bool, int, double and string is its own machine value; the others are converted, each once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import UNSET

from policy.errors import PolicyError
from policy.expr.machine import MAX_INT, MIN_INT, address, nanoseconds, time_of
from policy.spec.conditions import NOW, SCORE
from policy.spec.inputs import InputSpec
from policy.spec.values import timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NowNeededError(PolicyError, TypeError):
    """A policy reads the time, and none was given."""

    def __init__(self, policy: str) -> None:
        super().__init__(
            f"the policy {policy} reads the time: give it as `now`, a datetime with a zone or RFC 3339 text"
        )


def _duration(value: timedelta) -> int | None:
    length = nanoseconds(value)
    return length if MIN_INT <= length <= MAX_INT else None


CONVERT: Mapping[str, Callable[[Any], Any]] = {"ip": address, "timestamp": time_of, "duration": _duration}


def converter(spec: InputSpec) -> Callable[[Any], Any] | None:
    """What makes the machine value of an input's value that is not None; None if they are the same."""
    return CONVERT.get(spec.type)


def machine_values(
    specs: Sequence[InputSpec], values: Sequence[Any], score: float | None, now: int | None
) -> dict[str, Any]:
    """Machine values by the names of conditions; a fact that was refused or is missing is None."""
    found: dict[str, Any] = {SCORE: score, NOW: now}
    for spec, value in zip(specs, values, strict=True):
        convert = converter(spec)
        known = None if value is UNSET else value
        found[spec.name] = known if known is None or convert is None else convert(known)
    return found


def moment(now: Any) -> int | None:
    """The machine value of a time: a datetime with a zone, or RFC 3339 text. Raises ValueError for what is neither."""
    if now is None:
        return None
    found = timestamp(now)
    if found is None:
        raise ValueError(f"`now` must be a datetime with a zone or RFC 3339 text, not {now!r}")
    return time_of(found)


def instant(nanoseconds_: int) -> datetime:
    """The time of so many nanoseconds since 1970, to the microsecond: what a record of it holds."""
    return _EPOCH + timedelta(microseconds=nanoseconds_ // 1000)


def microseconds(now: int) -> int:
    """The machine value of a time in the unit of lists and columns."""
    return now // 1000
