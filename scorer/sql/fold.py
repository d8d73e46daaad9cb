"""What Spark's optimizer makes of an expression before it sees a row: what reads no column is a value.

It matters where a step would raise: beside a null, or behind a condition that is decided, it is not computed.
Sources: catalyst.optimizer.ConstantFolding, NullPropagation, BooleanSimplification, SimplifyConditionals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from scorer.errors import Invalid
from scorer.sql.code import compiled
from scorer.sql.exprs import Expr, apply, literal
from scorer.sql.types import TEXTS

_FAILS = (Invalid, TypeError, ValueError, ArithmeticError, LookupError)


def constants(e: Expr) -> Iterator[Expr]:
    """Yield the steps that read no column, but those below a choice: Spark computes them before it sees a row.

    If one of them raises, every row is refused, also those that would not have come to it.
    """
    if e.place < 0:
        if e.kind != "literal":
            yield e
    elif e.kind not in ("case", "coalesce"):
        for arg in e.args:
            yield from constants(arg)


def folded(e: Expr) -> Expr:
    """Put values in the place of steps that read no column, and leave out what these decide; what raises stays."""
    if e.kind in ("literal", "column"):
        return e
    if e.place < 0:
        return _value(e)
    args = tuple(map(folded, e.args))
    if any(next(constants(arg), None) is not None for arg in args) and e.kind not in _LAZY:
        return _rebuilt(e, args)  # it raises before anything is left out
    return _RULES.get(e.kind, _rebuilt)(e, args)


def _value(e: Expr) -> Expr:
    if e.type == TEXTS:
        return e  # a list is made for each row
    try:
        made = compiled(e, (), filters=False)()
    except _FAILS:
        return e
    return replace(literal(made, e.type), height=1)


def _rebuilt(e: Expr, args: tuple[Expr, ...]) -> Expr:
    if all(new is old for new, old in zip(args, e.args, strict=False)) and len(args) == len(e.args):
        return e
    made = apply(e.kind, e.type, args, e.op, never_null=e.never_null)
    return _value(made) if made.place < 0 else made


def _is(e: Expr, value: bool | None) -> bool:
    return e.kind == "literal" and e.value is value


def _strict(e: Expr, args: tuple[Expr, ...]) -> Expr:
    seen = e.op is None or not e.op.patient
    return literal(None, e.type) if seen and any(_is(arg, None) for arg in args) else _rebuilt(e, args)


def _logic(e: Expr, args: tuple[Expr, ...]) -> Expr:
    ends = e.kind == "or"
    if any(_is(arg, ends) for arg in args):
        return literal(ends, e.type)
    kept = tuple(arg for arg in args if not _is(arg, not ends))
    return _rebuilt(e, kept) if len(kept) > 1 else kept[0] if kept else literal(not ends, e.type)


def _in(e: Expr, args: tuple[Expr, ...]) -> Expr:
    return literal(None, e.type) if _is(args[0], None) else _rebuilt(e, args)


def _coalesce(e: Expr, args: tuple[Expr, ...]) -> Expr:
    kept = [arg for arg in args if not _is(arg, None)]
    end = next((i for i, arg in enumerate(kept) if arg.kind == "literal"), len(kept))
    kept = kept[: end + 1]
    return _rebuilt(e, tuple(kept)) if len(kept) > 1 else kept[0] if kept else literal(None, e.type)


def _case(e: Expr, args: tuple[Expr, ...]) -> Expr:
    first, *others = (_literal_or_column(value) for value in (*args[1:-1:2], args[-1]))
    if first is not None and all(other == first for other in others):
        return args[-1]  # whatever the conditions are
    parts: list[Expr] = []
    for i in range(0, len(args) - 1, 2):
        if args[i].kind != "literal":
            parts += args[i : i + 2]
        elif args[i].value is True:
            return _rebuilt(e, (*parts, args[i + 1])) if parts else args[i + 1]
    return _rebuilt(e, (*parts, args[-1])) if parts else args[-1]


def _literal_or_column(e: Expr) -> str | None:
    return f"{e.kind} {e.value!r}" if e.kind in ("literal", "column") else None


_LAZY = ("case", "coalesce")
_RULES: dict[str, Callable[[Expr, tuple[Expr, ...]], Expr]] = {
    "strict": _strict,
    "and": _logic,
    "or": _logic,
    "in": _in,
    "coalesce": _coalesce,
    "case": _case,
}
