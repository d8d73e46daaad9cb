"""The names that Spark gives columns without an alias; None where they cannot be told for sure.

Source: org.apache.spark.sql.catalyst.util.toPrettySQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scorer.sql.compare import whole_bound
from scorer.sql.nodes import Node
from scorer.sql.types import DATE, Type

_ORDERS = ("<", "<=", ">", ">=")
_INFIX = {"&", "|", "^", "+", "-", "*", "/", "%", "div", "=", "<", "<=", ">", ">=", "<=>"}
_SMALL = {  # written in small letters, whatever the statement's
    "abs", "isnan", "length", "upper", "lower", "ltrim", "rtrim", "trim", "mod", "pmod", "pow", "coalesce",
    "concat", "concat_ws", "greatest", "least", "nullif", "nvl", "ifnull", "nvl2", "year", "month", "day",
    "dayofmonth", "dayofweek", "weekday", "dayofyear", "quarter", "last_day", "hour", "minute", "second",
    "reverse", "startswith", "endswith", "contains", "instr", "translate", "nanvl", "ascii", "repeat", "left",
    "right", "to_date", "date_add", "date_sub", "datediff", "ln", "ceiling", "sign", "rint", "char_length",
    "character_length", "lcase", "ucase", "initcap", "weekofyear", "size",
}  # fmt: skip
_CAPITAL = {
    "exp", "expm1", "sqrt", "log10", "log2", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh",
    "cosh", "tanh", "cbrt", "degrees", "radians", "atan2", "hypot", "floor", "ceil", "signum", "pi", "e",
    "power",
}  # fmt: skip
_ENDS = {"trim": "BOTH", "ltrim": "LEADING", "rtrim": "TRAILING"}
UNNAMED, EXTRACT = "unnamed", "extract"
MAX_NAME = 10_000  # characters: some write an operand twice, so a name may grow as no statement can
CASTS = ("int", "bigint", "smallint", "tinyint", "float", "double", "string", "boolean", "date")


Kinds = Callable[[Node], Type | None]


def automatic(node: Node, version: tuple[int, int], kinds: Kinds = lambda _: None) -> str | None:
    """Return the name of a column without an alias; `kinds` tells an operand's type, if it is known."""
    if node.op in ("cast", "try_cast", *CASTS) and node.args[0].op == "column":
        return node.args[0].text
    return _named(node, version, kinds)


def marked(node: Node) -> Node:
    """Mark what has no name but Spark's, which is another one for some types: sums, and comparisons with decimals."""
    args = tuple(map(marked, node.args))
    typed = node.op in ("+", "-") or (node.op in (*_ORDERS, "between") and any(map(_decimal, node.args)))
    return replace(node, args=args, value=UNNAMED) if typed else replace(node, args=args)


def unmarked(node: Node) -> Node:
    """Take the marks away, once the types are known."""
    return replace(
        node, args=tuple(map(unmarked, node.args)), value=None if node.value == UNNAMED else node.value
    )


def _decimal(node: Node) -> bool:
    return node.op == "literal" and node.type is not None and node.type.name == "decimal"


def _ordered(sign: str, nodes: tuple[Node, ...], args: list[str], kinds: Kinds) -> str:
    """Write a comparison: for a decimal beside an integer, the bigint that stands for it."""
    for place in (1, 0):
        kind = kinds(nodes[1 - place]) if _decimal(nodes[place]) else None
        if kind is not None and kind.whole:
            bound = whole_bound(sign, nodes[place].value, place)
            if isinstance(bound, bool):
                return "true" if bound else "false"
            args = [str(bound) if i == place else arg for i, arg in enumerate(args)]
    return f"({args[0]} {sign} {args[1]})"


def _named(node: Node, version: tuple[int, int], kinds: Kinds) -> str | None:
    if node.op in ("column", "literal"):
        return node.text
    parts = [_named(arg, version, kinds) for arg in node.args]
    args = [part for part in parts if part is not None]
    if len(args) < len(parts):
        return None
    if node.op in ("+", "-") and any(kinds(arg) == DATE for arg in node.args):
        day, number = args if kinds(node.args[0]) == DATE else args[::-1]
        name: str | None = f"date_{'add' if node.op == '+' else 'sub'}({day}, {number})"
    elif node.op in _ORDERS:
        name = _ordered(node.op, node.args, args, kinds)
    elif node.op == "between" and version < (4, 0):
        low = _ordered(">=", node.args[:2], args[:2], kinds)
        high = _ordered("<=", (node.args[0], node.args[2]), [args[0], args[2]], kinds)
        name = f"({low} AND {high})"
    else:
        name = _written(node, args)
    return name if name is None or len(name) <= MAX_NAME else None


def _written(node: Node, args: list[str]) -> str | None:
    op = node.op
    if op in _INFIX:
        return f"({args[0]} {op} {args[1]})"
    if op in ("and", "or"):
        text = args[0]
        for arg in args[1:]:
            text = f"({text} {op.upper()} {arg})"
        return text
    if op == "not":
        return f"(NOT {args[0]})"
    if op == "~":
        return f"~{args[0]}"
    if op == "[ ]":
        return f"{args[0]}[{args[1]}]"
    if op == "split":
        return f"split({', '.join([*args, '-1'][:3])})"
    if op == "regexp_extract":
        return f"regexp_extract({', '.join([*args, '1'][:3])})"
    if op in ("locate", "position"):
        name = "position" if op == "position" and node.text != "IN" else "locate"
        return f"{name}({', '.join([*args, '1'][:3])})"
    if op == "regexp_replace":
        return f"regexp_replace({', '.join(args)}, 1)"
    if node.value == EXTRACT:
        return f"extract({node.text} FROM {args[0]})" if node.text else None
    if op == "negative":
        return f"negative({args[0]})" if node.text else f"(- {args[0]})"
    if op == "positive":
        return f"(+ {args[0]})"
    if op in ("is null", "is not null", "isnull", "isnotnull"):
        return f"({args[0]} IS {'NOT ' if 'not' in op else ''}NULL)"
    if op in ("is true", "is false"):
        return f"({args[0]} <=> {op[3:]})"
    if op in ("is not true", "is not false"):
        return f"(NOT ({args[0]} <=> {op[7:]}))"
    if op == "in":
        return f"({args[0]} IN ({', '.join(args[1:])}))"
    if op == "like":
        return f"{args[0]} LIKE {args[1]}"
    if op == "rlike":
        return f"RLIKE({args[0]}, {args[1]})"
    if op == "||":
        return f"concat({args[0]}, {args[1]})"
    if op == "between":
        return f"between({', '.join(args)})"
    if op == "case":
        return _case(args)
    if op == "case of":
        whens = range(1, len(args) - 1, 2)
        return _case([f"({args[0]} = {arg})" if i in whens else arg for i, arg in enumerate(args) if i])
    if op == "if":
        return f"(IF({', '.join(args)}))"
    if op in ("cast", "try_cast"):
        return f"{op.upper()}({args[0]} AS {str(node.value).upper()})"
    if op in CASTS:
        return args[0]
    return _function(op, args)


def _case(args: list[str]) -> str:
    text = "CASE"
    for i in range(0, len(args) - 1, 2):
        text += f" WHEN {args[i]} THEN {args[i + 1]}"
    return text + (f" ELSE {args[-1]}" if len(args) % 2 else "") + " END"


def _function(op: str, args: list[str]) -> str | None:
    if op == "log":
        return f"LOG(E(), {args[0]})" if len(args) == 1 else f"LOG({', '.join(args)})"
    if op in ("round", "bround"):
        return f"{op}({', '.join([*args, '0'][:2])})"
    if op in ("substring", "substr"):
        return f"{op}({', '.join([*args, '2147483647'][:3])})"
    if op == "replace":
        return f"replace({', '.join([*args, ''][:3])})"
    if op in ("lpad", "rpad"):
        return f"{op}({', '.join([*args, ' '][:3])})"
    if op in _ENDS and len(args) > 1:
        return f"TRIM({_ENDS[op]} {args[0]} FROM {args[1]})"
    if op in _SMALL:
        return f"{op}({', '.join(args)})"
    return f"{op.upper()}({', '.join(args)})" if op in _CAPITAL else None
