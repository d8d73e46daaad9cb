"""Values inside compiled expressions, and the way in and out.

| type      | outside                                     | inside                                                  |
|-----------|---------------------------------------------|---------------------------------------------------------|
| bool      | bool                                        | bool                                                    |
| int       | int                                         | int, -2**63 to 2**63-1                                  |
| double    | float, or an int of at most 2**53           | float, never NaN                                        |
| string    | str                                         | str                                                     |
| timestamp | datetime with a zone                        | int: nanoseconds since 1970-01-01T00:00:00Z             |
| duration  | timedelta                                   | int: nanoseconds, within 64 bits                        |
| ip        | str, ipaddress.IPv4Address, IPv6Address     | int: an IPv4 address, or 2**128 + an IPv6 address       |
| cidr      | str, ipaddress.IPv4Network, IPv6Network     | (first, last, bits) as ints                             |
| list(T)   | list or tuple                               | tuple of T, None for an unknown element                 |

Unknown (null, missing, NaN) is None on both sides.
"""

from __future__ import annotations

import ipaddress
import math
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from policy.expr.types import Type

MIN_INT, MAX_INT = -(2**63), 2**63 - 1
MAX_LIST = 1000  # items of a list
MAX_TEXT = 65_536  # characters of a string that an expression makes
MAX_EXACT = 2**53  # doubles hold every int up to here
SECOND = 10**9  # nanoseconds
MIN_SECOND, MAX_SECOND = -62_135_596_800, 253_402_300_799  # of the years 1 to 9999, since 1970
MIN_TIME = MIN_SECOND * SECOND  # 0001-01-01T00:00:00Z
MAX_TIME = (MAX_SECOND + 1) * SECOND - 1  # 9999-12-31T23:59:59.999999999Z
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IPV6 = 1 << 128  # added to an IPv6 address, so that no two addresses share a number
_MAPPED = 0xFFFF << 32  # ::ffff:0:0/96, IPv4 addresses as a dual-stack socket shows them

_MICROSECOND = timedelta(microseconds=1)


class MistypedError(Exception):
    """A value is not of its declared type; the text says what was expected and what came."""


def _mistyped(wanted: str, value: Any) -> MistypedError:
    got = "null" if value is None else type(value).__name__
    return MistypedError(f"expected {wanted}, got {got}")


def _bool(value: Any) -> bool:
    if value is True or value is False:
        return value
    raise _mistyped("bool", value)


def _int(value: Any) -> int:
    if type(value) is not int:
        raise _mistyped("int", value)
    if MIN_INT <= value <= MAX_INT:
        return value
    raise MistypedError("expected int of 64 bits, got a larger one")


def _double(value: Any) -> float | None:
    if type(value) is float:
        return value if value == value else None
    if type(value) is int and -MAX_EXACT <= value <= MAX_EXACT:
        return float(value)
    raise _mistyped("double", value)


def _string(value: Any) -> str:
    if type(value) is not str:
        raise _mistyped("string", value)
    if value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value):
        return value
    raise MistypedError("expected string, got one with half of a surrogate pair")


def nanoseconds(value: timedelta) -> int:
    """Exact, where `total_seconds` is not."""
    return value // _MICROSECOND * 1000


def time_of(value: datetime) -> int:
    """The machine value of an aware datetime."""
    return nanoseconds(value - EPOCH)


def _timestamp(value: Any) -> int:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return time_of(value)
    raise _mistyped("timestamp (a datetime with a zone)", value)


def _duration(value: Any) -> int:
    if not isinstance(value, timedelta):
        raise _mistyped("duration (a timedelta)", value)
    duration = nanoseconds(value)
    if MIN_INT <= duration <= MAX_INT:
        return duration
    raise MistypedError("expected duration of at most 292 years, got a longer one")


def address(text: str) -> int | None:
    """The machine value of an address in its usual notation, None if it is none. IPv4 in IPv6 is IPv4."""
    try:
        if ":" not in text:
            return int.from_bytes(socket.inet_pton(socket.AF_INET, text), "big")
        number = int.from_bytes(socket.inet_pton(socket.AF_INET6, text), "big")
    except (OSError, ValueError):
        return None
    return number - _MAPPED if number >> 32 == _MAPPED >> 32 else number + IPV6


def _ip(value: Any) -> int:
    if isinstance(value, ipaddress.IPv4Address | ipaddress.IPv6Address):
        value = str(value)
    if type(value) is not str:
        raise _mistyped("ip", value)
    number = address(value)
    if number is None:
        raise MistypedError("expected ip, got text that is no address")
    return number


def network(text: str) -> tuple[int, int, int] | None:
    """First address, last address and prefix length of a range like 10.0.0.0/8, None if it is none."""
    base, slash, length = text.partition("/")
    first = address(base)
    if first is None or not slash or not length.isascii() or not length.isdigit() or len(length) > 3:
        return None
    width, bits = (32, int(length)) if ":" not in base else (128, int(length))
    if width == 128 and first < IPV6:  # a mapped address: only its last 32 bits may be free
        width, bits = 32, bits - 96
    if not 0 <= bits <= width or (bits < 10 and len(length) > 1 and length[0] == "0"):
        return None
    hosts = (1 << width - bits) - 1
    return first & ~hosts, first | hosts, bits


def _cidr(value: Any) -> tuple[int, int, int]:
    if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
        value = str(value)
    if type(value) is not str:
        raise _mistyped("cidr", value)
    found = network(value)
    if found is None:
        raise MistypedError("expected cidr, got text that is no range of addresses")
    return found


def _known(value: Any) -> Any:
    return value


_INWARD: dict[str, Callable[[Any], Any]] = {
    "bool": _bool,
    "int": _int,
    "double": _double,
    "string": _string,
    "timestamp": _timestamp,
    "duration": _duration,
    "ip": _ip,
    "cidr": _cidr,
    "set": _known,
}


def inward(type_: Type) -> Callable[[Any], Any]:
    """A function from an outside value that is not None to the machine value. It raises MistypedError."""
    if type_.name == "list":
        return _list(inward(type_.element))
    return _INWARD[type_.name]


def _list(element: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def convert(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise _mistyped("list", value)
        if len(value) > MAX_LIST:
            raise MistypedError(f"expected list of at most {MAX_LIST} items, got {len(value)}")
        return tuple(None if item is None else element(item) for item in value)

    return convert


def show_address(number: int) -> str:
    """The usual notation of a machine value."""
    if number < IPV6:
        return str(ipaddress.IPv4Address(number))
    return str(ipaddress.IPv6Address(number - IPV6))


def show_network(value: tuple[int, int, int]) -> str:
    """Likewise, of a range."""
    return f"{show_address(value[0])}/{value[2]}"


def _to_datetime(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value // 1000)


def _to_timedelta(value: int) -> timedelta:
    return timedelta(microseconds=value // 1000)


_OUTWARD: dict[str, Callable[[Any], Any]] = {
    "timestamp": _to_datetime,
    "duration": _to_timedelta,
    "ip": show_address,
    "cidr": show_network,
}


def outward(type_: Type) -> Callable[[Any], Any] | None:
    """A function from a machine value that is not None to the outside value, None if they are the same."""
    if type_.name != "list":
        return _OUTWARD.get(type_.name)
    element = outward(type_.element) or _known
    return lambda value: [None if item is None else element(item) for item in value]


def finite(value: float) -> bool:
    """Whether a double is neither infinite nor NaN."""
    return math.isfinite(value)
