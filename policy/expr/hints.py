"""Ways out of a type error: what the writer most likely meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from policy.expr.machine import address, network
from policy.expr.nodes import IN, INDEX, Literal, Node
from policy.expr.timetext import parse_duration, parse_timestamp
from policy.expr.typed import Input, Typed
from policy.expr.types import BOOL, DOUBLE, INT, NUMBERS, STRING, Variable, plain

_RELATIONS = ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_")
_EXAMPLES: dict[str, tuple[Callable[[str], Any], str]] = {
    "timestamp": (parse_timestamp, "2026-01-31T23:30:00Z"),
    "duration": (parse_duration, "1h30m"),
    "ip": (address, "203.0.113.7"),
    "cidr": (network, "203.0.113.0/24"),
}


def for_call(
    function: str, parts: Sequence[Node], args: Sequence[Typed], declared: Mapping[str, Variable]
) -> list[str]:
    """Help for a call that has no overload."""
    found: list[str] = []
    if function != IN and (
        sets := [arg.name for arg in args if isinstance(arg, Input) and arg.type.name == "set"]
    ):
        found = [f"only `in` looks into a set: write `x in {sets[0]}`"]
    elif function in _RELATIONS:
        found = relation(parts, args) or chain(function, args)
    elif function == IN:
        found = membership(parts, args)
    elif function == INDEX and plain(args[0].type) == STRING:
        found = ["write `text.charAt(0)` for a character"]
    else:
        found = numbers(parts, args)
    return [*found, *declarations(args, declared)]


def declarations(args: Sequence[Typed], declared: Mapping[str, Variable]) -> list[str]:
    """Where the names that take part got their types, if the caller said so."""
    names = dict.fromkeys(arg.name for arg in args if isinstance(arg, Input))
    return [f"`{name}` is {declared[name].where}" for name in names if declared[name].where]


def relation(parts: Sequence[Node], args: Sequence[Typed]) -> list[str]:
    """A literal in the wrong clothes on one side of a comparison."""
    for part, arg, other in zip(parts, args, reversed(args), strict=False):
        if not isinstance(part, Literal) or arg.type == other.type:
            continue
        if isinstance(part.value, str):
            if other.type in NUMBERS and is_number(part.value):
                return [f"write {part.value} without quotes"]
            if other.type == BOOL and part.value.lower() in ("true", "false"):
                return [f"write {part.value.lower()} without quotes"]
            if other.type.name in _EXAMPLES:
                return [f"write {other.type}('{_example(other.type.name, part.value)}')"]
        elif plain(other.type) == STRING and arg.type in NUMBERS:
            return [f"write '{part.value}' in quotes"]
        elif other.type == BOOL and arg.type == INT and part.value in (0, 1):
            return [f"write {str(part.value == 1).lower()}"]
        elif other.type.name == "duration" and arg.type in NUMBERS:
            return [f"write duration('{part.value}s'), or another unit: h, m, s, ms"]
        elif other.type.name == "timestamp" and arg.type == INT:
            return [
                f"write timestamp({part.value}) for seconds since 1970, or timestamp('2026-01-31T23:30:00Z')"
            ]
    return []


def _example(type_: str, text: str) -> str:
    """The text if the type's function can read it, else one that it can."""
    reads, example = _EXAMPLES[type_]
    tried = (text, f"{text}T00:00:00Z", f"{text.replace(' ', 'T')}Z")
    return next((each for each in tried if reads(each) is not None), example)


def chain(function: str, args: Sequence[Typed]) -> list[str]:
    """`1 < x < 3`."""
    if function != "_==_" and args[0].type == BOOL:
        return ["a comparison does not chain: write `a < b && b < c`"]
    return []


def numbers(parts: Sequence[Node], args: Sequence[Typed]) -> list[str]:
    """An int beside a double: one of them must say what it is."""
    if {arg.type for arg in args} != {INT, DOUBLE}:
        return []
    for part, arg in zip(parts, args, strict=True):
        if arg.type == INT and isinstance(part, Literal):
            return [f"write {part.value}.0"]
    return ["`double(…)` makes a double of an int"]


def membership(parts: Sequence[Node], args: Sequence[Typed]) -> list[str]:
    """`in` with the wrong thing on its right."""
    item, container = (arg.type for arg in args)
    if plain(container) == STRING and plain(item) == STRING:
        return ["write `text.contains('part')` to look inside a string"]
    if item.name == "ip" and isinstance(parts[1], Literal) and isinstance(parts[1].value, str):
        kind = "cidr" if "/" in parts[1].value else "ip"
        text = f"{kind}('{parts[1].value}')"
        return [f"write `in {text}`" if kind == "cidr" else f"write `== {text}`"]
    if item.name == "ip" and container.name == "list" and plain(container.element) == STRING:
        return ["write each address as ip('…'), or a range as `in cidr('…')`"]
    if container.name not in ("list", "set"):
        return ["`in` needs a list on its right: [a, b]"]
    return []


def side(part: Node) -> list[str]:
    """`country == 'NO' || 'SE'`."""
    if not isinstance(part, Literal) or isinstance(part.value, bool) or part.value is None:
        return []
    return ["every side is a comparison of its own: write `x == a || x == b`, or `x in [a, b]`"]


def is_number(text: str) -> bool:
    """Whether the text reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and "_" not in text and text.strip() == text
