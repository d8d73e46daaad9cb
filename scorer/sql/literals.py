"""The literals and types that a statement writes, as Spark types them."""

from __future__ import annotations

import math
import re
import sys
from decimal import Decimal
from typing import Any

from scorer.javatext import text as java_text
from scorer.sql.nodes import Node
from scorer.sql.numbers import fits, single
from scorer.sql.types import BIGINT, DOUBLE, FLOAT, INT, MAX_PRECISION, SMALLINT, TINYINT, WHOLE, Type
from scorer.sql.words import CASTABLE, UnknownError, written

_LARGEST = {FLOAT: 3.4028234663852886e38, DOUBLE: sys.float_info.max}
MAX_DIGITS = 400  # of a number's text: more than a double has


def number(digits: str, suffix: str = "") -> Node:
    """Read a number as Spark types it: int, bigint or decimal by its size; a double if it has an exponent."""
    if len(digits) > MAX_DIGITS:
        raise UnknownError(f"the number {digits[:50]}… has more than {MAX_DIGITS} characters")
    plain = digits.replace("_", "")
    if suffix in ("D", "F") or (not suffix and "e" in plain.lower()):
        return _real(plain, FLOAT if suffix == "F" else DOUBLE)
    if suffix == "BD" or "." in plain:
        return _decimal(plain)
    whole = int(plain)
    small = INT if -(1 << 31) <= whole < 1 << 31 else BIGINT
    if not -(1 << 63) <= whole < 1 << 63:
        raise UnknownError(f"the number {digits[:50]} is larger than a bigint")
    kind = {"L": BIGINT, "S": SMALLINT, "Y": TINYINT}.get(suffix, small)
    if kind.name in WHOLE and not fits(whole, WHOLE[kind.name]):
        raise UnknownError(f"the number {digits[:50]}{suffix} is larger than a {kind}")
    return Node("literal", value=whole, type=kind, text=str(whole))


def _real(plain: str, kind: Type) -> Node:
    """Read a float or a double; Spark refuses what is larger than the largest, though it would be rounded to it."""
    value, largest = float(plain), _LARGEST[kind]
    if math.isinf(value) or (abs(value) >= largest and abs(Decimal(plain)) > Decimal(repr(largest))):
        raise UnknownError(f"the number {plain[:50]} is larger than a {kind}")
    value = single(value) if kind == FLOAT else value
    return Node("literal", value=value, type=kind, text=java_text(value) or "")


def _decimal(plain: str) -> Node:
    value = Decimal(plain)
    digits, exponent = value.as_tuple()[1:]
    scale = -int(exponent)
    precision = max(len(digits), scale)
    if not 0 <= scale <= precision <= MAX_PRECISION:
        raise UnknownError(
            f"the decimal {plain[:50]} is not supported: write up to 38 digits and no exponent"
        )
    return Node("literal", value=value, type=Type("decimal", precision, scale), text=str(value))


def written_number(text: str, sign: str = "") -> Node:
    """Read a number as it is written: `1.5`, `2L`, `1e3`, `1.5BD`."""
    found = re.fullmatch(r"(.*?[0-9.])(BD|[LSYDF])", text.upper())
    return number(sign + found[1], found[2]) if found else number(sign + text)


def type_of(kind: Any) -> Type:
    """Return the type that a CAST names."""
    name = kind.this.name if hasattr(kind.this, "name") else str(kind.this)
    if name == "DECIMAL":
        sizes = [int(str(part.this)) for part in kind.expressions if str(part.this).isdecimal()]
        if len(sizes) != len(kind.expressions) or len(sizes) > 2:
            raise UnknownError(f"{written(kind)} is no type of Spark's")
        precision, scale = (*sizes, 0) if len(sizes) == 1 else tuple(sizes) or (10, 0)
        if not (0 < precision <= 38 and 0 <= scale <= precision):
            raise UnknownError(f"decimal({precision},{scale}) is no type of Spark's")
        return Type("decimal", precision, scale)
    if name not in CASTABLE or kind.expressions:
        raise UnknownError(f"CAST to {written(kind)} is not supported")
    return CASTABLE[name]
