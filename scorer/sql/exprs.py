"""Typed expressions: what a statement computes, each step an operator over values of known types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from scorer.sql.types import BOOLEAN, Type


@dataclass(frozen=True, slots=True)
class Op:
    """An operator on values. `fails`: its function takes, last, the number of the column to blame.

    `inline`: the same as Python over {0}, {1} …; `sql`: the same as DuckDB's SQL, exactly, unless that raises;
    without it a batch is mapped from its rows. `backwards`: the last argument is looked at first, as Spark does where
    it divides. `patient`: Spark does not know that it is null for null (it is not "NullIntolerant"), so that a filter
    computes it, and the optimizer leaves it beside a null that is written.
    """

    call: Callable[..., Any] | None = None
    inline: str = ""
    sql: str = ""
    fails: bool = False
    backwards: bool = False
    patient: bool = False


NOT = Op(inline="(not {0})", sql="(NOT {0})")
IS_NULL = Op(inline="({0} is None)", sql="({0} IS NULL)")
IS_THERE = Op(inline="({0} is not None)", sql="({0} IS NOT NULL)")


@dataclass(frozen=True, slots=True)
class Expr:
    """A typed step. `kind`: column, literal, strict (null if one of its arguments is), loose (its operator sees nulls).

    Lazy ones: and, or, coalesce, in (a value, and those that it may equal by the operator), case (condition, value, …,
    and the last one otherwise). `place` is the column to
    name in an error; `height` the longest way down, `size` how many steps are written down for it.
    """

    kind: str
    type: Type
    args: tuple[Expr, ...] = ()
    op: Op | None = None
    value: Any = None
    place: int = 0
    height: int = 0
    never_null: bool = False
    size: int = 1


MAX_SIZE = 20_000  # steps of one expression; some operators read an operand twice, so nesting them doubles it


class MistypedError(Exception):
    """An expression that Spark refuses for its types, or whose types are outside the subset."""


def literal(value: Any, kind: Type) -> Expr:
    """Make a literal."""
    return Expr("literal", kind, value=value, place=-1, never_null=value is not None)


def column(number: int, kind: Type) -> Expr:
    """Make the read of a column."""
    return Expr("column", kind, value=number, place=number)


def apply(
    kind: str, made: Type, args: tuple[Expr, ...], op: Op | None = None, *, never_null: bool = False
) -> Expr:
    """Make a step over others; the column to blame is the first that they read."""
    place = next((arg.place for arg in args if arg.place >= 0), -1)
    height = 1 + max((arg.height for arg in args), default=0)
    size = 1 + sum(arg.size for arg in args)
    if size > MAX_SIZE:
        raise MistypedError(f"the expression has more than {MAX_SIZE} steps; nest it less")
    return Expr(kind, made, args, op, None, place, height, never_null or _valued(kind, args), size)


def _valued(kind: str, args: tuple[Expr, ...]) -> bool:
    """Tell of a lazy step whether it is never null, whatever the columns hold."""
    if kind == "coalesce":
        return any(arg.never_null for arg in args)
    if kind in ("and", "or"):
        return all(arg.never_null for arg in args)
    return kind == "case" and all(arg.never_null for arg in (*args[1:-1:2], args[-1]))


def strict(made: Type, op: Op, *args: Expr, total: bool = False) -> Expr:
    """Apply an operator that gives null for null; beside a null that is written, nothing else is computed.

    `total`: it gives null for nothing else.
    """
    if any(arg.kind == "literal" and arg.value is None for arg in args):
        return replace(literal(None, made), height=1)
    return apply("strict", made, args, op, never_null=total and all(arg.never_null for arg in args))


def loose(made: Type, op: Op, *args: Expr, never_null: bool = False) -> Expr:
    """Apply an operator that sees nulls."""
    return apply("loose", made, args, op, never_null=never_null)


def case(made: Type, *parts: Expr) -> Expr:
    """Choose by conditions, which stand before their values; the last part stands for the rest.

    A condition that is written null or false goes with its value.
    """
    pairs = [(parts[i], parts[i + 1]) for i in range(0, len(parts) - 1, 2)]
    kept = [pair for pair in pairs if pair[0].kind != "literal" or pair[0].value is True]
    if not kept and parts[-1].kind != "literal":
        return parts[-1]
    return apply("case", made, (*(part for pair in kept or pairs for part in pair), parts[-1]))


def both(a: Expr, b: Expr) -> Expr:
    """Make `a AND b`."""
    return apply("and", BOOLEAN, (a, b))
