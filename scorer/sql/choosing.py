"""The types of choices, casts and functions of dates."""

from __future__ import annotations

from dataclasses import replace

from scorer.sql import compare, dates
from scorer.sql.exprs import Expr, MistypedError, apply, case, literal, loose, strict
from scorer.sql.logictyping import compared, null_test
from scorer.sql.nodes import Node
from scorer.sql.types import BOOLEAN, DATE, INT, TIMESTAMP, VOID, Type
from scorer.sql.typing import Typer, handles


@handles("case", "if")
def _case(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    last = args[-1] if len(args) % 2 else literal(None, VOID)
    pairs = len(args) // 2
    if node.op == "case" and any(args[2 * i].type == VOID for i in range(pairs)):
        raise MistypedError("CASE takes a boolean, not NULL")
    same = typer.common([*args[1 : 2 * pairs : 2], last], node.op.upper())
    conditions = [typer.condition(args[2 * i], node.op.upper()) for i in range(pairs)]
    parts = [part for pair in zip(conditions, same[:-1], strict=True) for part in pair]
    return case(same[0].type, *parts, same[-1])


@handles("case of")
def _case_of(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    """Compare the subject with one value after the other."""
    whens = range(1, len(args) - 1, 2)
    parts = [
        compared(typer, Node("="), (args[0], arg)) if i in whens else arg for i, arg in enumerate(args) if i
    ]
    return _case(typer, replace(node, op="case"), tuple(parts))


@handles("coalesce", "nvl", "ifnull")
def _coalesce(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    same = typer.common(args, node.op)
    return apply("coalesce", same[0].type, same)


@handles("nvl2")
def _nvl2(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    same = typer.common(args[1:], node.op)
    return case(same[0].type, null_test(typer, Node("is not null"), args[:1]), *same)


@handles("nullif")
def _nullif(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    del node
    equal = compared(typer, Node("="), args)
    return case(args[0].type, equal, literal(None, args[0].type), args[0])


@handles("greatest", "least")
def _extreme(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    same = typer.common(args, node.op, promote=False)
    op = compare.extreme(node.op, len(same), real=same[0].type.real)
    return loose(same[0].type, op, *same, never_null=any(one.never_null for one in same))


# -- casts and dates ---------------------------------------------------------------------------------------------


@handles("cast", "try_cast")
def _cast(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    return typer.cast(args[0], node.value, attempt=node.op == "try_cast")


@handles(*["int", "bigint", "smallint", "tinyint", "float", "double", "string", "boolean", "date"])
def _cast_function(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    return typer.cast(args[0], Type(node.op))


@handles("to_date")
def _to_date(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    odd = args[0].type.numeric or args[0].type == BOOLEAN  # Spark reads their text
    return typer.day(typer.text(args[0], node.op) if odd else args[0], node.op)


@handles(*dates.DATE_FIELDS)
def _date_field(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    return strict(INT, dates.DATE_FIELDS[node.op], typer.day(args[0], node.op))


@handles(*dates.TIME_FIELDS)
def _time_field(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    if args[0].type not in (TIMESTAMP, DATE, VOID):
        raise MistypedError(f"`{node.op}` takes a timestamp, not {args[0].type}")
    return strict(INT, dates.TIME_FIELDS[node.op], typer.cast(args[0], TIMESTAMP))


@handles("last_day")
def _last_day(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    return strict(DATE, dates.LAST_DAY, typer.day(args[0], node.op))


@handles("datediff")
def _datediff(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    a, b = (typer.day(arg, node.op) for arg in args)
    return strict(INT, dates.DIFFERENCE, a, b)


@handles("date_add", "date_sub")
def _date_add(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    op = dates.added(1 if node.op == "date_add" else -1)
    return strict(DATE, op, typer.day(args[0], node.op), typer.integer(args[1], node.op))
