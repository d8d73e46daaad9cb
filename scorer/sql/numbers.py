"""What Spark's operators do to numbers: integers of fixed width, IEEE floats, and functions of doubles.

ANSI mode (on since Spark 4.0) refuses an overflow and a division by zero; before, an integer wraps and a division by
zero is null. Sources: catalyst.expressions.arithmetic and mathExpressions, java.lang.Math.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

from scorer.columns import Single
from scorer.errors import Invalid
from scorer.sql.cuberoot import cube_root
from scorer.sql.exprs import Op
from scorer.sql.types import WHOLE, Type

NAN, INF = math.nan, math.inf
_SYMBOLS = {"+": "({0} + {1})", "-": "({0} - {1})", "*": "({0} * {1})"}


def single(value: float) -> Single:
    """Round to single precision, as Java's cast does."""
    return Single(ctypes.c_float(value).value)


def wrapped(value: int, bits: int) -> int:
    """Return an integer's low bits, as Java's overflow does."""
    half = 1 << (bits - 1)
    return ((value + half) & ((1 << bits) - 1)) - half


def fits(value: int, bits: int) -> bool:
    """Tell whether an integer fits."""
    half = 1 << (bits - 1)
    return -half <= value < half


def arithmetic(symbol: str, kind: Type, *, ansi: bool) -> Op:
    """Return +, - or * of two numbers of one type, no decimals."""
    template = _SYMBOLS[symbol]
    if kind.name == "double":
        return Op(inline=template, sql=template)
    pure = _pure(symbol)
    if kind.name == "float":
        return Op(lambda a, b: single(pure(a, b)), sql=template)
    bits = WHOLE[kind.name]
    if not ansi:
        return Op(lambda a, b: wrapped(pure(a, b), bits), sql=template)

    def checked(a: int, b: int, place: int) -> int:
        value: int = pure(a, b)
        if not fits(value, bits):
            raise Invalid(f"{a} {symbol} {b} overflows {kind}", place)
        return value

    return Op(checked, sql=template, fails=True)


def _pure(symbol: str) -> Callable[[Any, Any], Any]:
    return {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}[symbol]


def _guarded(compute: Callable[[Any, Any], Any], sql: str, *, ansi: bool) -> Op:
    """Return an operator that a zero on the right makes null, or refuses."""
    if not ansi:
        null_sql = f"(CASE WHEN {{1}} = 0 THEN NULL ELSE {sql} END)" if sql else ""
        return Op(lambda a, b: None if b == 0 else compute(a, b), sql=null_sql, backwards=True)

    def checked(a: Any, b: Any, place: int) -> Any:
        if b == 0:
            raise Invalid("division by zero", place)
        return compute(a, b)

    raises = f"(CASE WHEN {{1}} = 0 THEN error('x') ELSE {sql} END)" if sql else ""
    return Op(checked, sql=raises, fails=True, backwards=True)


def divide(*, ansi: bool) -> Op:
    """Return / of two doubles."""
    return _guarded(lambda a, b: a / b, "{0} / {1}", ansi=ansi)


def remainder(kind: Type, *, ansi: bool) -> Op:
    """Return %, with the sign of the left side, as Java's."""
    if kind.whole:
        return _guarded(lambda a, b: _truncated(a, b)[1], "{0} % {1}", ansi=ansi)
    return _guarded(_rounded(_fmod, kind), "", ansi=ansi)


def positive_remainder(kind: Type, *, ansi: bool) -> Op:
    """Return pmod: the remainder, moved into the range of the right side."""

    def compute(a: Any, b: Any) -> Any:
        rest = _truncated(a, b)[1] if kind.whole else _fmod(a, b)
        if not rest < 0:
            return rest
        if kind.whole:
            return _truncated(wrapped(rest + b, WHOLE[kind.name]), b)[1]
        return _fmod(rest + b, b)

    return _guarded(compute if kind.whole else _rounded(compute, kind), "", ansi=ansi)


def _rounded(compute: Callable[[Any, Any], Any], kind: Type) -> Callable[[Any, Any], Any]:
    return compute if kind.name != "float" else lambda a, b: single(compute(a, b))


def _truncated(a: int, b: int) -> tuple[int, int]:
    quotient = abs(a) // abs(b)
    if (a < 0) != (b < 0):
        quotient = -quotient
    return quotient, a - quotient * b


def _fmod(a: float, b: float) -> float:
    return NAN if a in (INF, -INF) or a != a or b != b else math.fmod(a, b)


def whole_quotient(*, ansi: bool) -> Op:
    """Return `div` of two bigints."""
    if not ansi:
        return Op(lambda a, b: None if b == 0 else wrapped(_truncated(a, b)[0], 64),
                  sql="(CASE WHEN {1} = 0 THEN NULL ELSE {0} // {1} END)", backwards=True)  # fmt: skip

    def checked(a: int, b: int, place: int) -> int:
        if b == 0:
            raise Invalid("division by zero", place)
        value = _truncated(a, b)[0]
        if not fits(value, 64):
            raise Invalid(f"{a} div {b} overflows bigint", place)
        return value

    return Op(
        checked, sql="(CASE WHEN {1} = 0 THEN error('x') ELSE {0} // {1} END)", fails=True, backwards=True
    )


def negated(kind: Type, *, ansi: bool) -> Op:
    """Return the number with the other sign."""
    return _of_one(kind, lambda a: -a, "(-{0})", "negative", ansi=ansi)


def absolute(kind: Type, *, ansi: bool) -> Op:
    """Return the number without its sign."""
    return _of_one(kind, abs, "abs({0})", "abs", ansi=ansi)


def _of_one(kind: Type, compute: Callable[[Any], Any], sql: str, name: str, *, ansi: bool) -> Op:
    if kind.name == "double":
        return Op(compute, sql=sql)
    if kind.name == "float":
        return Op(lambda a: Single(compute(a)), sql=sql)
    bits = WHOLE[kind.name]
    if not ansi:
        return Op(lambda a: wrapped(compute(a), bits), sql=sql)

    def checked(a: int, place: int) -> int:
        value: int = compute(a)
        if not fits(value, bits):
            raise Invalid(f"{name}({a}) overflows {kind}", place)
        return value

    return Op(checked, sql=sql, fails=True)


# -- functions of doubles ----------------------------------------------------------------------------------------


def _total(function: Callable[[float], float], over: float) -> Callable[[float], float]:
    """Return a function that has Java's values where Python's raises: NaN outside its domain, `over` beyond range."""

    def total(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return NAN
        except OverflowError:
            return over

    return total


def _odd(function: Callable[[float], float]) -> Callable[[float], float]:
    def total(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return NAN
        except OverflowError:
            return math.copysign(INF, x)

    return total


def _log(function: Callable[[float], float], lowest: float) -> Callable[[float], float | None]:
    return lambda x: None if x <= lowest else function(x)


def _rint(x: float) -> float:
    return x if not math.isfinite(x) or abs(x) > 1 << 52 else math.copysign(float(round(x)), x)


def _signum(x: float) -> float:
    return x if x != x or x == 0 else math.copysign(1.0, x)


DOUBLE_FUNCTIONS: dict[str, Op] = {
    "sqrt": Op(
        _total(math.sqrt, INF), sql="(CASE WHEN {0} < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt({0}) END)"
    ),
    "exp": Op(_total(math.exp, INF)),
    "expm1": Op(_total(math.expm1, INF)),
    "ln": Op(_log(math.log, 0.0)),
    "log10": Op(_log(math.log10, 0.0)),
    "log2": Op(_log(lambda x: math.log(x) / math.log(2.0), 0.0)),
    "log1p": Op(_log(math.log1p, -1.0)),
    "sinh": Op(_odd(math.sinh)),
    "cosh": Op(_total(math.cosh, INF)),
    "cbrt": Op(cube_root),
    "rint": Op(_rint),
    "signum": Op(_signum),
    "degrees": Op(lambda x: x * 57.29577951308232),
    "radians": Op(lambda x: x * 0.017453292519943295),
    **{
        name: Op(_total(getattr(math, name), NAN))
        for name in ["sin", "cos", "tan", "asin", "acos", "atan", "tanh"]
    },
}


def power(a: float, b: float) -> float:
    """Return a to the power b, as java.lang.Math.pow does."""
    if b == 0.0:
        return 1.0
    if b != b or (abs(a) == 1.0 and b in (INF, -INF)):
        return NAN
    try:
        return math.pow(a, b)
    except OverflowError:
        return -INF if a < 0 and b % 2 == 1 else INF
    except ValueError:
        if a == 0.0:
            return math.copysign(INF, a) if b % 2 == -1.0 or b % 2 == 1.0 else INF
        return NAN


def logarithm(base: float, x: float) -> float | None:
    """Return the logarithm of x to a base, null outside its domain."""
    if base <= 0.0 or x <= 0.0:
        return None
    above, below = math.log(x), math.log(base)
    if below == 0.0:
        return NAN if above == 0.0 or above != above else math.copysign(INF, above)
    return above / below


def hypotenuse(a: float, b: float) -> float:
    """Return the length of a vector of two."""
    return math.hypot(a, b)


def angle(y: float, x: float) -> float:
    """Return atan2; Spark makes a negative zero positive first."""
    return math.atan2(y + 0.0, x + 0.0)


# -- rounding ----------------------------------------------------------------------------------------------------


def rounder(kind: Type, scale: int, *, even: bool, ansi: bool) -> Op:
    """Return round (half up) or bround (half even) of an integer or a float to a scale."""
    mode = ROUND_HALF_EVEN if even else ROUND_HALF_UP
    step = Decimal(1).scaleb(-scale)
    if kind.real:

        def rounds(x: float) -> float:
            if not math.isfinite(x) or abs(x) >= 1e17:
                return float(x)
            return float(Decimal(str(float(x))).quantize(step, mode)) + 0.0

        return Op(rounds if kind.name == "double" else lambda x: single(rounds(x)))
    if scale >= 0:
        return Op(inline="{0}", sql="{0}")
    bits = WHOLE[kind.name]

    def whole(x: int) -> int:
        return int(Decimal(x).quantize(step, mode)) if scale > -25 else 0

    if not ansi:
        return Op(lambda x: wrapped(whole(x), bits))

    def checked(x: int, place: int) -> int:
        value = whole(x)
        if not fits(value, bits):
            raise Invalid(f"round({x}, {scale}) overflows {kind}", place)
        return value

    return Op(checked, fails=True)


def to_bigint(x: float) -> int:
    """Cast a whole double to bigint as Java does: NaN is 0, what is too large the largest."""
    if x != x:
        return 0
    if abs(x) >= 9.3e18:
        return (1 << 63) - 1 if x > 0 else -(1 << 63)
    return max(-(1 << 63), min((1 << 63) - 1, int(x)))


def floor(*, up: bool, ansi: bool) -> Op:
    """Return floor or ceil of a double, as a bigint; under ANSI mode what is too large raises, NaN does not."""
    turn = math.ceil if up else math.floor

    def whole(x: float) -> int:
        return to_bigint(x if not math.isfinite(x) else turn(x))

    if not ansi:
        return Op(whole)

    def checked(x: float, place: int) -> int:
        if x == x and not -(2.0**63) <= x < 2.0**63:
            raise Invalid(f"{'ceil' if up else 'floor'}({x}) overflows bigint", place)
        return whole(x)

    return Op(checked, fails=True)
