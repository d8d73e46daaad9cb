"""CAST and TRY_CAST between Spark's types.

Before ANSI mode a value that does not fit is null (a text) or wraps (a number); under it, Spark raises; TRY_CAST gives
null. Sources: catalyst.expressions.Cast, UTF8String.toLong, java.lang.Double.parseDouble.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from scorer.columns import Single
from scorer.errors import Invalid, shown
from scorer.javatext import text as java_text
from scorer.sql import dates
from scorer.sql.decimals import rounded
from scorer.sql.exprs import Op
from scorer.sql.numbers import fits, single, to_bigint, wrapped
from scorer.sql.types import WHOLE, Type

Cast = Callable[[Any], Any]
_BLANK = "".join(map(chr, range(33))) + "\x7f"
_WHOLE = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?|[+-]?\.[0-9]*")
_PLAIN_WHOLE = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[dDfF]?")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_WORDS = {"nan": math.nan, **dict.fromkeys(("inf", "+inf", "infinity", "+infinity"), math.inf),
          **dict.fromkeys(("-inf", "-infinity"), -math.inf)}  # fmt: skip
_TRUE, _FALSE = {"t", "true", "y", "yes", "1"}, {"f", "false", "n", "no", "0"}
_TO_DATE: dict[str, Cast] = {"string": dates.parsed, "timestamp": lambda t: dates.utc(t).date()}
_SQL = {"boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "int": "INTEGER", "bigint": "BIGINT",
        "float": "FLOAT", "double": "DOUBLE", "string": "VARCHAR", "date": "DATE"}  # fmt: skip


def cast(source: Type, target: Type, *, ansi: bool, attempt: bool = False) -> Op | None:
    """Return the cast of a type to another; None if Spark has none, or it is outside the subset.

    `attempt`: TRY_CAST, which has ANSI mode's rules and gives null where that raises.
    """
    strictly = ansi or attempt
    function = _function(source, target, strictly=strictly)
    if function is None:
        return None
    if (source.name, target.name) == ("string", "date"):
        return Op(partial(_day, strictly=ansi and not attempt), fails=True)
    sql = _spelling(source, target)
    if not strictly or attempt or not _may_fail(source, target):
        return Op(function, sql="" if attempt and _may_fail(source, target) else sql)

    odd = source.real and target.name == "decimal"  # NaN and infinities are null there

    def checked(value: Any, place: int) -> Any:
        made = function(value)
        if made is None and not (odd and not math.isfinite(value)):
            raise Invalid(f"{shown(value)} cannot be cast to {target}", place)
        return made

    return Op(checked, sql=sql, fails=True)


def _day(text: str, place: int, *, strictly: bool) -> date | None:
    try:
        day = dates.parsed(text)
    except Invalid as e:
        raise Invalid(e.reason, place) from None
    if day is None and strictly:
        raise Invalid(f"{shown(text)} cannot be cast to date", place)
    return day


def duck_type(kind: Type) -> str:
    """Return DuckDB's name of a type; empty if it is not spelt there."""
    return _SQL.get(kind.name, "")


def _spelling(source: Type, target: Type) -> str:
    """Return the cast in DuckDB's SQL where it is exactly the same or raises."""
    if source.whole and (target.numeric or target.name == "string") and target.name != "decimal":
        return f"CAST({{0}} AS {_SQL[target.name]})"
    if source.name == "boolean" and (target.whole or target.real):
        return f"CAST({{0}} AS {_SQL[target.name]})"
    if source.name == "float" and target.name == "double":
        return "CAST({0} AS DOUBLE)"
    return "({0} <> 0)" if target.name == "boolean" and (source.whole or source.real) else ""


def _may_fail(source: Type, target: Type) -> bool:
    if source.name == "string":
        return target.name != "string"
    if target.name == "decimal":
        whole = (
            source.precision - source.scale
            if source.name == "decimal"
            else 3
            if source.name == "boolean"
            else 99
        )
        return whole > target.precision - target.scale
    if target.whole and source.numeric:
        return not source.whole or WHOLE[source.name] > WHOLE[target.name]
    return False


def _function(source: Type, target: Type, *, strictly: bool) -> Cast | None:
    if source == target:
        return lambda value: value
    if target.name == "string":
        return _to_text(source, strictly=strictly)
    if target.name == "boolean":
        if source.name == "string":
            return _boolean
        return (lambda value: value != 0) if source.numeric else None
    if target.whole:
        return _to_whole(source, WHOLE[target.name], strictly=strictly)
    if target.real:
        return _to_real(source, target)
    if target.name == "decimal":
        return _to_decimal(source, target)
    if target.name == "date":
        return _TO_DATE.get(source.name)
    if target.name == "timestamp" and source.name == "date":
        return dates.midnight
    return None


def _to_text(source: Type, *, strictly: bool) -> Cast | None:
    if source.name == "timestamp":
        return dates.written
    if source.name == "date":
        return date.isoformat
    if source.name == "decimal" and not strictly:
        return str
    return java_text if source.numeric or source.name == "boolean" else None


def _boolean(text: str) -> bool | None:
    word = text.strip(_BLANK).lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _to_whole(source: Type, bits: int, *, strictly: bool) -> Cast | None:
    if source.name == "boolean":
        return int
    if source.name == "string":
        pattern = _PLAIN_WHOLE if strictly else _WHOLE
        return lambda text: _whole_of(text.strip(_BLANK), pattern, bits)
    if not source.numeric:
        return None
    if source.whole or source.name == "decimal":
        if strictly:
            return lambda x: int(x) if fits(int(x), bits) else None
        return lambda x: wrapped(int(x), bits)
    if strictly:
        return lambda x: _exactly(x, bits)
    return lambda x: _saturated(x, bits)


def _whole_of(text: str, pattern: re.Pattern[str], bits: int) -> int | None:
    if pattern.fullmatch(text) is None or text in (".", "+.", "-."):
        return None
    digits = text.partition(".")[0]
    if len(digits) > 64:
        digits = digits[0] + digits[1:].lstrip("0")
    if len(digits) > 64:
        return None
    value = int(digits) if digits not in ("", "+", "-") else 0
    return value if fits(value, bits) else None


def _exactly(x: float, bits: int) -> int | None:
    if not math.isfinite(x):
        return None
    half = 1 << (bits - 1)
    inside = math.floor(x) <= half - 1 and math.ceil(x) >= -half
    inside = inside or (bits == 64 and x == 2.0**63)  # compared as doubles, the largest bigint is 2^63
    return min(int(x), half - 1) if inside else None


def _saturated(x: float, bits: int) -> int:
    if bits == 64:
        return to_bigint(x)
    wide = 0 if x != x else int(max(-(2.0**31), min(2.0**31 - 1, x)))
    return wrapped(wide, bits)


def _to_real(source: Type, target: Type) -> Cast | None:
    wide: Cast | None = float if source.numeric or source.name == "boolean" else None
    if source.name == "string":
        wide = _float_of
    if target.name == "double" or wide is None:
        return wide
    read = wide
    return lambda value: None if (made := read(value)) is None else single(made)


def _float_of(text: str) -> float | None:
    trimmed = text.strip(_BLANK)
    if _FLOAT.fullmatch(trimmed) is not None:
        return float(trimmed.rstrip("dDfF"))
    return _WORDS.get(trimmed.lower(), math.nan if trimmed in ("+NaN", "-NaN") else None)


def _to_decimal(source: Type, target: Type) -> Cast | None:
    if source.name == "string":
        return lambda text: _decimal_of(text.strip(_BLANK), target)
    if source.real:
        return lambda x: rounded(Decimal(str(x if not isinstance(x, Single) else float(x))), target)
    if source.whole or source.name in ("decimal", "boolean"):
        return lambda x: rounded(Decimal(x), target)
    return None


def _decimal_of(text: str, target: Type) -> Decimal | None:
    if _DECIMAL.fullmatch(text) is None:
        return None
    try:
        return rounded(Decimal(text), target)
    except InvalidOperation:
        return None
