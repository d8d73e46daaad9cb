"""Random well-typed expressions and hostile rows, for properties of the expression language."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from policy.expr import Enum

MIN, MAX = -(2**63), 2**63 - 1
WORDS = ["clean", "proxy", "tor"]

TYPES: dict[str, Any] = {
    "i": "int",
    "j": "int",
    "x": "double",
    "y": "double",
    "b": "bool",
    "c": "bool",
    "s": "string",
    "r.q": "string",
    "e": Enum(WORDS, "e"),
    "t": "timestamp",
    "v": "timestamp",
    "u": "duration",
    "p": "ip",
    "li": "list(int)",
    "ld": "list(double)",
    "ls": "list(string)",
}

ARROW = {
    "int": pa.int64(),
    "double": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
    "duration": pa.duration("us"),
    "ip": pa.string(),
    "list(int)": pa.list_(pa.int64()),
    "list(double)": pa.list_(pa.float64()),
    "list(string)": pa.list_(pa.string()),
}

INTS = [
    0,
    1,
    -1,
    2,
    3,
    5,
    7,
    -7,
    10,
    100,
    2**31,
    2**53,
    2**53 + 1,
    -(2**53) - 1,
    MAX,
    MAX - 1,
    MIN,
    MIN + 1,
    3037000500,
]
DOUBLES = [
    0.0,
    -0.0,
    0.5,
    1.0,
    -1.5,
    2.5,
    3.0,
    1e-300,
    1e300,
    -1e308,
    2.0**53,
    2.0**63,
    -(2.0**63),
    math.inf,
    -math.inf,
]
STRINGS = [
    "",
    "a",
    "tor",
    "clean",
    "Tor",
    "abc",
    "a,b",
    "  x ",
    "7",
    "-3.5",
    "true",
    "é€😀",
    "10.1.2.3",
    "2026-01-31T23:30:00Z",
]
TIMES = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2025, 3, 30, 0, 59, 59, tzinfo=UTC),
    datetime(2025, 3, 30, 1, 0, tzinfo=UTC),
    datetime(2025, 10, 26, 0, 30, 15, 250000, tzinfo=UTC),
    datetime(1883, 11, 18, 17, 0, tzinfo=UTC),
]
DURATIONS = [
    timedelta(0),
    timedelta(seconds=1),
    timedelta(hours=-36, microseconds=1),
    timedelta(microseconds=-1),
    timedelta(days=365 * 292),
    timedelta(microseconds=9_223_372_036_854_775),
    timedelta(microseconds=-9_223_372_036_854_775),
]
ADDRESSES = ["10.1.2.3", "255.255.255.255", "0.0.0.0", "::1", "2001:db8::7", "::ffff:10.1.2.3", "fe80::1"]
ZONES = ["UTC", "Europe/Oslo", "America/St_Johns", "+05:30", "-11:00", "Australia/Lord_Howe"]
PATTERNS = ["^a", "b$", "^tor$", "a|b", "o", "[0-9]+", "(?i)TOR", "^.{2,3}$", "a\\\\.b"]


class Sentences:
    """Writes random expressions of a wanted type over TYPES."""

    def __init__(self, random: Random, *, core: bool = False) -> None:
        self.random = random
        self.core = core  # only what Google's own implementation accepts as well
        self.locals: list[tuple[str, str]] = []
        self.loops = 0

    def write(self, type_: str, depth: int) -> str:
        """An expression of the type, at most so deep."""
        makers = getattr(self, f"{type_}_")
        return str(makers(depth)) if depth > 0 else self.leaf(type_)

    def leaf(self, type_: str) -> str:
        names = [name for name, kind in self.locals if kind == type_]
        names += [
            name for name, kind in TYPES.items() if (kind if isinstance(kind, str) else "string") == type_
        ]
        if names and self.random.random() < 0.65:
            return self.random.choice(names)
        return self.literal(type_)

    def literal(self, type_: str) -> str:
        pick = self.random.choice
        match type_:
            case "int":
                value = pick(INTS)
                return f"({value})" if value < 0 else str(value)
            case "double":
                value = pick([number for number in DOUBLES if math.isfinite(number)])
                return f"({value!r})" if repr(value)[0] == "-" else repr(value)
            case "bool":
                return pick(["true", "false"])
            case "string":
                return f'"{pick(STRINGS)}"'
            case "timestamp":
                return pick(
                    [
                        "timestamp('2025-03-30T01:00:00Z')",
                        "timestamp('1969-12-31T23:59:59.999999Z')",
                        "timestamp(0)",
                    ]
                )
            case "duration":
                return pick(
                    ["duration('1h30m')", "duration('-1.5s')", "duration('1us')", "duration('2500000h')"]
                )
            case "ip":
                return f"ip('{pick(ADDRESSES[:5])}')"
            case "list(int)":
                return pick(["[1, 2, 3]", "[7]", f"[{MAX}, {MIN}, 0]"])
            case "list(double)":
                return pick(["[0.5, 1.0]", "[2.5]"])
        return pick(['["tor", "a"]', '["a"]'])

    def pick(self, *options: Callable[[], str]) -> str:
        return self.random.choice(options)()

    def bool_(self, depth: int) -> str:
        inner = lambda type_: self.write(type_, depth - 1)  # noqa: E731
        sign = self.random.choice(["<", "<=", ">", ">=", "==", "!="])
        number = self.random.choice(["int", "double"])
        other = number if self.core else self.random.choice(["int", "double"])
        alike = self.random.choice(["string", "timestamp", "duration", "bool"])
        options = [
            lambda: f"{inner(number)} {sign} {inner(other)}",
            lambda: f"{inner(number)} {sign} {inner(other)}",
            lambda: f"({inner(alike)}) {sign} ({inner(alike)})",
            lambda: f"({inner('bool')} && {inner('bool')})",
            lambda: f"({inner('bool')} || {inner('bool')} || {inner('bool')})",
            lambda: f"!({inner('bool')})",
            lambda: f"({inner('bool')} ? {inner('bool')} : {inner('bool')})",
            lambda: (
                f"({inner(number)}) in [{', '.join(self.literal(number) for _ in range(self.random.randint(1, 6)))}]"
            ),
            lambda: f"({inner('string')}) in ['tor', 'a', '']",
            lambda: (
                f"({inner('string')}).{self.random.choice(['startsWith', 'endsWith', 'contains'])}({inner('string')})"
            ),
            lambda: f"({inner('string')}).matches('{self.random.choice(PATTERNS)}')",
            lambda: f"({inner('int')}) in {inner('list(int)')}",
            lambda: f"{inner('list(int)')} {self.random.choice(['==', '!='])} {inner('list(int)')}",
            lambda: f"({inner('string')}) in {inner('list(string)')}",
            lambda: f"bool({inner('string')})",
            lambda: f"math.{self.random.choice(['isInf', 'isFinite'])}({inner('double')})",
        ]
        if not self.core:
            options += [
                lambda: f"has({self.random.choice(list(TYPES))})",
                lambda: f"{self.random.choice(list(TYPES))} {self.random.choice(['==', '!='])} null",
                lambda: f"e {self.random.choice(['==', '!='])} 'tor'",
                lambda: (
                    f"({inner('ip')}) in cidr('{self.random.choice(['10.0.0.0/8', '::/0', '2001:db8::/32', '0.0.0.0/0'])}')"
                ),
                lambda: f"({inner('ip')}) == ({inner('ip')})",
                lambda: f"({inner('ip')}).isLoopback()",
                lambda: f"({inner('double')}) in {inner('list(double)')}",
                lambda: f"isIP({inner('string')})",
            ]
        if self.loops < 2 and depth > 1:
            options.append(lambda: self.loop(depth))
        return self.pick(*options)

    def loop(self, depth: int) -> str:
        kind = self.random.choice(["int", "string"] if self.core else ["int", "double", "string"])
        macro = self.random.choice(["all", "exists", "exists_one"])
        over = self.write(f"list({kind})", depth - 1)
        name = f"k{self.loops}"
        self.loops += 1
        self.locals.append((name, kind))
        text = f"{over}.{macro}({name}, {self.write('bool', depth - 1)})"
        self.locals.pop()
        return text

    def int_(self, depth: int) -> str:
        inner = lambda type_: self.write(type_, depth - 1)  # noqa: E731
        sign = self.random.choice("+-*/%")
        part = self.random.choice(
            ["FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours", "Minutes"]
        )
        zone = self.random.choice(ZONES)
        place = self.random.choice(["", ", 0", ", 2"])
        several = lambda: ", ".join(inner("int") for _ in range(self.random.randint(1, 4)))  # noqa: E731
        options = [
            lambda: f"({inner('int')} {sign} {inner('int')})",
            lambda: f"({inner('int')} {sign} {inner('int')})",
            lambda: f"-({inner('int')})",
            lambda: f"size({inner('string')})",
            lambda: f"{inner('list(int)')}.size()",
            lambda: f"({inner('timestamp')}).get{part}('{zone}')",
            lambda: f"({inner('timestamp')}).get{self.random.choice(['Seconds', 'Milliseconds', 'Hours'])}()",
            lambda: (
                f"({inner('duration')}).get{self.random.choice(['Hours', 'Minutes', 'Seconds', 'Milliseconds'])}()"
            ),
            lambda: f"int({inner(self.random.choice(['double', 'string', 'timestamp']))})",
            lambda: f"({inner('bool')} ? {inner('int')} : {inner('int')})",
            lambda: f"{inner('list(int)')}[{self.random.randint(0, 2)}]",
            lambda: (
                f"({inner('string')}).{self.random.choice(['indexOf', 'lastIndexOf'])}({inner('string')}{place})"
            ),
            lambda: f"math.{self.random.choice(['abs', 'sign', 'bitNot'])}({inner('int')})",
            lambda: (
                f"math.{self.random.choice(['bitAnd', 'bitOr', 'bitXor'])}({inner('int')}, {inner('int')})"
            ),
            lambda: f"math.bitShift{self.random.choice(['Left', 'Right'])}({inner('int')}, {inner('int')})",
            lambda: f"math.{self.random.choice(['least', 'greatest'])}({several()})",
        ]
        if not self.core:
            options.append(lambda: f"({inner('ip')}).family()")
        return self.pick(*options)

    def double_(self, depth: int) -> str:
        inner = lambda type_: self.write(type_, depth - 1)  # noqa: E731
        rounding = self.random.choice(["floor", "ceil", "round", "trunc", "abs", "sign"])
        options = [
            lambda: f"({inner('double')} {self.random.choice('+-*/')} {inner('double')})",
            lambda: f"({inner('double')} {self.random.choice('+-*/')} {inner('double')})",
            lambda: f"-({inner('double')})",
            lambda: f"double({inner(self.random.choice(['int', 'string']))})",
            lambda: f"({inner('bool')} ? {inner('double')} : {inner('double')})",
            lambda: f"math.{rounding}({inner('double')})",
            lambda: f"math.sqrt({inner(self.random.choice(['int', 'double']))})",
            lambda: f"math.{self.random.choice(['least', 'greatest'])}({inner('double')}, {inner('double')})",
        ]
        return self.pick(*options)

    def string_(self, depth: int) -> str:
        inner = lambda type_: self.write(type_, depth - 1)  # noqa: E731
        options = [
            lambda: f"({inner('string')} + {inner('string')})",
            lambda: (
                f"string({inner(self.random.choice(['int', 'double', 'bool', 'timestamp', 'duration']))})"
            ),
            lambda: f"({inner('bool')} ? {inner('string')} : {inner('string')})",
            lambda: (
                f"({inner('string')}).{self.random.choice(['lowerAscii', 'upperAscii', 'trim', 'reverse'])}()"
            ),
            lambda: f"({inner('string')}).substring({self.random.randint(0, 3)})",
            lambda: f"({inner('string')}).charAt({self.random.randint(0, 3)})",
            lambda: f"({inner('string')}).replace({inner('string')}, {inner('string')})",
            lambda: f"{inner('list(string)')}.join('-')",
            lambda: f"strings.quote({inner('string')})",
        ]
        if not self.core:
            options.append(lambda: f"string({inner('ip')})")
        return self.pick(*options)

    def timestamp_(self, depth: int) -> str:
        inner = lambda type_: self.write(type_, depth - 1)  # noqa: E731
        return self.pick(
            lambda: f"({inner('timestamp')} {self.random.choice('+-')} {inner('duration')})",
            lambda: f"timestamp({inner(self.random.choice(['int', 'string']))})",
            lambda: f"({inner('bool')} ? {inner('timestamp')} : {inner('timestamp')})",
        )

    def duration_(self, depth: int) -> str:
        inner = lambda type_: self.write(type_, depth - 1)  # noqa: E731
        return self.pick(
            lambda: f"({inner('timestamp')} - {inner('timestamp')})",
            lambda: f"({inner('duration')} {self.random.choice('+-')} {inner('duration')})",
            lambda: f"({inner('bool')} ? {inner('duration')} : {inner('duration')})",
        )

    def ip_(self, depth: int) -> str:
        return self.leaf("ip") if self.random.random() < 0.5 else f"ip({self.write('string', depth - 1)})"

    def list_(self, kind: str, depth: int) -> str:
        items = ", ".join(self.write(kind, depth - 1) for _ in range(self.random.randint(1, 3)))
        options = [self.leaf(f"list({kind})"), f"[{items}]"]
        if kind == "string":
            options.append(f"({self.write('string', depth - 1)}).split({self.write('string', depth - 1)})")
        if depth > 1:
            options.append(f"({self.list_(kind, depth - 1)} + {self.list_(kind, depth - 1)})")
        if self.loops < 2 and depth > 1:
            options.append(self.made(kind, depth))
        return self.random.choice(options)

    def made(self, kind: str, depth: int) -> str:
        """A list that a macro makes."""
        over = self.write(f"list({kind})", depth - 1)
        name = f"k{self.loops}"
        self.loops += 1
        self.locals.append((name, kind))
        body, test = self.write(kind, depth - 1), self.write("bool", depth - 1)
        self.locals.pop()
        macros = [f"filter({name}, {test})", f"map({name}, {body})", f"map({name}, {test}, {body})"]
        return f"{over}.{self.random.choice(macros)}"

    def __getattr__(self, name: str) -> Callable[[int], str]:
        kind = name[5:-2]
        return lambda depth: self.list_(kind, depth)


def random_value(random: Random, type_: str) -> Any:
    """A value of the type, often at an edge, or None."""
    if random.random() < 0.2:
        return None
    match type_:
        case "int":
            return random.choice(INTS) if random.random() < 0.6 else random.randint(-10, 10)
        case "double":
            return random.choice([*DOUBLES, math.nan]) if random.random() < 0.6 else random.uniform(-3, 3)
        case "bool":
            return random.random() < 0.5
        case "string":
            return random.choice(STRINGS)
        case "timestamp":
            return random.choice(TIMES)
        case "duration":
            return random.choice(DURATIONS)
        case "ip":
            return random.choice(ADDRESSES)
    kind = type_[5:-1]
    return [random_value(random, kind) for _ in range(random.randint(0, 3))]


def random_row(random: Random) -> dict[str, Any]:
    """A row over TYPES."""
    values = {name: random_value(random, kind) for name, kind in TYPES.items() if isinstance(kind, str)}
    return {**values, "e": random.choice([*WORDS, None])}


def table_of(rows: list[dict[str, Any]], *, dictionary: bool = False) -> pa.Table:
    """The rows as an Arrow table, its strings dictionary-encoded if asked for."""
    columns = {}
    for name, kind in TYPES.items():
        arrow = ARROW[kind] if isinstance(kind, str) else pa.string()
        column = pa.array([row[name] for row in rows], arrow)
        columns[name] = column.dictionary_encode() if dictionary and arrow == pa.string() else column
    return pa.table(columns)


def plain(value: Any) -> Any:
    """A value in a form in which equal answers are equal: times in UTC, bit-exact doubles."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return repr(value)


@dataclass(frozen=True)
class Lab:
    """What tests of the language share."""

    types: dict[str, Any]
    sentences: type[Sentences]
    row: Callable[[Random], dict[str, Any]]
    table: Callable[..., pa.Table]
    plain: Callable[[Any], Any]


@pytest.fixture(scope="session")
def lab() -> Lab:
    """Random expressions and rows."""
    return Lab(TYPES, Sentences, random_row, table_of, plain)
