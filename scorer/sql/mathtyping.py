"""The types of functions of numbers."""

from __future__ import annotations

from dataclasses import replace

from scorer.sql import decimals, numbers
from scorer.sql.exprs import Expr, MistypedError, Op, case, literal, loose, strict
from scorer.sql.nodes import Node
from scorer.sql.types import BIGINT, BOOLEAN, DOUBLE, STRING, VOID, decimal
from scorer.sql.typing import Typer, handles


@handles(*numbers.DOUBLE_FUNCTIONS, "sign")
def _double_function(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    name = "signum" if node.op == "sign" else node.op
    return strict(DOUBLE, numbers.DOUBLE_FUNCTIONS[name], typer.double(args[0], node.op))


@handles("log")
def _log(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    doubles = [typer.double(arg, node.op) for arg in args]
    op = numbers.DOUBLE_FUNCTIONS["ln"] if len(doubles) == 1 else Op(numbers.logarithm)
    return strict(DOUBLE, op, *doubles)


_TWO_DOUBLES = {
    "pow": numbers.power,
    "power": numbers.power,
    "atan2": numbers.angle,
    "hypot": numbers.hypotenuse,
}


@handles(*_TWO_DOUBLES)
def _two_doubles(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    a, b = (typer.double(arg, node.op) for arg in args)
    return strict(DOUBLE, Op(_TWO_DOUBLES[node.op]), a, b)


@handles("pi", "e")
def _constant(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    del typer, args
    return literal(3.141592653589793 if node.op == "pi" else 2.718281828459045, DOUBLE)


@handles("isnan")
def _isnan(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    value = args[0] if args[0].type.real else typer.double(args[0], node.op)
    op = Op(inline="({0} is not None and {0} != {0})", sql="coalesce(isnan({0}), false)")
    return loose(BOOLEAN, op, value, never_null=True)


@handles("nanvl")
def _nanvl(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    real = all(arg.type.name == "float" for arg in args)
    a, b = args if real else (typer.double(arg, node.op) for arg in args)
    isnan = strict(BOOLEAN, Op(inline="({0} != {0})", sql="isnan({0})"), a)
    return case(a.type, isnan, b, a)


@handles("round", "bround")
def _round(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    value, scale = args[0], 0
    if len(args) == 2:
        if (
            args[1].kind != "literal"
            or not args[1].type.whole
            or args[1].value is None
            or not -38 <= args[1].value <= 38
        ):
            raise MistypedError(f"the scale of {node.op} should be a literal from -38 to 38")
        scale = args[1].value
    value = typer.cast(value, DOUBLE) if value.type in (STRING, VOID) else value
    if not value.type.numeric:
        raise MistypedError(f"`{node.op}` takes a number, not {value.type}")
    even = node.op == "bround"
    if value.type.name != "decimal":
        op = numbers.rounder(value.type, scale, even=even, ansi=typer.ansi)
        return strict(value.type, replace(op, patient=True), value)
    whole = value.type.precision - value.type.scale + 1
    made = decimal(max(whole, 1 - scale), 0) if scale < 0 else decimal(
        whole + min(value.type.scale, scale), min(value.type.scale, scale)
    )  # fmt: skip
    if scale >= value.type.scale:
        return value
    op = decimals.rounder(value.type, made, scale, even=even, ansi=typer.ansi)
    return strict(made, replace(op, patient=True), value)


FLOORS = (4, 3)  # floor and ceil raise for what is no bigint: 4.2.0 does not yet


@handles("floor", "ceil", "ceiling")
def _floor(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    value, up = args[0], node.op != "floor"
    if value.type.whole:
        return typer.cast(value, BIGINT)
    if value.type.name == "decimal":
        made = value.type if not value.type.scale else decimal(value.type.precision - value.type.scale + 1, 0)
        return strict(made, decimals.floored(made, up=up), value)
    op = numbers.floor(up=up, ansi=typer.ansi and typer.version >= FLOORS)
    return strict(BIGINT, op, typer.double(value, node.op))


# -- bits --------------------------------------------------------------------------------------------------------


@handles("&", "|", "^")
def _bits(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    if not all(arg.type.whole or arg.type == VOID for arg in args) or args[0].type == args[1].type == VOID:
        raise MistypedError(
            f"`{node.op}` of {args[0].type} and {args[1].type} is not supported: write a CAST"
        )
    a, b = typer.common(args, f"`{node.op}`")
    return strict(a.type, Op(inline=f"({{0}} {node.op} {{1}})"), a, b)


@handles("~")
def _bits_turned(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    del typer
    if not args[0].type.whole:
        raise MistypedError(f"`{node.op}` takes an integer, not {args[0].type}")
    return strict(args[0].type, Op(inline="(~{0})"), args[0])
