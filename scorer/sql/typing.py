"""Nodes become typed expressions: Spark's implicit casts written out, each operator chosen by its types.

Under ANSI mode (Spark 4.0 and later) a text beside a number is cast to the number, and raises if it is none; before,
the rules are those of Hive. Sources: catalyst.analysis.TypeCoercion and AnsiTypeCoercion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scorer.errors import Invalid
from scorer.sql import dates, decimals, numbers
from scorer.sql.casts import cast
from scorer.sql.exprs import (
    Expr,
    MistypedError,
    Op,
    column,
    literal,
    strict,
)
from scorer.sql.names import UNNAMED
from scorer.sql.nodes import Node
from scorer.sql.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INT,
    OTHER,
    STRING,
    TEXTS,
    TIMESTAMP,
    VOID,
    Type,
    as_decimal,
    common,
    decimal,
)

Handler = Callable[["Typer", Node, tuple[Expr, ...]], Expr]
_HANDLERS: dict[str, Handler] = {}


def handles(*names: str) -> Callable[[Handler], Handler]:
    """Register the handler of operators or functions."""

    def register(handler: Handler) -> Handler:
        for name in names:
            _HANDLERS[name] = handler
        return handler

    return register


NEWEST = (4, 3)  # the Spark whose rules hold where a statement does not say


@dataclass(frozen=True, slots=True)
class Typer:
    """Types nodes by the types of the columns, as a Spark of some version does, with or without ANSI mode."""

    ansi: bool
    columns: Sequence[Type]
    version: tuple[int, int] = NEWEST

    def typed(self, node: Node) -> Expr:
        """Type a node and all below it; raises MistypedError for what Spark refuses, or what is outside the subset."""
        if node.op == "column":
            return column(node.value, self.columns[node.value])
        if node.op == "literal":
            assert node.type is not None
            return literal(node.value, node.type)
        args = tuple(self.typed(arg) for arg in node.args)
        for arg in args:
            if (
                arg.type == OTHER or (arg.type == TEXTS and node.op not in ("[ ]", "size"))
            ) and node.op not in (
                "is null",
                "is not null",
                "isnull",
                "isnotnull",
            ):
                raise MistypedError(
                    f"`{node.op}` is supported of numbers, texts, booleans, dates and timestamps, not of a vector, "
                    "a list or another type"
                )
        return _HANDLERS[node.op](self, node, args)

    def cast(self, value: Expr, target: Type, *, attempt: bool = False) -> Expr:
        """Cast a value, if it is not of the type already."""
        if value.type == target:
            return value
        if value.type == VOID:
            return literal(None, target)
        op = cast(value.type, target, ansi=self.ansi, attempt=attempt)
        if op is None:
            raise MistypedError(f"a cast of {value.type} to {target} is not supported")
        if value.kind == "literal" and op.call is not None:
            return _folded(value.value, op, target)
        return strict(target, op, value, total=target == STRING)

    def common(self, args: Sequence[Expr], what: str, *, promote: bool = True) -> tuple[Expr, ...]:
        """Cast values to the type that they have in common; `promote`: texts may be beside others."""
        kind = VOID
        for arg in args:
            found = self._two(kind, arg.type, promote=promote)
            if found is None:
                raise MistypedError(f"{what} of {kind} and {arg.type} is not supported: write a CAST")
            kind = found
        return tuple(self.cast(arg, kind) for arg in args)

    def _two(self, a: Type, b: Type, *, promote: bool) -> Type | None:
        if self.ansi and {"float"} < {a.name, b.name} and (a.whole or b.whole):
            return DOUBLE
        found = common(a, b)
        if found is not None or "string" not in (a.name, b.name) or not promote:
            return found
        other = b if a.name == "string" else a
        if self.ansi:
            return ansi_beside_text(other)
        return None if other.name in ("boolean", "other") else STRING

    def condition(self, value: Expr, what: str) -> Expr:
        """Return a value that must be a boolean."""
        if value.type == VOID:
            return literal(None, BOOLEAN)
        if value.type == STRING and self.ansi:
            return self.cast(value, BOOLEAN)
        if value.type != BOOLEAN:
            raise MistypedError(f"{what} takes a boolean, not {value.type}")
        return value

    def text(self, value: Expr, what: str) -> Expr:
        """Return a value as a text."""
        del what
        return self.cast(value, STRING)

    def double(self, value: Expr, what: str) -> Expr:
        """Return a number, or a text, as a double."""
        if not (value.type.numeric or value.type in (STRING, VOID)):
            raise MistypedError(f"{what} takes a number, not {value.type}")
        return self.cast(value, DOUBLE)

    def integer(self, value: Expr, what: str) -> Expr:
        """Return a value as an int, as Spark casts arguments that are lengths, places and days."""
        if not (value.type.whole or value.type == VOID):
            raise MistypedError(f"{what} takes an int, not {value.type}: write a CAST")
        return self.cast(value, INT)

    def day(self, value: Expr, what: str) -> Expr:
        """Return a value as a date."""
        if value.type not in (DATE, TIMESTAMP, STRING, VOID):
            raise MistypedError(f"{what} takes a date, not {value.type}")
        return self.cast(value, DATE)


def _folded(value: Any, op: Op, target: Type) -> Expr:
    """Cast a literal; its height tells it from one that is written so, which gives a decimal fewer digits.

    One that cannot be cast raises where it is computed.
    """
    try:
        made = None if value is None or op.call is None else op.call(value, *([-1] if op.fails else []))
    except Invalid:
        return strict(target, op, literal(value, target))
    return replace(literal(made, target), height=1)


def ansi_beside_text(other: Type) -> Type | None:
    """Return what ANSI mode casts a text to beside another type."""
    if other.whole:
        return BIGINT
    if other.numeric:
        return DOUBLE
    return other if other.name in ("boolean", "date", "timestamp") else None


# -- arithmetic --------------------------------------------------------------------------------------------------


def _operands(typer: Typer, args: Sequence[Expr], what: str) -> tuple[Expr, Expr]:
    a, b = args
    if typer.ansi and a.type == b.type == STRING:
        raise MistypedError(f"`{what}` of two texts is not supported: write a CAST")
    kinds = [a.type, b.type]
    for i, (one, other) in enumerate(((a.type, b.type), (b.type, a.type))):
        if one == STRING:
            kinds[i] = ansi_beside_text(other) or DOUBLE if typer.ansi and other != STRING else DOUBLE
    if any(not (kind.numeric or kind == VOID) for kind in kinds):
        raise MistypedError(f"`{what}` of {a.type} and {b.type} is not supported")
    if kinds == [VOID, VOID]:
        kinds = [DOUBLE, DOUBLE]
    kinds = [kinds[1 - i] if kind == VOID else kind for i, kind in enumerate(kinds)]
    return typer.cast(a, kinds[0]), typer.cast(b, kinds[1])


def _alike(typer: Typer, args: Sequence[Expr], what: str) -> tuple[Expr, ...]:
    """Widen two numbers to one type; decimals keep each their own."""
    a, b = _operands(typer, args, what)
    if "decimal" in (a.type.name, b.type.name) and not (a.type.real or b.type.real):
        return _decimal(typer, a), _decimal(typer, b)
    return typer.common((a, b), f"`{what}`")


def _decimal(typer: Typer, value: Expr) -> Expr:
    """Make an integer a decimal: a literal of as many digits as it has."""
    if value.type.name == "decimal":
        return value
    if value.kind == "literal" and value.value is not None and not value.height:
        return typer.cast(value, decimal(len(str(abs(value.value))), 0))
    return typer.cast(value, as_decimal(value.type))


@handles("+", "-", "*")
def _arithmetic(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    if DATE in (args[0].type, args[1].type):
        return _moved(typer, node, args)
    a, b = _alike(typer, args, node.op)
    if a.type.name == "decimal":
        made = decimals.result(node.op, a.type, b.type)
        return strict(made, decimals.arithmetic(node.op, made, ansi=typer.ansi), a, b)
    return strict(a.type, numbers.arithmetic(node.op, a.type, ansi=typer.ansi), a, b, total=True)


def _moved(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    """Move a date by days."""
    day, days = args if args[0].type == DATE or node.op == "-" else args[::-1]
    if day.type != DATE or not days.type.whole or days.type == BIGINT:
        raise MistypedError(
            f"`{node.op}` of {args[0].type} and {args[1].type} is not supported: write datediff, or a CAST to int"
        )
    if node.value == UNNAMED:
        raise MistypedError(
            f"the name that Spark gives `{node.op}` of a date is known only where its type is: give it one with AS, "
            "or give the types of the input columns (`schema`)"
        )
    return strict(DATE, dates.added(1 if node.op == "+" else -1), day, typer.cast(days, INT))


@handles("/")
def _division(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    a, b = _operands(typer, args, node.op)
    if "decimal" in (a.type.name, b.type.name) and not (a.type.real or b.type.real):
        a, b = _decimal(typer, a), _decimal(typer, b)
        made = decimals.result("/", a.type, b.type)
        return strict(made, decimals.arithmetic("/", made, ansi=typer.ansi), a, b)
    a, b = typer.cast(a, DOUBLE), typer.cast(b, DOUBLE)
    return strict(DOUBLE, numbers.divide(ansi=typer.ansi), a, b)


@handles("%", "mod", "pmod")
def _remainder(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    a, b = _alike(typer, args, node.op)
    if a.type.name == "decimal":
        if node.op == "pmod":
            raise MistypedError("pmod of decimals is not supported: write a CAST")
        made = decimals.result("%", a.type, b.type)
        return strict(made, decimals.arithmetic("%", made, ansi=typer.ansi), a, b)
    make = numbers.positive_remainder if node.op == "pmod" else numbers.remainder
    return strict(a.type, make(a.type, ansi=typer.ansi), a, b)


@handles("div")
def _whole_division(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    kinds = {arg.type.name for arg in args}
    if "decimal" in kinds and all(arg.type.whole or arg.type.name == "decimal" for arg in args):
        a, b = _alike(typer, args, node.op)
        return strict(BIGINT, decimals.whole_quotient(ansi=typer.ansi), a, b)
    if not all(arg.type.whole or arg.type == VOID for arg in args):
        raise MistypedError(
            f"`div` of {args[0].type} and {args[1].type} is not supported: write a CAST to bigint"
        )
    a, b = (typer.cast(arg, BIGINT) for arg in args)
    return strict(BIGINT, numbers.whole_quotient(ansi=typer.ansi), a, b)


@handles("negative", "positive", "abs")
def _of_one(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    (a,) = args
    a = typer.cast(a, DOUBLE) if a.type in (STRING, VOID) else a
    if not a.type.numeric:
        raise MistypedError(f"`{node.op}` takes a number, not {a.type}")
    if node.op == "positive":
        return a
    if a.type.name == "decimal":
        return strict(
            a.type, Op(abs if node.op == "abs" else lambda x: -x + 0 if not x else x.copy_negate()), a
        )
    make = numbers.absolute if node.op == "abs" else numbers.negated
    return strict(a.type, make(a.type, ansi=typer.ansi), a)
