"""The types of the language, their names, and which values may stand beside which.

A type is written as in CEL: `bool int double string timestamp duration ip cidr`, `list(string)`. Two are of this
language: an enumeration (a string of which all values are known) and a set (members that only `in` looks at).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_MAX_NESTING = 3  # list(list(int)) is useful, more is a mistake


@dataclass(frozen=True, slots=True)
class Type:
    """A type; `params` are those of a list or set, `words` the values of an enumeration."""

    name: str
    params: tuple[Type, ...] = ()
    words: tuple[str, ...] | None = None
    label: str = ""

    def __str__(self) -> str:
        return f"{self.name}({self.params[0]})" if self.params else self.name

    @property
    def element(self) -> Type:
        """Of a list or set."""
        return self.params[0]


BOOL, INT, DOUBLE, STRING = Type("bool"), Type("int"), Type("double"), Type("string")
TIMESTAMP, DURATION, IP, CIDR = Type("timestamp"), Type("duration"), Type("ip"), Type("cidr")
NULL = Type("null_type")
DYN = Type("dyn")  # the element type of a list literal with items of several types
NOTHING = Type("dyn", label="nothing")  # the element type of `[]`: fits into every list
FAULT = Type("?")  # of what is already reported: fits everywhere, so that one mistake is told once

SCALARS = {type_.name: type_ for type_ in (BOOL, INT, DOUBLE, STRING, TIMESTAMP, DURATION, IP, CIDR)}
NUMBERS = (INT, DOUBLE)
ORDERED = (BOOL, INT, DOUBLE, STRING, TIMESTAMP, DURATION)


def list_of(element: Type) -> Type:
    """`list(element)`."""
    return Type("list", (element,))


def set_of(element: Type) -> Type:
    """`set(element)`: a Python object with `in` over machine values (see `policy.expr.machine`), known at run time.

    One of numbers can be iterated over. One with a method `among(values)` is asked for many machine values at once,
    and gives a bool for each.
    """
    return Type("set", (element,))


def enum_of(words: Sequence[str], name: str = "") -> Type:
    """A string that is one of these words; `name` is what messages call it."""
    return Type("string", (), tuple(words), name)


Enum = enum_of


@dataclass(frozen=True, slots=True)
class Variable:
    """What a name stands for.

    optional: false if the value is never null, missing or NaN; where: the declaration in words, for messages.
    """

    type: Type
    optional: bool = True
    where: str = ""


Declared = str | Type | Variable


def variables(declared: Mapping[str, Declared]) -> dict[str, Variable]:
    """The declarations as variables. Raises ValueError for a type that does not exist."""
    return {name: _variable(name, type_) for name, type_ in declared.items()}


def _variable(name: str, declared: Declared) -> Variable:
    if isinstance(declared, Variable):
        return declared
    try:
        return Variable(declared if isinstance(declared, Type) else parse_type(declared))
    except ValueError as error:
        raise ValueError(f"{error} - at `{name}`") from None


def parse_type(text: str) -> Type:
    """`int`, `list(string)`, `set(ip)`. Raises ValueError."""
    wraps: list[str] = []
    inner = text.strip()
    while inner.endswith(")") and inner.partition("(")[0] in ("list", "set") and len(wraps) < _MAX_NESTING:
        wrap, _, inner = inner[:-1].partition("(")
        wraps.append(wrap)
        inner = inner.strip()
    type_ = SCALARS.get(inner)
    if type_ is None or "set" in wraps[1:]:
        known = ", ".join([*SCALARS, "list(…)", "set(…)"])
        raise ValueError(f"unknown type `{text}`; known: {known}")
    for wrap in reversed(wraps):
        type_ = Type(wrap, (type_,))
    return type_


def is_enum(type_: Type) -> bool:
    """Whether all values are known."""
    return type_.words is not None


def plain(type_: Type) -> Type:
    """The type without what only an enumeration knows."""
    if type_.params:
        return Type(type_.name, tuple(plain(param) for param in type_.params))
    return STRING if type_.name == "string" else type_


def mixes(type_: Type) -> bool:
    """Whether a list, or one in it, has items of several types."""
    return type_ == DYN or any(map(mixes, type_.params))


def fits(type_: Type, wanted: Type) -> bool:
    """Whether a value of the type may stand where the other is wanted."""
    if FAULT in (type_, wanted) or plain(type_) == plain(wanted):
        return True
    if type_.name != wanted.name or not type_.params:
        return False
    return type_.element == NOTHING or fits(type_.element, wanted.element)


def comparable(left: Type, right: Type) -> bool:
    """Whether `==` means something between them."""
    if FAULT in (left, right) or (left in NUMBERS and right in NUMBERS):
        return True
    if left.name == right.name == "list":
        return NOTHING in (left.element, right.element) or comparable(left.element, right.element)
    return plain(left) == plain(right) and left.name != "set"


def common(left: Type, right: Type) -> Type | None:
    """The type of a value that is one or the other, None if there is none."""
    if right in (left, FAULT):
        return left
    if left == FAULT:
        return right
    if plain(left) == plain(right):
        return plain(left)
    if left.name == right.name == "list":
        if NOTHING in (left.element, right.element):
            return right if left.element == NOTHING else left
        element = common(left.element, right.element)
        return list_of(element) if element else None
    return None
