"""Random expressions of the SQL subset, over columns of hard values."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

NAN, INF = float("nan"), float("inf")
CASTABLE = [
    " 12 ", "-0", "+7", "1.5", "-2.5e2", "NaN", "inf", "-Infinity", "1e400", "9223372036854775808", "0.1d", "yes", "T", "2024-2-9",
    "2024-02-30", "2024-02-29 10:11:12", "\t3\n", "٣", ".5", "5.", "1e", "0x1F", "1_000", "n", "2024", "-1", "128",
]  # fmt: skip
COLUMNS = {
    "a": (pa.int32(), [None, 7, -7, 0, 1, 2**31 - 1, -(2**31), 12]),
    "b": (pa.int32(), [2, 0, None, -1, 3, -2, 1]),
    "l": (pa.int64(), [10, None, 2**63 - 1, -(2**63), 2**53 + 1, 0, -5]),
    "z": (pa.int8(), [3, -128, 127, None, 0, 2]),
    "x": (pa.float64(), [1.5, None, NAN, INF, -INF, 0.0, -0.0, -1.5, 2.5, 1e16, 5e-324, 0.5, 0.1, 1.005, 2.675, -1e22, 1e-7, 123456789.98765433, 1e308]),
    "y": (pa.float32(), [0.5, None, NAN, -0.0, 0.1, 3.0e38, INF, 16777216.0, 1e-45, -1.005, 123.456]),
    "s": (pa.string(), ["Oslo", "", None, " a B ", "x%_y", "ærø", "12", " 7", "1e3", "true", "☃𝄞z", "2024-02-29", *CASTABLE]),
    "f": (pa.bool_(), [True, None, False]),
    "g": (pa.bool_(), [False, True, None]),
    "m": (pa.decimal128(10, 2), [Decimal("12.50"), None, Decimal("-0.01"), Decimal("0.00"), Decimal("99999999.99")]),
    "d": (pa.date32(), [date(2024, 2, 29), None, date(1969, 12, 31), date(2023, 1, 1), date(1582, 10, 15)]),
    "t": (pa.timestamp("us", "UTC"), [datetime(2024, 2, 29, 13, 45, 30, 123456, UTC), None, datetime(1969, 12, 31, 23, 59, 59, 0, UTC), datetime(2023, 1, 1, tzinfo=UTC), datetime(1900, 3, 1, 1, 2, 3, 4500, UTC)]),
}  # fmt: skip
NUMBERS = {"a", "b", "l", "z", "x", "y", "m"}
_LITERALS = {
    "int": ["0", "1", "-1", "2", "7", "2147483647", "CAST(NULL AS INT)"],
    "real": ["0.5D", "1e3", "-2.5D", "0D"],
    "decimal": ["0.5", "1.5", "-2.25", "100.0"],
    "text": ["CAST(NULL AS STRING)", "'a'", "'Oslo'", "''", "'12'", "'x%'", "'it\\'s'"],
}
_MATHS = [
    "abs",
    "sqrt",
    "exp",
    "log",
    "log10",
    "log1p",
    "expm1",
    "sin",
    "cos",
    "tan",
    "atan",
    "cbrt",
    "signum",
    "rint",
    "floor",
    "ceil",
    "round",
    "bround",
]
# Further forms of each family; {n} {t} {b} {d} stand for a number, a text, a boolean and a date.
_FORMS = {
    "number": [
        *(f"{name}({{n}})" for name in ("asin", "acos", "sinh", "cosh", "tanh", "degrees", "radians", "log2", "ln")),
        *(f"{name}({{n}})" for name in ("negative", "positive", "sign", "int", "bigint", "double", "float", "ceiling")),
        *(f"{name}({{t}})" for name in ("ascii", "char_length", "character_length", "double", "int")),
        *(f"{name}({{d}})" for name in ("month", "day", "dayofmonth", "dayofweek", "weekday", "dayofyear", "quarter")),
        *(f"{name}({{n}}, {digits})" for name in ("round", "bround") for digits in (-2, -1, 1, 2, 5)),
        *("year(t)", "month(t)", "minute(t)", "second(t)", "weekofyear({d})", "datediff(t, {d})", "quarter(t)"),
        *("log({n}, {n})", "log(2, {n})", "mod({n}, {n})", "power({n}, 2)", "ifnull({n}, {n})", "nvl2({n}, {n}, {n})"),
        *("nvl2({t}, {n}, {n})", "CASE {n} WHEN {n} THEN {n} ELSE {n} END", "CASE {t} WHEN 'a' THEN {n} END"),
        *("CASE z WHEN 3 THEN {n} WHEN NULL THEN {n} ELSE 1 END", "pmod(l, z)", "pmod(x, 2.5D)", "(~a)", "(~z)"),
        *("CAST({n} AS SMALLINT)", "CAST({n} AS DECIMAL(6,4))", "CAST({n} AS DECIMAL(38,10))"),
        *("try_cast({n} AS TINYINT)", "try_cast({n} AS DECIMAL(5,1))", "try_cast({t} AS DOUBLE)", "CAST({b} AS DOUBLE)"),
        *("try_cast({t} AS DECIMAL(8,2))", "CAST({b} AS DECIMAL(3,1))", "greatest({n}, {n}, {n})", "least(a, z, {n})"),
        *("coalesce(a, {n}, z, 1)", "(m * m)", "(m / 3)", "(m % 0.7)", "(m + l)", "(m * 1e2)", "(m - y)", "(y * z)", "(y / a)"),
        *("try_cast({t} AS BIGINT)", "try_cast({t} AS FLOAT)", "EXTRACT(DAY FROM t)", "EXTRACT(hour FROM t)", "(z * z)"),
        *("locate({t}, {t})", "instr({t}, {t})", "position('l' IN s)", "length(split({t}, 'o')[0])", "size(split({t}, ',', 2))"),
        *("CAST({n} AS INT) div 2", "(z + CAST(1 AS TINYINT))", "(b - 1.5F)", "1.5BD * b", "10L / b", "3S * z", "(- z)", "abs(z)"),
    ],
    "text": [
        *("left({t}, 2)", "right({t}, z)", "repeat({t}, 2)", "translate({t}, 'aeo', 'xy')", "regexp_replace({t}, 'o|s', '-')"),
        *("regexp_replace({t}, '(.)([a-z])', '')", "concat_ws('-', {t}, {n}, {t})", "split({t}, 'l')[1]", "split({t}, '')[0]"),
        *("ltrim('O', {t})", "replace({t}, 'o')", "substr({t}, 2)", "lpad({t}, 4)", "nvl({t}, {t})", "string({n})", "string({b})"),
        *("greatest({t}, {t})", "coalesce({t}, {n})", "IF({b}, {t}, {n})", "CAST({d} AS STRING)", "CAST(t AS STRING)", "string(m)"),
        *("CAST(m * 1.10 AS STRING)", "CAST(y * 1.1F AS STRING)", "CAST({n} AS STRING)", "lcase({t})", "ucase({t})", "nullif({t}, 'a')"),
        *("concat({b}, {d})", "({d} || t)", "CASE {t} WHEN {t} THEN {t} ELSE {n} END", "least({t}, 'b', s)", "nvl2({n}, {t}, 'none')"),
        *("regexp_extract({t}, '^(\\\\w)', 1)", "right({t}, 3)", "left({t}, b)", "repeat({t}, z)", "concat_ws({t}, {t}, 'a')"),
    ],
    "boolean": [
        *("({t} LIKE '%\\\\%%')", "({t} NOT LIKE '_s%')", "({t} LIKE '')", "({t} NOT RLIKE '^a')", "({n} NOT IN ({n}, 1))"),
        *("({t} NOT BETWEEN {t} AND 'z')", "({b} IS TRUE)", "({b} IS NOT FALSE)", "({b} IS NOT TRUE)", "endswith({t}, {t})"),
        *("contains({t}, 's')", "boolean({n})", "CAST({n} AS BOOLEAN)", "try_cast({t} AS BOOLEAN)", "isnull({n})", "isnotnull({t})"),
        *("({n} IN (1, 2, 3.5))", "({t} IN ('a', 'Oslo', ''))", "({d} = '2024-02-29')", "(t > d)", "({n} > '1')"),
        *("({t} = 12)", "({t} IN (12, 7))", "(t = {d})", "(d BETWEEN '2023-01-01' AND {d})", "({b} = {b})", "({b} <=> NULL)"),
        *("coalesce({b}, {b}, false)", "IF({b}, {b}, {b})", "nvl({b}, true)", "CASE WHEN {b} THEN {b} ELSE {b} END", "({n} <=> NULL)"),
        *("CASE {b} WHEN true THEN {b} END", "(x = y)", "(l = x)", "(m = x)", "(m > l)", "(NOT {n} = {n})", "(NULL IN ({n}))"),
        *("greatest({b}, f)", "nullif({b}, g)", "({n} != {n})", "({n} == {n})", "(x IN (a, y))", "(m BETWEEN a AND x)"),
    ],
    "date": [
        *("date_sub({d}, 30)", "date({d})", "to_date({d})", "to_date(t)", "greatest({d}, d)", "nvl({d}, d)", "last_day(t)"),
        *("IF({b}, {d}, d)", "coalesce(d, {d}, DATE'1999-12-31')", "try_cast({t} AS DATE)", "date_add(t, b)", "nullif({d}, d)"),
        *("date_add('2024-02-28', 1)", "CASE WHEN {b} THEN {d} ELSE d END", "least({d}, DATE'2024-01-31', d)", "last_day('2023-02-01')"),
    ],
}  # fmt: skip


class Writer:
    """Writes expressions from a source of chance, of a wanted family: number, text, boolean or date."""

    def __init__(self, chance) -> None:
        self.chance = chance

    def write(self, family: str, depth: int) -> str:
        """Write an expression."""
        if depth > 0 and self.chance.randrange(3) == 0:
            return self._filled(self.pick(*_FORMS[family]), depth - 1)
        return getattr(self, f"_{family}")(depth)

    def _filled(self, form: str, depth: int) -> str:
        families = {"{n}": "number", "{t}": "text", "{b}": "boolean", "{d}": "date"}
        parts = re.split(r"(\{[ntbd]\})", form)
        return "".join(self.write(families[p], depth) if p in families else p for p in parts)

    def number(self, depth: int) -> str:
        """Write a number."""
        return self.write("number", depth)

    def text(self, depth: int) -> str:
        """Write a text."""
        return self.write("text", depth)

    def boolean(self, depth: int) -> str:
        """Write a truth value."""
        return self.write("boolean", depth)

    def date(self, depth: int) -> str:
        """Write a date."""
        return self.write("date", depth)

    def pick(self, *options: str) -> str:
        return self.chance.choice(options)

    def leaf(self, family: str) -> str:
        if family == "number":
            kind = self.pick("column", "column", "column", "int", "real", "decimal")
            return self.pick(*sorted(NUMBERS)) if kind == "column" else self.pick(*_LITERALS[kind])
        if family == "text":
            return self.pick("s", "s", *_LITERALS["text"])
        return (
            self.pick("f", "g", "true", "NULL") if family == "boolean" else self.pick("d", "DATE'2024-01-31'")
        )

    def _number(self, depth: int) -> str:
        if depth <= 0:
            return self.leaf("number")
        again = self.chance.randrange(16)

        def n() -> str:
            return self.number(depth - 1)

        if again < 5:
            return f"({n()} {self.pick('+', '-', '*', '/', '%')} {n()})"
        if again < 7:
            return f"{self.pick(*_MATHS)}({n()})"
        if again == 7:
            return f"CASE WHEN {self.boolean(depth - 1)} THEN {n()} WHEN {self.boolean(depth - 1)} THEN {n()} ELSE {n()} END"
        if again == 8:
            return f"{self.pick('coalesce', 'greatest', 'least', 'nvl', 'nullif')}({n()}, {n()})"
        if again == 9:
            return f"IF({self.boolean(depth - 1)}, {n()}, {n()})"
        if again == 10:
            return (
                f"CAST({n()} AS {self.pick('INT', 'BIGINT', 'DOUBLE', 'FLOAT', 'TINYINT', 'DECIMAL(12,3)')})"
            )
        if again == 11:
            return self.pick(
                f"length({self.text(depth - 1)})",
                f"instr({self.text(depth - 1)}, 'o')",
                f"locate('o', {self.text(depth - 1)}, {self.pick('b', 'z', '2')})",
                f"size(split({self.text(depth - 1)}, '{self.pick('o', '', 'x*', '$')}'))",
                f"({self.pick('a', 'b', 'l')} {self.pick('&', '|', '^')} {self.pick('z', '3', 'l')})",
                f"EXTRACT({self.pick('YEAR', 'week', 'DOW')} FROM {self.date(depth - 1)})",
                "(a div b)",
                "(l div a)",
                "(m div a)",
                "(l div 0.01)",
            )
        if again == 12:
            return self.pick(
                f"try_cast({self.text(depth - 1)} AS INT)",
                f"try_cast({n()} AS INT)",
                f"CAST({self.boolean(depth - 1)} AS INT)",
                f"IF({self.boolean(depth - 1)}, {n()}, CAST('zz' AS INT))",
            )
        if again == 13:
            return f"{self.pick('pow', 'nanvl', 'atan2', 'hypot')}({n()}, {n()})"
        if again == 14:
            return self.pick(
                f"year({self.date(depth - 1)})",
                "hour(t)",
                f"datediff({self.date(depth - 1)}, d)",
                "pmod(a, b)",
            )
        return f"(- {n()})"

    def _text(self, depth: int) -> str:
        if depth <= 0:
            return self.leaf("text")
        again = self.chance.randrange(9)

        def t() -> str:
            return self.text(depth - 1)

        if again == 0 and self.chance.randrange(2):
            return self.pick(
                f"initcap({t()})",
                f"TRIM({self.pick('BOTH', 'LEADING', 'TRAILING')} {t()} FROM {t()})",
                f"regexp_extract({t()}, '([a-z])(.*)$', {self.pick('0', '1', '2')})",
            )
        if again < 2:
            return f"{self.pick('upper', 'lower', 'trim', 'ltrim', 'rtrim', 'reverse')}({t()})"
        if again == 2:
            return f"concat({t()}, {self.number(depth - 1)}, {t()})"
        if again == 3:
            return self.pick(f"({t()} || {t()})", f"({t()} || {self.number(depth - 1)} + 1)")
        if again == 4:
            return f"substring({t()}, {self.pick('-2', '0', '1', 'b')}, {self.pick('0', '2', 'b', '5')})"
        if again == 5:
            return f"{self.pick('lpad', 'rpad')}({t()}, {self.pick('b', '6', '3')}, '*-')"
        if again == 6:
            return f"replace({t()}, {t()}, 'q')"
        if again == 7:
            return f"CAST({self.pick(self.number(depth - 1), self.boolean(depth - 1), self.date(depth - 1))} AS STRING)"
        return f"CASE WHEN {self.boolean(depth - 1)} THEN {t()} END"

    def _boolean(self, depth: int) -> str:
        if depth <= 0:
            return self.leaf("boolean")
        again = self.chance.randrange(12)

        def b() -> str:
            return self.boolean(depth - 1)

        family = self.pick("number", "number", "text", "date", "boolean")

        def v() -> str:
            return self.write(family, depth - 1)

        if again < 4:
            return f"({v()} {self.pick('=', '<', '<=', '>', '>=', '<>', '<=>')} {v()})"
        if again < 6:
            return f"({b()} {self.pick('AND', 'OR')} {b()})"
        if again == 6:
            return f"(NOT {b()})"
        if again == 7:
            return f"({v()} IS {self.pick('', 'NOT ')}NULL)"
        if again == 8:
            return f"({v()} IN ({v()}, {v()}, NULL))"
        if again == 9:
            return f"({v()} BETWEEN {v()} AND {v()})"
        if again == 10:
            return self.pick(
                f"({self.text(depth - 1)} LIKE '%o%')",
                f"({self.text(depth - 1)} RLIKE '[a-z]+')",
                f"startswith({self.text(depth - 1)}, 'O')",
            )
        return f"isnan({self.number(depth - 1)})"

    def _date(self, depth: int) -> str:
        if depth <= 0:
            return self.leaf("date")
        return self.pick(
            f"date_add({self.date(depth - 1)}, {self.pick('1', 'z', '-40')})",
            f"({self.date(depth - 1)} {self.pick('+', '-')} {self.pick('1', 'z', 'b')})",
            f"last_day({self.date(depth - 1)})",
            "CAST(t AS DATE)",
            f"to_date(try_cast({self.text(depth - 1)} AS DATE))",
            "d",
        )
