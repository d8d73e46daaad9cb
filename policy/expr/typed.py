"""The checked tree: every node has its type, every call its one overload, every name what it stands for.

Nodes compare by content, so that equal parts can share their value. A constant of value None is a part that is never
known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from policy.expr.functions import Overload
from policy.expr.types import BOOL, Type, list_of


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A machine value known at load."""

    value: Any
    type: Type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[str, str]:
        return repr(self.value), str(self.type)  # as 1, 1.0 and True are equal, and 0.0 and -0.0


@dataclass(frozen=True, slots=True)
class Input:
    """The value of a declared name."""

    name: str
    type: Type
    optional: bool


@dataclass(frozen=True, slots=True)
class Local:
    """The variable of a macro; `slot` is its own number in the expression."""

    slot: int
    type: Type
    optional: bool = True


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of known arguments: unknown if one is unknown, or if the function has no value for them."""

    overload: Overload
    args: tuple[Typed, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class And:
    """False if one is false, else unknown if one is unknown."""

    args: tuple[Typed, ...]
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Or:
    """True if one is true, else unknown if one is unknown."""

    args: tuple[Typed, ...]
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Not:
    """Unknown if its argument is."""

    arg: Typed
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class If:
    """One of two values; unknown if the test is."""

    test: Typed
    then: Typed
    other: Typed
    type: Type


@dataclass(frozen=True, slots=True)
class Known:
    """Whether a name has a value: `has(x)`, `x != null`. Never unknown."""

    arg: Input | Local
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class MakeList:
    """A list. A name without a value is an unknown item; an item that cannot be computed makes the list unknown."""

    items: tuple[Typed, ...]
    type: Type


Macro = Literal["all", "exists", "exists_one", "filter", "map"]


@dataclass(frozen=True, slots=True)
class Loop:
    """A macro over the items of a list. `test` is the condition; `body` what `map` makes of an item."""

    macro: Macro
    over: Typed
    slot: int
    test: Typed
    body: Typed | None
    type: Type
    item: Type = field(default=BOOL)


Typed = Const | Input | Local | Apply | And | Or | Not | If | Known | MakeList | Loop

TRUE, FALSE = Const(True, BOOL), Const(False, BOOL)
UNKNOWN = Const(None, BOOL)


def children(node: Typed) -> tuple[Typed, ...]:
    """The nodes directly below."""
    match node:
        case Apply(args=args) | And(args=args) | Or(args=args):
            return args
        case Not(arg=arg) | Known(arg=arg):
            return (arg,)
        case If(test=test, then=then, other=other):
            return test, then, other
        case MakeList(items=items):
            return items
        case Loop(over=over, test=test, body=body):
            return (over, test) if body is None else (over, test, body)
    return ()


def walk(node: Typed) -> Iterator[Typed]:
    """The node and all below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def inputs(node: Typed) -> dict[str, Input]:
    """The inputs that the node reads, by name."""
    return {each.name: each for each in walk(node) if isinstance(each, Input)}


def can_be_unknown(node: Typed) -> bool:
    """Whether the value can be unknown; false is certain."""
    match node:
        case Const(value=value):
            return value is None
        case Input(optional=optional) | Local(optional=optional):
            return optional
        case Known():
            return False
        case MakeList(items=items):
            return any(map(is_computed, items))
        case Apply(overload=overload, args=args):
            return overload.function.partial or any(map(can_be_unknown, args))
    return any(map(can_be_unknown, children(node)))


def is_computed(node: Typed) -> bool:
    """Whether a part is more than a name or constant, and can be unknown."""
    return not isinstance(node, Const | Input | Local) and can_be_unknown(node)


def list_const(items: tuple[Typed, ...], element: Type) -> Typed:
    """A list literal, as a constant if all of its items are."""
    type_ = list_of(element)
    if all(isinstance(item, Const) for item in items):
        return Const(tuple(item.value for item in items if isinstance(item, Const)), type_)
    return MakeList(items, type_)
