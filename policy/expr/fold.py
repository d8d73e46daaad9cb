"""Builds checked nodes, with what is constant worked out: `true && x` is x, `1 + 2` is 3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from policy.expr.functions import Overload
from policy.expr.typed import (
    FALSE,
    TRUE,
    And,
    Apply,
    Const,
    If,
    Input,
    Known,
    Local,
    Loop,
    MakeList,
    Not,
    Or,
    Typed,
    list_const,
)
from policy.expr.types import Type


def apply(overload: Overload, args: tuple[Typed, ...], type_: Type) -> Typed:
    """A call. With constant arguments it is a constant; with one that is never known, never known."""
    if any(isinstance(arg, Const) and arg.value is None for arg in args):
        return Const(None, type_)
    if args and all(isinstance(arg, Const) for arg in args):
        return Const(_value(overload, [arg.value for arg in args if isinstance(arg, Const)]), type_)
    return Apply(overload, args, type_)


def _value(overload: Overload, values: list[Any]) -> Any:
    function = overload.function
    value = function.row(*values)
    if function.bounds is None or value is None:
        return value
    return value if counts(function.bounds, value) else None


def counts(bounds: tuple[int, ...], value: Any) -> bool:
    """Whether what a template computed is a value: within the bounds, or not NaN."""
    return bool(bounds[0] <= value <= bounds[1] if bounds else value == value)


def both(args: tuple[Typed, ...]) -> Typed:
    """`&&`."""
    flat = tuple(part for arg in args for part in (arg.args if isinstance(arg, And) else (arg,)))
    if FALSE in flat:
        return FALSE
    rest = tuple(dict.fromkeys(arg for arg in flat if arg != TRUE))
    return TRUE if not rest else rest[0] if len(rest) == 1 else And(rest)


def either(args: tuple[Typed, ...]) -> Typed:
    """`||`."""
    flat = tuple(part for arg in args for part in (arg.args if isinstance(arg, Or) else (arg,)))
    if TRUE in flat:
        return TRUE
    rest = tuple(dict.fromkeys(arg for arg in flat if arg != FALSE))
    return FALSE if not rest else rest[0] if len(rest) == 1 else Or(rest)


def negated(arg: Typed) -> Typed:
    """`!`."""
    if isinstance(arg, Not):
        return arg.arg
    if isinstance(arg, Const):
        return arg if arg.value is None else FALSE if arg.value else TRUE
    return Not(arg)


def chosen(test: Typed, then: Typed, other: Typed, type_: Type) -> Typed:
    """`? :`."""
    if not isinstance(test, Const):
        return If(test, then, other, type_)
    value = Const(None, type_) if test.value is None else then if test.value else other
    return Const(value.value, type_) if isinstance(value, Const) else value


def known(arg: Input | Local) -> Typed:
    """Whether a name has a value."""
    return Known(arg) if arg.optional else TRUE


def rebuilt(node: Typed, made: Callable[[Typed], Typed]) -> Typed:
    """The node over what is made of each of its children; itself if it has none, or only a name that it asks for."""
    match node:
        case Apply(overload=overload, args=args):
            return apply(overload, tuple(map(made, args)), node.type)
        case And(args=args):
            return both(tuple(map(made, args)))
        case Or(args=args):
            return either(tuple(map(made, args)))
        case Not(arg=arg):
            return negated(made(arg))
        case If():
            return chosen(made(node.test), made(node.then), made(node.other), node.type)
        case MakeList(items=items):
            return list_const(tuple(map(made, items)), node.type.element)
        case Loop(body=body):
            over, test = made(node.over), made(node.test)
            return replace(node, over=over, test=test, body=None if body is None else made(body))
    return node
