"""Spark's decimals: the types of results, and arithmetic rounded half up to them.

Sources: catalyst.analysis.DecimalPrecision, org.apache.spark.sql.types.Decimal.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation

from scorer.errors import Invalid
from scorer.sql.exprs import Op
from scorer.sql.numbers import wrapped
from scorer.sql.types import MAX_PRECISION, Type

_WIDE = Context(prec=120, rounding=ROUND_HALF_UP, Emax=999_999, Emin=-999_999)
_LEAST_SCALE = 6  # what an integer part that is too wide leaves of the scale


def result(symbol: str, a: Type, b: Type) -> Type:
    """Return the type of an operation on two decimals."""
    whole = max(a.precision - a.scale, b.precision - b.scale)
    if symbol in ("+", "-"):
        scale = max(a.scale, b.scale)
        return _adjusted(whole + scale + 1, scale)
    if symbol == "*":
        return _adjusted(a.precision + b.precision + 1, a.scale + b.scale)
    if symbol == "/":
        scale = max(6, a.scale + b.precision + 1)
        return _adjusted(a.precision - a.scale + b.scale + scale, scale)
    scale = max(a.scale, b.scale)
    return _adjusted(min(a.precision - a.scale, b.precision - b.scale) + scale, scale)


def _adjusted(precision: int, scale: int) -> Type:
    """Keep the digits before the point, at the cost of those behind it."""
    if precision <= MAX_PRECISION:
        return Type("decimal", precision, scale)
    return Type("decimal", MAX_PRECISION, max(MAX_PRECISION - (precision - scale), min(scale, _LEAST_SCALE)))


def arithmetic(symbol: str, made: Type, *, ansi: bool) -> Op:
    """Return an operation on two decimals, rounded to its type."""
    compute = _OPERATIONS[symbol]
    divides = symbol in ("/", "%")
    if not ansi:
        return Op(lambda a, b: None if divides and b == 0 else rounded(compute(a, b), made))

    def checked(a: Decimal, b: Decimal, place: int) -> Decimal:
        if divides and b == 0:
            raise Invalid("division by zero", place)
        value = rounded(compute(a, b), made)
        if value is None:
            raise Invalid(f"{a} {symbol} {b} overflows {made}", place)
        return value

    return Op(checked, fails=True, backwards=divides)


def whole_quotient(*, ansi: bool) -> Op:
    """Return `div` of two decimals: a bigint, of which an overflow leaves the low bits."""

    def quotient(a: Decimal, b: Decimal) -> int:
        return wrapped(int(_WIDE.divide_int(a, b)), 64)

    if not ansi:
        return Op(lambda a, b: None if b == 0 else quotient(a, b), backwards=True)

    def checked(a: Decimal, b: Decimal, place: int) -> int:
        if b == 0:
            raise Invalid("division by zero", place)
        return quotient(a, b)

    return Op(checked, fails=True, backwards=True)


def _quotient(a: Decimal, b: Decimal) -> Decimal:
    return _WIDE.quantize(_WIDE.divide(a, b), Decimal(1).scaleb(-MAX_PRECISION))


_OPERATIONS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": _WIDE.add,
    "-": _WIDE.subtract,
    "*": _WIDE.multiply,
    "/": _quotient,
    "%": _WIDE.remainder,
}


def rounded(value: Decimal, kind: Type, *, even: bool = False) -> Decimal | None:
    """Round to a decimal type; None if the value is too large for it."""
    if not value.is_finite():
        return None
    step = Decimal(1).scaleb(-kind.scale)
    try:
        made = _WIDE.quantize(value, step) if not even else value.quantize(step, ROUND_HALF_EVEN, _WIDE)
    except InvalidOperation:
        return None
    digits = made.adjusted() + 1 + kind.scale
    if made and digits > kind.precision:
        return None
    return made or abs(made)


def rounder(kind: Type, made: Type, scale: int, *, even: bool, ansi: bool) -> Op:
    """Return round or bround of a decimal to a scale."""
    middle = Type("decimal", MAX_PRECISION, scale) if scale < 0 else made
    del kind

    def rounds(x: Decimal) -> Decimal | None:
        step = rounded(x, middle, even=even)
        return None if step is None else rounded(step, made)

    if not ansi:
        return Op(rounds)

    def checked(x: Decimal, place: int) -> Decimal:
        value = rounds(x)
        if value is None:
            raise Invalid(f"{x} rounded overflows {made}", place)
        return value

    return Op(checked, fails=True)


def floored(made: Type, *, up: bool) -> Op:
    """Return floor or ceil of a decimal."""
    mode = "ROUND_CEILING" if up else "ROUND_FLOOR"
    return Op(lambda x: rounded(x.quantize(Decimal(1), mode, _WIDE), made))
