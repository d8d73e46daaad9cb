"""Comparisons, IN, BETWEEN, logic and questions about null, typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scorer.sql import compare
from scorer.sql.exprs import IS_NULL, IS_THERE, NOT, Expr, MistypedError, Op, apply, literal, loose, strict
from scorer.sql.nodes import Node
from scorer.sql.types import BIGINT, BOOLEAN, DOUBLE, STRING, VOID
from scorer.sql.typing import Typer, ansi_beside_text, handles


def _comparable(typer: Typer, args: Sequence[Expr], what: str) -> tuple[Expr, ...]:
    a, b = args
    if STRING in (a.type, b.type) and a.type != b.type and VOID not in (a.type, b.type):
        other = b.type if a.type == STRING else a.type
        kind = ansi_beside_text(other) if typer.ansi else DOUBLE if other.name == "decimal" else other
        if kind is None or kind.name == "other":
            raise MistypedError(f"`{what}` of {a.type} and {b.type} is not supported: write a CAST")
        return typer.cast(a, kind), typer.cast(b, kind)
    if (
        what in ("=", "<=>")
        and not typer.ansi
        and {a.type, b.type} > {BOOLEAN}
        and (a.type.numeric or b.type.numeric)
    ):
        kind = b.type if a.type == BOOLEAN else a.type
        return typer.cast(a, kind), typer.cast(b, kind)
    return typer.common(args, f"`{what}`", promote=False)


def _beside_decimal(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr | None:
    """Compare an integer with a decimal that is written: Spark writes a bigint in its place."""
    if node.op not in ("<", "<=", ">", ">="):
        return None
    for place, other in ((1, args[0]), (0, args[1])):
        bound = args[place]
        written = bound.kind == "literal" and bound.type.name == "decimal" and not bound.height
        if written and bound.value is not None and other.type.whole:
            whole = compare.whole_bound(node.op, bound.value, place)
            if isinstance(whole, bool):
                return replace(literal(whole, BOOLEAN), height=1)
            pair = (other, literal(whole, BIGINT)) if place else (literal(whole, BIGINT), other)
            return compared(typer, node, pair)
    return None


@handles("=", "<", "<=", ">", ">=", "<=>")
def compared(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    """Compare two values."""
    made = _beside_decimal(typer, node, args)
    if made is not None:
        return made
    a, b = _comparable(typer, args, node.op)
    op = compare.comparison(node.op, real=a.type.real)
    if node.op == "<=>":
        return loose(BOOLEAN, op, a, b, never_null=True)
    return strict(BOOLEAN, op, a, b, total=True)


@handles("between")
def _between(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    del node
    low = compared(typer, Node(">="), (args[0], args[1]))
    high = compared(typer, Node("<="), (args[0], args[2]))
    return apply("and", BOOLEAN, (low, high))


@handles("in")
def _in(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    """Compare with one value after the other; Spark writes a list of one value as `=`."""
    del node
    same = typer.common(args, "IN")
    op = compare.comparison("=", real=same[0].type.real)
    written = all(item.kind == "literal" for item in same[1:])
    if len({repr(item.value) for item in same[1:]} if written else same[1:]) == 1:
        return strict(BOOLEAN, op, *same[:2])
    return apply("in", BOOLEAN, same, op)


@handles("and", "or")
def _logic(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    return apply(node.op, BOOLEAN, tuple(typer.condition(arg, node.op.upper()) for arg in args))


@handles("not")
def _not(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    del node
    return strict(BOOLEAN, NOT, typer.condition(args[0], "NOT"))


@handles("is null", "is not null", "isnull", "isnotnull")
def null_test(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    """Ask whether a value is null, or whether it is not; what is never null is not computed."""
    del typer
    if args[0].never_null and args[0].kind != "literal":
        return literal("not" in node.op, BOOLEAN)
    return loose(BOOLEAN, IS_THERE if "not" in node.op else IS_NULL, *args, never_null=True)


@handles("is true", "is false", "is not true", "is not false")
def _is_boolean(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    words = node.op.split()
    sign = "is not" if "not" in words else "is"
    op = Op(inline=f"({{0}} {sign} {words[-1].title()})", sql=f"({{0}} {sign.upper()} {words[-1].upper()})")
    return loose(BOOLEAN, op, typer.condition(args[0], node.op.upper()), never_null=True)
