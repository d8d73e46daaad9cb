"""Values of the types of facts: bool, int, double, string, timestamp, duration, ip.

Text becomes a value in one way only, and `plain` gives the text back, so that a logged fact reads in as the
same value. Each reader gives None for what it does not accept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import isfinite, isnan
from typing import Any

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}", re.ASCII).fullmatch
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:(\.\d{1,6})\d{0,3})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
).fullmatch
_DURATION = re.compile(r"([+-]?)((?:\d{1,15}(?:\.\d{1,9})?(?:h|ms|m|s|us|µs|ns))+)", re.ASCII).fullmatch
_PART = re.compile(r"(\d+)(?:\.(\d+))?(h|ms|m|s|us|µs|ns)", re.ASCII).finditer
_NANOSECONDS = {
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 10**9,
    "ms": 10**6,
    "us": 1000,
    "µs": 1000,
    "ns": 1,
}
_LONGEST = 315_576_000_000 * 10**9  # ten thousand years, as in CEL and protobuf


def ip(value: Any) -> str | None:
    """The canonical text of an IPv4 or IPv6 address; IPv4 inside IPv6 (::ffff:1.2.3.4) becomes IPv4."""
    if value.__class__ is str:
        return _address(value) if len(value) <= 45 else None  # the longest text of an IPv6 address
    return _canonical(value) if isinstance(value, IPv4Address | IPv6Address) else None


@lru_cache(4096)
def _address(text: str) -> str | None:
    if _IPV4(text):
        return text
    try:
        return _canonical(ip_address(text))
    except ValueError:
        return None


def _canonical(address: IPv4Address | IPv6Address) -> str | None:
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:  # a zone has a meaning on one machine only
            return None
        return str(address.ipv4_mapped or address)
    return str(address)


def timestamp(value: Any) -> datetime | None:
    """A moment in UTC, to the microsecond, from RFC 3339 text or a datetime that knows its zone."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str) and (found := _RFC3339(value)):
        day, time, fraction, zone = found.groups()
        try:
            moment = datetime.fromisoformat(f"{day}T{time}{(fraction or '.0').ljust(7, '0')}{_offset(zone)}")
        except ValueError:
            return None
    else:
        return None
    try:
        return None if moment.tzinfo is None else datetime.astimezone(moment, UTC)
    except (OverflowError, ValueError):
        return None


def _offset(zone: str) -> str:
    return "+00:00" if zone in "Zz" else zone


def duration(value: Any) -> timedelta | None:
    """A length of time, to the microsecond, from text such as "90s", "1h30m" or "-1.5s", or a timedelta."""
    if isinstance(value, timedelta):
        return timedelta(value.days, value.seconds, value.microseconds) if _short(value) else None
    found = _DURATION(value) if isinstance(value, str) and len(value) <= 100 else None
    if found is None:
        return None
    total = sum(_nanoseconds(*part.groups()) for part in _PART(found[2]))
    if total > _LONGEST:
        return None
    micros = total // 1000
    return timedelta(microseconds=-micros if found[1] == "-" else micros)


def _nanoseconds(whole: str, fraction: str | None, unit: str) -> int:
    size = _NANOSECONDS[unit]
    return int(whole) * size + (int(fraction) * size // 10 ** len(fraction) if fraction else 0)


def _short(value: timedelta) -> bool:
    return abs(value.days) * 86_400 * 10**9 < _LONGEST


def plain(value: Any) -> Any:
    """The value as JSON holds it: a timestamp as RFC 3339, a duration in seconds such as "5400s"."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        micros = value // timedelta(microseconds=1)
        sign, (whole, fraction) = "-" if micros < 0 else "", divmod(abs(micros), 10**6)
        tail = f".{fraction:06d}".rstrip("0") if fraction else ""
        return f"{sign}{whole}{tail}s"
    return value


def boolean(value: Any) -> bool | None:
    """A bool."""
    return value if isinstance(value, bool) else None


def integer(value: Any) -> int | None:
    """An integer of 64 bits; a bool is none, and a double is none even if it is whole."""
    if isinstance(value, int) and not isinstance(value, bool) and INT64_MIN <= value <= INT64_MAX:
        return int(value)
    return None


def double(value: Any) -> float | None:
    """A finite double, from a double, an integer or a decimal number."""
    if isinstance(value, bool) or not isinstance(value, float | int | Decimal):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if isfinite(number) else None


def string(value: Any) -> str | None:
    """Text that UTF-8 can hold: no lone surrogates."""
    if not isinstance(value, str):
        return None
    text = str.__str__(value)
    return text if text.isascii() or encodable(text) else None


def encodable(text: str) -> bool:
    """Whether UTF-8 can hold the text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


CONVERT: dict[str, Callable[[Any], Any]] = {
    "bool": boolean,
    "int": integer,
    "double": double,
    "string": string,
    "timestamp": timestamp,
    "duration": duration,
    "ip": ip,
}

FORM = {
    "bool": "bool",
    "int": "int",
    "double": "double",
    "string": "string",
    "timestamp": "timestamp (RFC 3339, such as 2026-01-31T12:00:00Z)",
    "duration": "duration (such as 90s or 1h30m)",
    "ip": "ip (an IPv4 or IPv6 address)",
}


def describe(value: Any) -> str:
    """What a value of a request is, without telling it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if INT64_MIN <= value <= INT64_MAX else "an int beyond 64 bits"
    if isinstance(value, float):
        return "double" if isfinite(value) else "NaN" if isnan(value) else "an infinite double"
    if isinstance(value, str):
        return "string" if encodable(value) else "a string with a lone surrogate"
    if isinstance(value, datetime):
        return "timestamp" if value.tzinfo is not None else "a timestamp without a time zone"
    if isinstance(value, timedelta):
        return "duration"
    if isinstance(value, dict):
        return "object"
    return "list" if isinstance(value, list | tuple) else type(value).__name__
