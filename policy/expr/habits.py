"""What people write who come from another language, and what it is called here."""

from __future__ import annotations

# Functions, by their names in lower case and without `_`; `{}` stands for that name.
FUNCTIONS = {
    **dict.fromkeys(("len", "length", "count", "strlen"), "size(x)"),
    **dict.fromkeys(("lower", "tolower", "lowercase"), "x.lowerAscii()"),
    **dict.fromkeys(("upper", "toupper", "uppercase"), "x.upperAscii()"),
    **dict.fromkeys(("strip", "ltrim", "rtrim"), "x.trim()"),
    **dict.fromkeys(("match", "regex", "regexp", "rlike", "like", "test"), "x.matches('pattern')"),
    **dict.fromkeys(("includes", "instr", "find"), "x.contains('part')"),
    **dict.fromkeys(("isnull", "ismissing", "isnan", "isempty"), "x == null"),
    **dict.fromkeys(("notnull", "defined", "isset", "coalesce"), "has(x)"),
    **dict.fromkeys(("any", "some"), "list.exists(x, condition)"),
    **dict.fromkeys(("every", "forall"), "list.all(x, condition)"),
    **dict.fromkeys(("abs", "floor", "ceil", "round", "sign", "sqrt"), "math.{}(x)"),
    **dict.fromkeys(("min", "least"), "math.least(a, b)"),
    **dict.fromkeys(("max", "greatest"), "math.greatest(a, b)"),
    **dict.fromkeys(("hour", "hours"), "now.getHours('Europe/Oslo')"),
    **dict.fromkeys(("weekday", "dayofweek", "getday"), "now.getDayOfWeek('Europe/Oslo'), 0 for Sunday"),
    **dict.fromkeys(("date", "datetime", "time", "todate"), "timestamp('2026-01-31T23:30:00Z')"),
    **dict.fromkeys(("insubnet", "iniprange", "cidrmatch", "ipinrange"), "x in cidr('10.0.0.0/8')"),
    **dict.fromkeys(("str", "tostring", "text"), "string(x)"),
    **dict.fromkeys(("float", "number", "tonumber"), "double(x)"),
    **dict.fromkeys(("integer", "toint"), "int(x)"),
    **dict.fromkeys(("today", "currenttime", "utcnow", "sysdate"), "now"),
    "if": "condition ? one : other",
    "not": "!condition",
    "between": "a <= x && x <= b",
}

_NAMES = {  # in any letters
    **dict.fromkeys(("nil", "none", "undefined", "nan"), "null"),
    **{word: word for word in ("true", "false", "null")},
}
_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}  # as they stand: NO is Norway

MEMBERS = {  # parts that are called
    "year": "getFullYear()",
    "month": "getMonth()",
    "day": "getDate()",
    **dict.fromkeys(("hour", "hours"), "getHours()"),
    **dict.fromkeys(("minute", "minutes"), "getMinutes()"),
    **dict.fromkeys(("second", "seconds"), "getSeconds()"),
    **dict.fromkeys(("weekday", "dayofweek"), "getDayOfWeek()"),
    **dict.fromkeys(("length", "len", "size", "count"), "size()"),
}
SIGNS = {  # characters that nothing begins with
    "~": "write `text.matches('pattern')`",
    "^": "write `math.bitXor(a, b)`, or `a != b` for conditions",
    "#": "a comment begins with //",
    "$": "a name stands by itself",
    "@": "a name stands by itself",
    ";": "an expression ends by itself",
}
LIST = "a list stands in square brackets: [a, b]"

_CALLED = ("matches", "contains", "startsWith", "endsWith")
_INFIX = {
    **{word.lower(): f"text.{word}('part')" for word in _CALLED},
    **dict.fromkeys(("like", "rlike", "regexp"), "text.matches('pattern')"),
    **dict.fromkeys(("is", "isnot"), "x == null"),
    **dict.fromkeys(("eq", "equals"), "a == b"),
    **dict.fromkeys(("ne", "neq"), "a != b"),
    "gt": "a > b",
    **dict.fromkeys(("ge", "gte"), "a >= b"),
    "lt": "a < b",
    **dict.fromkeys(("le", "lte"), "a <= b"),
    "mod": "a % b",
    "xor": "a != b",
    **dict.fromkeys(("then", "else", "if"), FUNCTIONS["if"]),
    "between": FUNCTIONS["between"],
}


def constant(word: str) -> str | None:
    """The constant that is meant by a name."""
    return _WORDS.get(word) or _NAMES.get(word.lower())


def infix(word: str) -> str:
    """What to write for a word that stands between two values."""
    meant = _INFIX.get(word.lower())
    return f"write `{meant}`" if meant else "strings stand in quotes"
