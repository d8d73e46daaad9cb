"""What a list is, and its entries: values with their places, times and owners."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from msgspec import Struct

from policy.diagnostics import Span
from policy.expr.machine import address, network
from policy.expr.types import DOUBLE, INT, IP, STRING, Type, Variable, set_of
from policy.spec.reader import Reader, place
from policy.spec.values import FORM, INT64_MAX, INT64_MIN, encodable, timestamp

TYPES = ("string", "int", "double", "ip", "cidr")
REQUIRABLE = ("expires", "owner", "reason")

COLUMNS = ("value", *REQUIRABLE)

_ELEMENT: Mapping[str, Type] = {"string": STRING, "int": INT, "double": DOUBLE, "ip": IP, "cidr": IP}
_FORM = {
    **{type_: FORM[type_] for type_ in ("string", "int", "double", "ip")},
    "cidr": "cidr (an address, or a range such as 203.0.113.0/24)",
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch
_INT = re.compile(r"[-+]?\d{1,25}", re.ASCII).fullmatch
_DOUBLE = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII).fullmatch
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REPEATED = 20  # entries that stand twice, told one by one


class Entry(Struct, frozen=True):
    """One member of a list.

    value: a machine value (see `policy.expr.machine`), a range (first, last, bits) in a list of the type cidr;
    expires_us: microseconds since 1970 from which on it does not count, None for never.
    """

    value: Any
    span: Span
    expires_us: int | None = None
    owner: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ListSpec:
    """A named list. `path` is its file beside the policy, whose entries `with_file` adds."""

    name: str
    type: str
    span: Span
    entries: tuple[Entry, ...] = ()
    require: tuple[str, ...] = ()
    path: str | None = None
    path_span: Span | None = None

    @property
    def reads_now(self) -> bool:
        """Whether an entry ends at a time, so that what the list holds hangs on `now`."""
        return any(entry.expires_us is not None for entry in self.entries)

    @property
    def variable(self) -> Variable:
        """What the list is to conditions."""
        where = f"a list of the type {self.type}, at line {self.span.line}"
        return Variable(set_of(_ELEMENT[self.type]), optional=False, where=where)


def read_expires(text: str, found: str, span: Span, reader: Reader) -> int | None:
    """Microseconds since 1970; a day means its first moment in UTC. `found` is what stands there, in words."""
    moment = timestamp(f"{text}T00:00:00Z" if _DAY(text) else text)
    if moment is not None:
        return (moment - _EPOCH) // _MICROSECOND
    hints = ("write a time such as 2027-01-31T00:00:00Z, or a day, which means its first moment in UTC",)
    reader.note(
        "E174", "`expires` must be a time with its zone, or a day", span, f"found {found}", hints=hints
    )
    return None


def check_required(spec: ListSpec, given: Mapping[str, Any], span: Span, reader: Reader) -> None:
    """Note what an entry lacks of what its list requires."""
    missing = [word for word in spec.require if word not in given]
    if missing:
        words = ", ".join(f"`{word}`" for word in missing)
        note = f"the list requires {', '.join(spec.require)}"
        reader.note("E173", f"this entry of `{spec.name}` needs {words}", span, note)


def _text(value: str) -> str | None:
    return value if value and encodable(value) else None


def _int(text: str) -> int | None:
    return number("int", int(text)) if _INT(text) else None


def _double(text: str) -> float | None:
    return number("double", float(text)) if len(text) <= 400 and _DOUBLE(text) else None


def number(type_: str, value: Any) -> Any:
    """A number within the limits of its type, None beyond them."""
    if type_ == "int":
        return value if INT64_MIN <= value <= INT64_MAX else None
    try:
        double = float(value)
    except OverflowError:
        return None
    return double if isfinite(double) else None


def _range(text: str) -> tuple[int, int, int] | None:
    """A range, or an address as a range of one."""
    if "/" in text:
        return network(text)
    number = address(text)
    return None if number is None else (number, number, 32 if number < 1 << 32 else 128)


READ: dict[str, Callable[[str], Any]] = {
    "string": _text,
    "int": _int,
    "double": _double,
    "ip": address,
    "cidr": _range,
}


def wrong(spec: ListSpec, found: str, span: Span, reader: Reader, *hints: str) -> None:
    """Note a value that is not of the list's type."""
    if spec.type == "cidr" and "/" in found:
        hints = (*hints, "after the slash stands a number up to 32, or 128 for IPv6")
    if spec.type == "ip" and "/" in found:
        hints = (*hints, "give the list `type: cidr` to hold ranges")
    message = f"an entry of `{spec.name}` must be of the type {_FORM[spec.type]}"
    reader.note("E171", message, span, f"found {found}", hints=hints)


def check_host_bits(text: str, value: tuple[int, int, int], span: Span, reader: Reader) -> None:
    """An address inside of the range that it stands for: the range, or the length, may be mistaken."""
    base = address(text.partition("/")[0])
    if base is not None and base != value[0]:
        message = f"`{text}` means the whole range of {value[1] - value[0] + 1:,} addresses that the address lies in"
        hints = ("leave out the slash for the one address, or write the first address of the range",)
        reader.note("W430", message, span, hints=hints, severity="warning")


def check_repeated(spec: ListSpec, entries: Sequence[Entry], reader: Reader) -> None:
    """Note entries that stand twice, also among those that the list has already."""
    first: dict[Any, Entry] = {entry.value: entry for entry in spec.entries}
    repeated = 0
    for entry in entries:
        before = first.setdefault(entry.value, entry)
        if before is entry:
            continue
        repeated += 1
        if repeated <= _REPEATED:
            note = f"it stands first at {_place(before.span, entry.span)}"
            hints = ("the later of two times counts; keep one of the entries",)
            message = f"an entry of `{spec.name}` stands twice"
            reader.note("W431", message, entry.span, note, hints=hints, severity="warning")
    if repeated > _REPEATED:
        message = f"{repeated - _REPEATED:,} more entries of `{spec.name}` stand twice"
        reader.note("W431", message, spec.span, severity="warning")


def _place(span: Span, other: Span) -> str:
    return place(span) if span.file == other.file else f"{span.file}:{span.line}"
