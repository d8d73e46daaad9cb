"""Comparisons as Spark makes them: NaN equals NaN and is larger than every number, -0.0 equals 0.0.

Source: catalyst.util.SQLOrderingUtil, catalyst.expressions.predicates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from scorer.sql.exprs import Op

_REAL = {
    "=": "({0} == {1} or ({0} != {0} and {1} != {1}))",
    "<": "({0} < {1} or ({1} != {1} and {0} == {0}))",
    "<=": "({0} <= {1} or {1} != {1})",
    ">": "({0} > {1} or ({0} != {0} and {1} == {1}))",
    ">=": "({0} >= {1} or {0} != {0})",
}


def comparison(sign: str, *, real: bool) -> Op:
    """Return a comparison of two values of one type; `real`: they are floats."""
    if sign == "<=>":
        same = _REAL["="] if real else "({0} == {1})"
        whole = f"({{0}} is {{1}} or ({{0}} is not None and {{1}} is not None and {same}))"
        return Op(inline=whole, sql="({0} IS NOT DISTINCT FROM {1})")
    inline = _REAL[sign] if real else f"({{0}} {'==' if sign == '=' else sign} {{1}})"
    return Op(inline=inline, sql=f"({{0}} {sign} {{1}})")


_ROUNDS_UP = {(">=", 1), ("<", 1), (">", 0), ("<=", 0)}  # the comparison, and where its decimal stands
_LONGS = range(-(1 << 63), 1 << 63)


def whole_bound(sign: str, bound: Decimal, place: int) -> int | bool:
    """Return the bigint that Spark writes for a decimal that an integer is compared with, or what is then always true.

    `place`: 0 if the decimal stands at the left. Source: catalyst.analysis.DecimalPrecision.
    """
    whole = math.ceil(bound) if (sign, place) in _ROUNDS_UP else math.floor(bound)
    if _LONGS[0] <= bound <= _LONGS[-1]:
        return whole
    return (bound > 0) == (sign.startswith("<") == (place == 1))


def extreme(name: str, count: int, *, real: bool) -> Op:
    """Return greatest or least: nulls are left out, and of equals the first stays."""
    before = _before(name, real=real)

    def chosen(*values: Any) -> Any:
        best = None
        for value in values:
            if value is not None and (best is None or before(value, best)):
                best = value
        return best

    marks = ", ".join(f"{{{i}}}" for i in range(count))
    return Op(chosen, sql=f"{name}({marks})")


def _before(name: str, *, real: bool) -> Callable[[Any, Any], bool]:
    if name == "greatest":
        return (lambda a, b: a > b or (a != a and b == b)) if real else (lambda a, b: a > b)
    return (lambda a, b: a < b or (b != b and a == a)) if real else (lambda a, b: a < b)
