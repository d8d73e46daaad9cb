"""A cell of a decision table: which values of its column it takes.

| cell                      | takes                                                     |
|---------------------------|-----------------------------------------------------------|
| empty, `-`                | anything, unknown values too                              |
| `NO`, `7`, `"a, b"`       | that value                                                |
| `NO, SE`                  | either                                                    |
| `>= 3`, `< 0.5`, `!= NO`  | what compares so                                          |
| `[0.4, 0.6)`, `0.4..0.6`  | an interval; with `..` alone both ends belong to it       |
| `10.0.0.0/8`              | addresses in the range                                    |
| `lists.office`            | members of the list                                       |
| `not NO, lists.office`    | every known value that is none of these                   |

What is taken is a set of keys as in `policy.expr.proof.domains`, and lists besides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from policy.diagnostics import Span, did_you_mean
from policy.expr import embedded
from policy.expr.machine import MAX_INT, MIN_INT, address, network
from policy.expr.proof import Domain
from policy.expr.proof.domains import above, below, every
from policy.expr.proof.ranges import EMPTY, Ranges, both, covers, only, span, union, without
from policy.expr.timetext import parse_duration, parse_timestamp
from policy.expr.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    IP,
    NUMBERS,
    STRING,
    TIMESTAMP,
    Type,
    is_enum,
    plain,
)

TYPES = (BOOL, INT, DOUBLE, STRING, TIMESTAMP, DURATION, IP)
ANYTHING = ("", "-", "\N{EN DASH}", "\N{EM DASH}")  # a spreadsheet may make a dash of a hyphen

_RANGED = (INT, DOUBLE, TIMESTAMP, DURATION)
_SIGNS = {"=": "==", "<>": "!=", "\u2264": "<=", "\u2265": ">=", "\u2260": "!="}
_COMPARISON = re.compile(r"(>=|<=|!=|<>|==|=|<|>|[\u2264\u2265\u2260])\s*(.*)", re.DOTALL).fullmatch
_INTERVAL = re.compile(r"([\[(])\s*(.*?)\s*(\.\.|,)\s*(.*?)\s*([\])])", re.DOTALL).fullmatch
_NOT = re.compile(r"not\b\s*", re.IGNORECASE).match
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+", re.ASCII).search
_INT = re.compile(r"[-+]?\d{1,25}", re.ASCII).fullmatch
_DOUBLE = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,4})?", re.ASCII).fullmatch
_DASHED = re.compile(r"[0-9.]+ *- *[0-9.]+").fullmatch
_PERCENT = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*%", re.ASCII).fullmatch
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch
_FORM = {
    "bool": "true or false",
    "int": "a whole number",
    "double": "a number such as 0.4",
    "string": "a text",
    "timestamp": "a time such as 2026-01-31T12:00:00Z, or a day",
    "duration": "a duration such as 90s or 1h30m",
    "ip": "an address, or a range such as 203.0.113.0/24",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """Which values a cell takes: those whose keys lie in `ranges`, and members of `lists`; or, `negated`, all others.

    anything: it takes every value, and unknown ones. Without lists `negated` is worked into `ranges`.
    """

    text: str
    span: Span
    ranges: Ranges = EMPTY
    lists: tuple[str, ...] = ()
    negated: bool = False
    anything: bool = False

    def domain(self, type_: Type) -> Domain | None:
        """What it takes of a type, None if that hangs on lists."""
        if self.anything:
            return Domain(every(type_), unknown=True)
        return None if self.lists else Domain(self.ranges, unknown=False)


class CellError(Exception):
    """A cell cannot be read: why, where in its text, and what to do."""

    def __init__(self, message: str, start: int, end: int, *hints: str) -> None:
        super().__init__(message)
        self.start, self.end, self.hints = start, end, hints

    def place(self, span_: Span, text: str) -> Span:
        """The place in the file, for the text of a cell at a span."""
        return embedded(span_, text)(self.start, self.end)


def read_cell(text: str, span_: Span, type_: Type, lists: dict[str, Type]) -> Cell:
    """The meaning of a cell of a column of a type; `lists` are the element types by name. Raises CellError."""
    if text.strip() in ANYTHING:
        return Cell(text, span_, anything=True)
    return _Reader(text, type_, lists).cell(span_)


@dataclass(slots=True)
class _Reader:
    text: str
    type: Type
    lists: dict[str, Type]

    def cell(self, span_: Span) -> Cell:
        begin = 0
        negated = bool(found := _NOT(self.text))
        if found and not (is_enum(self.type) and self.text in (self.type.words or ())):
            begin = found.end()
        else:
            negated = False
        if "," in self.text and self.type in NUMBERS:
            self.check_commas(begin)
        taken, lists, several = list[tuple[Any, Any]](), list[str](), 0
        for part, start in self.parts(begin):
            if part.startswith("lists."):
                lists.append(self.list(part, start))
                continue
            keys, single = self.part(part, start)
            several += not single
            taken += keys
        ranges = union(tuple(taken))
        if several > 1 and covers(ranges, every(self.type)):
            help_ = "a comma means `or`; an interval is written [3, 5)"
            raise CellError("together these take every value", begin, len(self.text), help_)
        if negated and not lists:
            return Cell(self.text, span_, without(every(self.type), ranges))
        return Cell(self.text, span_, both(ranges, every(self.type)), tuple(lists), negated)

    def check_commas(self, begin: int) -> None:
        """A comma right between digits may be a decimal comma, a thousand, or two numbers: nobody can tell."""
        bare = re.sub(r"[\[(][^\])]*[\])]", lambda found: " " * len(found[0]), self.text)
        if found := _DECIMAL_COMMA(bare, begin):
            shown = found[0]
            help_ = f"write {shown.replace(',', '.')} for one number, {shown.replace(',', ', ')} for two"
            raise CellError(f"`{shown}` may be one number or two", found.start(), found.end(), help_)

    def parts(self, begin: int) -> Iterator[tuple[str, int]]:
        """The alternatives between commas, each with its place; quotes and brackets keep commas together."""
        text, start = self.text, begin
        if "," not in text or (text.count(",") == 1 and _INTERVAL(text)):
            part = text[begin:]
            yield self.whole(part.strip(), begin + len(part) - len(part.lstrip()))
            return
        at, closing = begin, ""
        while at <= len(text):
            char = text[at : at + 1]
            if closing:
                closing = "" if char in closing and char else closing
            elif char in ('"', "'") and char and not text[start:at].strip("<>=! \t\u2264\u2265\u2260"):
                closing = char
            elif char in ("[", "(") and char and not text[start:at].strip():
                closing = "])"
            if char in (",", "") and (not closing or not char):
                part = text[start:at]
                yield self.whole(part.strip(), start + len(part) - len(part.lstrip()))
                start = at + 1
            at += 1

    def whole(self, part: str, start: int) -> tuple[str, int]:
        """An alternative and its place, if there is one."""
        if not part:
            message = "a value is missing here"
            raise CellError(message, max(start - 1, 0), start + 1, "`-` means anything")
        return part, start

    def list(self, part: str, start: int) -> str:
        end = start + len(part)
        element = self.lists.get(part)
        if element is None:
            raise CellError(f"there is no list `{part[:80]}`", start, end, *did_you_mean(part, self.lists))
        same = plain(self.type) == element or (self.type in NUMBERS and element in NUMBERS)
        if not same:
            raise CellError(
                f"`{part}` holds values of the type {element}, the column {self.type}", start, end
            )
        return part

    def part(self, part: str, start: int) -> tuple[Ranges, bool]:
        """The keys of one alternative, and whether it is a single value."""
        end = start + len(part)
        if found := _COMPARISON(part):
            sign = _SIGNS.get(found[1], found[1])
            keys = self.comparison(sign, found[2], start + found.start(2), end)
            return keys, sign == "=="
        if part[0] in "[(":
            return self.interval(part, start), False
        if ".." in part and self.type in _RANGED:
            low, _, high = part.partition("..")
            at = start + part.index("..") + 2
            return self.between("[", (low.strip(), start), (high.strip(), at), "]", end), False
        return self.value_keys(part, start), True

    def comparison(self, sign: str, text: str, start: int, end: int) -> Ranges:
        whole = every(self.type)
        if sign in ("==", "!="):
            keys = self.value_keys(text, start)
            return keys if sign == "==" else without(whole, keys)
        if self.type not in _RANGED and plain(self.type) != STRING:
            raise CellError(f"`{sign}` has no meaning for the type {self.type}", start, end)
        value = self.value(text, start)
        first, last = ("", whole[-1][1]) if plain(self.type) == STRING else (whole[0][0], whole[-1][1])
        if sign[0] == ">":
            return span((below if sign == ">=" else above)(self.type, value), last)
        return span(first, (above if sign == "<=" else below)(self.type, value))

    def interval(self, part: str, start: int) -> Ranges:
        end = start + len(part)
        found = _INTERVAL(part)
        if self.type not in _RANGED:
            help_ = "write alternatives without brackets: a, b" if self.type != IP else "write 10.0.0.0/8"
            raise CellError(f"there are no intervals of the type {self.type}", start, end, help_)
        if not found or "," in found[4] or ".." in found[4]:
            raise CellError(
                "an interval has two ends in brackets", start, end, "such as [0.4, 0.6) or 0.4..0.6"
            )
        low, high = ((found[group], start + found.start(group)) for group in (2, 4))
        return self.between(found[1], low, high, found[5], end)

    def between(
        self, opening: str, low: tuple[str, int], high: tuple[str, int], closing: str, end: int
    ) -> Ranges:
        one, other = self.value(*low), self.value(*high)
        first = (below if opening == "[" else above)(self.type, one)
        after = (above if closing == "]" else below)(self.type, other)
        keys = span(first, after)
        if not keys:
            raise CellError("no value lies in this interval", low[1], end, "the lower end comes first")
        return keys

    def value_keys(self, text: str, start: int) -> Ranges:
        if self.type == IP and "/" in text:
            found = network(text)
            if found is None:
                raise self.wrong(text, start)
            return span(found[0], found[1] + 1)
        value = self.value(text, start)
        if self.type == DOUBLE:
            return span(below(DOUBLE, value), above(DOUBLE, value))
        return only(int(value) if self.type == BOOL else value)

    def value(self, text: str, start: int) -> Any:
        """The machine value of a text."""
        end = start + len(text)
        if plain(self.type) == STRING:
            return self.string(text, start, end)
        value = _READ[self.type.name](text)
        if value is None:
            raise self.wrong(text, start)
        return value

    def string(self, text: str, start: int, end: int) -> str:
        if text[:1] in ('"', "'"):
            if len(text) < 2 or text[-1] != text[0]:
                raise CellError("this quote is never closed", start, end)
            text = text[1:-1]
        words = self.type.words
        if words is not None and text not in words:
            near = did_you_mean(text, words) or tuple(
                f"did you mean `{word}`?" for word in words if word.lower() == text.lower()
            )
            shown = ", ".join(words[:12]) + (", …" if len(words) > 12 else "")
            label = self.type.label or "the column"
            raise CellError(f"`{text[:80]}` is not a value of {label}; expected {shown}", start, end, *near)
        return text

    def wrong(self, text: str, start: int) -> CellError:
        name = self.type.name
        message = f"`{text[:80]}` is not {_FORM[name]}" if text else f"expected {_FORM[name]}"
        hints: Collection[str] = ()
        if percent := _PERCENT(text):
            hints = (f"write {float(percent[1]) / 100:g}",)
        elif name == "int" and _DOUBLE(text):
            hints = ("the column is of the type int",)
        elif name in ("int", "double") and _DASHED(text):
            hints = (f"an interval is written {re.sub(' *- *', '..', text, count=1)}",)
        elif name in ("int", "double") and "," in text:
            hints = ("numbers have a decimal point, and nothing between thousands",)
        elif name == "bool" and text.lower() in ("yes", "no", "on", "off", "1", "0"):
            hints = (f"write {str(text.lower() in ('yes', 'on', '1')).lower()}",)
        elif text in ANYTHING:
            hints = ("`-` alone means anything",)
        return CellError(message, start, start + max(len(text), 1), *hints)


def _bool(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _int(text: str) -> int | None:
    value = int(text) if _INT(text) else None
    return value if value is not None and MIN_INT <= value <= MAX_INT else None


def _double(text: str) -> float | None:
    value = float(text) if _DOUBLE(text) else None
    return value if value is not None and abs(value) != float("inf") else None


def _time(text: str) -> int | None:
    return parse_timestamp(f"{text}T00:00:00Z" if _DAY(text) else text)


_READ: dict[str, Callable[[str], Any]] = {
    "bool": _bool,
    "int": _int,
    "double": _double,
    "timestamp": _time,
    "duration": parse_duration,
    "ip": address,
}
