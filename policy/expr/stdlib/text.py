"""`string(…)`: values as text."""

from __future__ import annotations

from policy.expr.functions import function
from policy.expr.timetext import show_duration, show_timestamp


@function(
    "string", "(string) -> string", doc="The value itself.", examples=["string('a') == 'a'"], template="{0}"
)
def string_of_string(value: str) -> str:
    return value


@function("string", "(bool) -> string", doc="`true` or `false`.", examples=["string(true) == 'true'"])
def string_of_bool(value: bool) -> str:
    return "true" if value else "false"


@function("string", "(int) -> string", doc="Decimal.", examples=["string(-7) == '-7'"])
def string_of_int(value: int) -> str:
    return str(value)


@function(
    "string",
    "(double) -> string",
    doc="The shortest decimal that reads back as the same double, with an exponent below 1e-4 and from 1e6 on.",
    examples=["string(-4.5e-3) == '-0.0045'", "string(1.0) == '1'", "string(1e6) == '1e+06'"],
)
def string_of_double(value: float) -> str:
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    sign = "-" if repr(value).startswith("-") else ""
    if value == 0:
        return sign + "0"
    digits, power = _shortest(abs(value))
    return sign + (_positional(digits, power) if -4 <= power < 6 else _scientific(digits, power))


def _shortest(value: float) -> tuple[str, int]:
    """The significant digits, and the power of ten of the first."""
    text = repr(value)
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = fraction if fraction != "0" else ""
    power = int(exponent or 0) + len(whole) - 1
    digits = whole + fraction
    stripped = digits.lstrip("0")
    power -= len(digits) - len(stripped)
    return stripped.rstrip("0") or "0", power


def _scientific(digits: str, power: int) -> str:
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _positional(digits: str, power: int) -> str:
    if power < 0:
        return "0." + "0" * (-power - 1) + digits
    whole = digits[: power + 1].ljust(power + 1, "0")
    fraction = digits[power + 1 :]
    return f"{whole}.{fraction}" if fraction else whole


@function(
    "string",
    "(timestamp) -> string",
    doc="RFC 3339 in UTC, with as many of 0, 3, 6 or 9 decimals as it takes.",
    examples=["string(timestamp(0)) == '1970-01-01T00:00:00Z'"],
)
def string_of_timestamp(value: int) -> str:
    return show_timestamp(value)


@function(
    "string",
    "(duration) -> string",
    doc="Seconds, with as many of 0, 3, 6 or 9 decimals as it takes.",
    examples=["string(duration('1m1ms')) == '60.001s'"],
)
def string_of_duration(value: int) -> str:
    return show_duration(value)
