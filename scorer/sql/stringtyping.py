"""The types of functions of texts: everything becomes text, as Spark casts it."""

from __future__ import annotations

from functools import partial
from typing import Any

from scorer.sql import texts
from scorer.sql.exprs import Expr, MistypedError, Op, apply, case, literal, loose, strict
from scorer.sql.logictyping import null_test
from scorer.sql.nodes import Node
from scorer.sql.types import BOOLEAN, INT, STRING, TEXTS
from scorer.sql.typing import Typer, handles

_ONE = {
    "lower": Op(str.lower),
    "upper": Op(str.upper),
    "reverse": Op(lambda s: s[::-1]),
}
_TRIMS = {
    "trim": lambda letters, s: s.strip(letters),
    "ltrim": lambda letters, s: s.lstrip(letters),
    "rtrim": lambda letters, s: s.rstrip(letters),
}
_ONE |= {"lcase": _ONE["lower"], "ucase": _ONE["upper"]}
_LENGTH = Op(len, sql="CAST(length({0}) AS INTEGER)")
_TESTS = {
    "startswith": (BOOLEAN, Op(str.startswith)),
    "endswith": (BOOLEAN, Op(str.endswith)),
    "contains": (BOOLEAN, Op(lambda s, part: part in s)),
    "instr": (INT, Op(texts.place_of)),
}


@handles(*_ONE)
def _one(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    return strict(STRING, _ONE[node.op], typer.text(args[0], node.op))


@handles(*_TRIMS)
def _trim(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    """Take letters away at the ends; they stand before the text, and are looked at after it."""
    letters = args[0] if len(args) > 1 else literal(" ", STRING)
    both = typer.text(letters, node.op), typer.text(args[-1], node.op)
    return apply("strict", STRING, both, Op(_TRIMS[node.op], backwards=True, patient=True))


@handles("locate", "position")
def _locate(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    start = typer.integer(args[2], node.op) if len(args) > 2 else literal(1, INT)
    both = typer.text(args[0], node.op), typer.text(args[1], node.op)
    found = apply("strict", INT, (*both, start), Op(texts.located, patient=True))
    if start.never_null:
        return found
    return case(INT, null_test(typer, Node("is null"), (start,)), literal(0, INT), found)


@handles("length", "char_length", "character_length")
def _length(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    return strict(INT, _LENGTH, typer.text(args[0], node.op))


@handles("ascii")
def _ascii(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    return strict(INT, Op(texts.code_of), typer.text(args[0], node.op))


@handles(*_TESTS)
def _test(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    made, op = _TESTS[node.op]
    return strict(made, op, *(typer.text(arg, node.op) for arg in args))


@handles("initcap")
def _initcap(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    op = Op(partial(texts.initials, several=typer.ansi))
    return strict(STRING, op, typer.text(args[0], node.op))


@handles("concat", "||")
def _concat(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    parts = [typer.text(arg, node.op) for arg in args]
    if len(parts) == 1:
        return parts[0]
    marks = [f"{{{i}}}" for i in range(len(parts))]
    op = Op(texts.concat, sql=f"({' || '.join(marks)})", fails=True, patient=True)
    return apply("strict", STRING, tuple(parts), op)  # a null that is written is seen by no optimizer


@handles("concat_ws")
def _concat_ws(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    parts = [typer.text(arg, node.op) for arg in args]
    return loose(STRING, Op(texts.joined, fails=True), *parts, never_null=parts[0].never_null)


@handles("substring", "substr")
def _substring(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    length = typer.integer(args[2], node.op) if len(args) > 2 else literal((1 << 31) - 1, INT)
    return strict(
        STRING, Op(texts.substring), typer.text(args[0], node.op), typer.integer(args[1], node.op), length
    )


@handles("left", "right")
def _side(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    op = Op(texts.left) if node.op == "left" else Op(texts.right, patient=True)
    return strict(STRING, op, typer.text(args[0], node.op), typer.integer(args[1], node.op))


@handles("replace")
def _replace(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    new = args[2] if len(args) > 2 else literal("", STRING)
    return strict(
        STRING, Op(texts.replace, fails=True), *(typer.text(arg, node.op) for arg in (*args[:2], new))
    )


@handles("translate")
def _translate(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    return strict(STRING, Op(texts.translate), *(typer.text(arg, node.op) for arg in args))


@handles("lpad", "rpad")
def _pad(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    at_left = node.op == "lpad"
    fill = typer.text(args[2], node.op) if len(args) > 2 else literal(" ", STRING)

    def pad(text: str, length: int, fill: str, place: int) -> str:
        return texts.padded(text, length, fill, place, at_left=at_left)

    return strict(
        STRING, Op(pad, fails=True), typer.text(args[0], node.op), typer.integer(args[1], node.op), fill
    )


@handles("repeat")
def _repeat(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    op = Op(texts.repeat, fails=True)
    return strict(STRING, op, typer.text(args[0], node.op), typer.integer(args[1], node.op))


def _null(value: Expr) -> bool:
    return value.kind == "literal" and value.value is None


def _pattern(node: Node, value: Expr) -> Any:
    if value.kind != "literal" or value.type != STRING or value.value is None:
        raise MistypedError(f"the pattern of {node.op.upper()} should be a literal text")
    return value.value


@handles("like")
def _like(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    if _null(args[1]):
        return literal(None, BOOLEAN)
    return strict(BOOLEAN, texts.like(_pattern(node, args[1])), typer.text(args[0], node.op))


@handles("rlike")
def _rlike(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    if _null(args[1]):
        return literal(None, BOOLEAN)
    return strict(BOOLEAN, texts.finds(_pattern(node, args[1])), typer.text(args[0], node.op))


@handles("regexp_replace")
def _regexp_replace(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    op = texts.replaces(_pattern(node, args[1]), _pattern(node, args[2]))
    return strict(STRING, op, typer.text(args[0], node.op))


def _number(node: Node, value: Expr, what: str) -> int:
    if value.kind != "literal" or value.type != INT or value.value is None:
        raise MistypedError(f"the {what} of {node.op} should be a literal int")
    return int(value.value)


SPLITS = (3, 4)  # the first Spark that splits by nothing without a last empty part


@handles("split")
def _split(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    limit = _number(node, args[2], "limit") if len(args) > 2 else -1
    ends = typer.version < SPLITS
    return strict(
        TEXTS, texts.splits(_pattern(node, args[1]), limit, ends=ends), typer.text(args[0], node.op)
    )


@handles("regexp_extract")
def _regexp_extract(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    group = _number(node, args[2], "group") if len(args) > 2 else 1
    return strict(STRING, texts.extracts(_pattern(node, args[1]), group), typer.text(args[0], node.op))


@handles("[ ]")
def _item(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    del node
    if args[0].type != TEXTS:
        raise MistypedError(f"an element or field by [ ] of {args[0].type} is not supported, but of split(…)")
    if not args[1].type.whole:
        raise MistypedError(f"the number in [ ] should be an integer, not {args[1].type}")
    return strict(STRING, texts.item(ansi=typer.ansi), *args)


@handles("size")
def _size(typer: Typer, node: Node, args: tuple[Expr, ...]) -> Expr:
    if args[0].type != TEXTS:
        raise MistypedError(f"{node.op} of {args[0].type} is not supported, but of split(…)")
    if typer.ansi:
        return strict(INT, Op(len), *args)
    return loose(INT, Op(lambda texts: -1 if texts is None else len(texts)), *args)
