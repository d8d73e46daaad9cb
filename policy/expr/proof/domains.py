"""What a value can be: a set of keys, and whether it can be unknown.

Keys put every ordered type on one line of ints or texts, so that `< c` is a range without an open or closed end: a
bool is 0 or 1, a double the place of its bits in the order of doubles (-0.0 and 0.0 share one), a time, duration or
address its machine value. Types without a key (lists, ranges of addresses) have one key for all of their values.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy.expr.machine import IPV6, MAX_INT, MAX_TIME, MIN_INT, MIN_TIME
from policy.expr.proof.ranges import EMPTY, TOP, Ranges, both, only, span
from policy.expr.types import DOUBLE, STRING, Type, plain


@dataclass(frozen=True, slots=True)
class Domain:
    """The keys that a value can have, and whether it can be unknown."""

    ranges: Ranges
    unknown: bool

    @property
    def empty(self) -> bool:
        """Whether nothing is left."""
        return not self.ranges and not self.unknown

    def narrowed(self, other: Domain) -> Domain:
        """What is in both."""
        return Domain(both(self.ranges, other.ranges), self.unknown and other.unknown)


Domains = Mapping[str, Domain]


def double_key(value: float) -> int:
    """The place of a double among all of them."""
    bits: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return bits if bits >= 0 else -(bits & MAX_INT)


def _double(key: int) -> float:
    value: float = struct.unpack("<d", struct.pack("<q", abs(key)))[0]
    return value if key >= 0 else -value


_LEAST, _MOST = double_key(-math.inf), double_key(math.inf)
_EVERY: dict[str, Ranges] = {
    "bool": ((0, 2),),
    "int": ((MIN_INT, MAX_INT + 1),),
    "double": ((_LEAST, _MOST + 1),),
    "string": (("", TOP),),
    "timestamp": ((MIN_TIME, MAX_TIME + 1),),
    "duration": ((MIN_INT, MAX_INT + 1),),
    "ip": ((0, 1 << 32), (IPV6, 2 * IPV6)),
}
_OPAQUE: Ranges = ((0, 1),)


def every(type_: Type) -> Ranges:
    """All values of a type."""
    if type_.words is not None:
        return only(*type_.words)
    return _EVERY.get(type_.name, _OPAQUE)


def has_keys(type_: Type) -> bool:
    """Whether the keys of a type tell its values apart."""
    return type_.name in _EVERY


def of_type(type_: Type, *, unknown: bool) -> Domain:
    """Any value of a type."""
    return Domain(every(type_), unknown)


def between(type_: Type, least: Any, most: Any, *, unknown: bool = False) -> Domain:
    """The machine values of a type from the least to the most, both included; None for no limit."""
    ranges = every(type_)
    if least is not None:
        ranges = both(ranges, span(below(type_, least), ranges[-1][1]))
    if most is not None:
        ranges = both(ranges, span(ranges[0][0], above(type_, most))) if ranges else EMPTY
    return Domain(ranges, unknown)


def among(type_: Type, values: tuple[Any, ...], *, unknown: bool = False) -> Domain:
    """One of a few machine values."""
    return Domain(both(every(type_), only(*(below(type_, value) for value in values))), unknown)


def below(type_: Type, value: Any) -> Any:
    """The first key of a type that is not smaller than a machine value, which may be a number of another type."""
    if plain(type_) == STRING:
        return value
    if type_ == DOUBLE:
        near = float(value)
        return double_key(near) + (near < value)
    if isinstance(value, float):
        if math.isinf(value):
            return MAX_INT + 1 if value > 0 else MIN_INT
        return math.ceil(value)
    return int(value)


def above(type_: Type, value: Any) -> Any:
    """The first key of a type that is greater than a machine value."""
    if plain(type_) == STRING:
        return value + "\0"
    if type_ == DOUBLE:
        near = float(value)
        return double_key(near) + (near <= value)
    if isinstance(value, float):
        if math.isinf(value):
            return MAX_INT + 1 if value > 0 else MIN_INT
        return math.floor(value) + 1
    return int(value) + 1


def value_of(type_: Type, key: Any) -> Any:
    """The machine value of a key."""
    if type_ == DOUBLE:
        return _double(key)
    return bool(key) if type_.name == "bool" else key
