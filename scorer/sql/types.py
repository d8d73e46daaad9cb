"""Spark's SQL types, what Arrow calls them, and the type that two of them have in common.

Sources: org.apache.spark.sql.types, catalyst.analysis.TypeCoercion and DecimalPrecision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from scorer.columns import Single

MAX_PRECISION = 38


@dataclass(frozen=True, slots=True)
class Type:
    """A type by Spark's name; `precision` and `scale` are of decimals. `other` is what only passes through."""

    name: str
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        """Write the type as Spark does."""
        return f"decimal({self.precision},{self.scale})" if self.name == "decimal" else self.name

    @property
    def whole(self) -> bool:
        """Whether it is one of the integers."""
        return self.name in WHOLE

    @property
    def real(self) -> bool:
        """Whether it is float or double."""
        return self.name in ("float", "double")

    @property
    def numeric(self) -> bool:
        """Whether it is a number."""
        return self.whole or self.real or self.name == "decimal"


WHOLE = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
VOID, BOOLEAN, STRING = Type("void"), Type("boolean"), Type("string")
TINYINT, SMALLINT, INT, BIGINT = (Type(name) for name in WHOLE)
FLOAT, DOUBLE, DATE, TIMESTAMP, OTHER = map(Type, ("float", "double", "date", "timestamp", "other"))
TEXTS = Type("array<string>")  # made by split, and taken by nothing here
_ORDER = ("tinyint", "smallint", "int", "bigint", "float", "double")
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}
_ARROW = {
    "void": pa.null(), "boolean": pa.bool_(), "string": pa.string(), "tinyint": pa.int8(), "smallint": pa.int16(),
    "int": pa.int32(), "bigint": pa.int64(), "float": pa.float32(), "double": pa.float64(), "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"), "array<string>": pa.list_(pa.string()),
}  # fmt: skip
_SPARK = {
    **{kind: Type(name) for name, kind in _ARROW.items() if name != "array<string>"},
    pa.large_string(): STRING,
    pa.string_view(): STRING,
    pa.float16(): FLOAT,
    pa.uint8(): SMALLINT,
    pa.uint16(): INT,
    pa.uint32(): BIGINT,
    pa.uint64(): BIGINT,  # what is no bigint is refused row by row
    pa.date64(): DATE,
}


def decimal(precision: int, scale: int) -> Type:
    """Return a decimal type within Spark's bounds."""
    return Type("decimal", min(precision, MAX_PRECISION), min(scale, MAX_PRECISION))


def spark_type(kind: pa.DataType) -> Type:
    """Return the type of an Arrow column as Spark reads it."""
    if pa.types.is_dictionary(kind):
        return spark_type(kind.value_type)
    if pa.types.is_decimal(kind):
        return Type("decimal", kind.precision, kind.scale) if kind.precision <= MAX_PRECISION else OTHER
    if pa.types.is_timestamp(kind):
        return TIMESTAMP  # without a zone: in UTC, as Spark's own Parquet files are read
    return _SPARK.get(kind, OTHER)


def arrow_type(kind: Type) -> pa.DataType:
    """Return the Arrow type of a column that Spark makes."""
    if kind.name == "decimal":
        return pa.decimal128(kind.precision, kind.scale)
    return _ARROW[kind.name]


def value_type(value: Any) -> Type:
    """Return the type of a row's value where no schema tells: an int is a bigint, a float a double."""
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int):
        return BIGINT
    if isinstance(value, float):
        return FLOAT if isinstance(value, Single) else DOUBLE
    if isinstance(value, Decimal):
        return _decimal_of(value)
    if isinstance(value, str):
        return STRING
    if isinstance(value, datetime):
        return TIMESTAMP
    return DATE if isinstance(value, date) else OTHER


def _decimal_of(value: Decimal) -> Type:
    digits, exponent = value.as_tuple()[1:]
    if not isinstance(exponent, int):
        return OTHER
    scale = max(0, -exponent)
    precision = max(len(digits) + max(0, exponent), scale)
    return Type("decimal", precision, scale) if precision <= MAX_PRECISION else OTHER


def as_decimal(kind: Type) -> Type:
    """Return the decimal type that holds every value of an integer type."""
    return kind if kind.name == "decimal" else decimal(_DIGITS[kind.name], 0)


def common(a: Type, b: Type) -> Type | None:
    """Return the narrowest type that two types widen to, numbers only beside equals and null; None if none does."""
    if b in (a, VOID):
        return a
    if a == VOID:
        return b
    if {a.name, b.name} == {"date", "timestamp"}:
        return TIMESTAMP
    if not (a.numeric and b.numeric):
        return None
    if "decimal" not in (a.name, b.name):
        return max(a, b, key=lambda t: _ORDER.index(t.name))
    if a.real or b.real:
        return DOUBLE
    return wider(as_decimal(a), as_decimal(b))


def wider(a: Type, b: Type) -> Type:
    """Return the decimal type that holds the values of both."""
    scale = max(a.scale, b.scale)
    return decimal(max(a.precision - a.scale, b.precision - b.scale) + scale, scale)
