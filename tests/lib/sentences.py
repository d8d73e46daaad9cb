"""Random well-typed expressions, for properties of the expression language."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

from edges import ADDRESSES, DOUBLES, INTS, MAX, MIN, PATTERNS, STRINGS, ZONES

from policy.expr import Enum

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
