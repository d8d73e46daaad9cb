"""Which type a column has, as far as its use in a statement tells, where no schema does."""

from __future__ import annotations

from collections.abc import Sequence

from scorer.sql import dates
from scorer.sql.nodes import Node
from scorer.sql.signatures import MATHS
from scorer.sql.types import BIGINT, BOOLEAN, DATE, DOUBLE, STRING, TIMESTAMP, VOID, Type

_DOUBLE = {
    "+", "-", "*", "/", "%", "mod", "pmod", "negative", "abs", "log", "ln", "pow", "power", "atan2", "hypot",
    "round", "bround", "floor", "ceil", "ceiling", "signum", "sign", "isnan", "nanvl", *MATHS,
}  # fmt: skip
_TEXT = {
    "like", "rlike", "lower", "upper", "lcase", "ucase", "trim", "ltrim", "rtrim", "reverse", "startswith",
    "endswith", "contains", "instr", "replace", "translate", "regexp_replace", "substring", "substr", "left",
    "right", "lpad", "rpad", "repeat", "length", "char_length", "character_length", "ascii",
    "initcap", "split", "regexp_extract", "locate", "position",
}  # fmt: skip
_BOOLEAN = {"and", "or", "not", "is true", "is false", "is not true", "is not false"}
_COMPARES = {
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "<=>",
    "between",
    "in",
    "nullif",
    "greatest",
    "least",
    "coalesce",
    "nvl",
    "ifnull",
}
_INT_ARGUMENTS = {"substring", "substr", "left", "right", "lpad", "rpad", "repeat", "date_add", "date_sub"}


def hints(node: Node, columns: int) -> tuple[Type, ...]:
    """Return for each column the type that its first telling use suggests; void if none does."""
    found: dict[int, Type] = {}
    waiting = [node]
    while waiting:
        node = waiting.pop(0)
        for place, arg in enumerate(node.args):
            if arg.op == "column" and arg.value not in found:
                kind = _suggested(node, place)
                if kind is not None:
                    found[arg.value] = kind
        waiting = [*node.args, *waiting]
    return tuple(found.get(i, VOID) for i in range(columns))


def _suggested(node: Node, place: int) -> Type | None:
    op = node.op
    if op in ("locate", "position", "split", "regexp_extract") and place == 2:
        return BIGINT
    if op in ("div", "&", "|", "^", "~") or (op in _INT_ARGUMENTS and place == 1):
        return BIGINT
    if op in _DOUBLE:
        return DOUBLE
    if op in _TEXT and not (op in _INT_ARGUMENTS and place == 2 and op in ("substring", "substr")):
        return STRING
    if op in _BOOLEAN or (op in ("case", "if") and place % 2 == 0 and place < len(node.args) - 1):
        return BOOLEAN
    if op == "case of" and (not place or (place % 2 and place < len(node.args) - 1)):
        return _beside([node.args[0], *node.args[1:-1:2]])
    if op in dates.TIME_FIELDS:
        return TIMESTAMP
    if op in dates.DATE_FIELDS or op in ("last_day", "datediff", "date_add", "date_sub"):
        return DATE
    return _beside(node.args) if op in _COMPARES else None


def _beside(args: Sequence[Node]) -> Type | None:
    """Take the type of the literals that a column stands beside: numbers are doubles."""
    kinds = [arg.type for arg in args if arg.type is not None and arg.type != VOID]
    if any(arg.op in _DOUBLE for arg in args) or any(kind.numeric for kind in kinds):
        return DOUBLE
    return kinds[0] if kinds else None
