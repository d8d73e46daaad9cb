"""A syntax tree back to text: the shortest spelling that reads back as the same tree."""

from __future__ import annotations

from typing import Any

from policy.expr.nodes import (
    AND,
    IF,
    INDEX,
    NEGATE,
    NOT,
    OR,
    SIGN,
    Call,
    ListLiteral,
    Literal,
    Name,
    Node,
    Select,
)

_LEVEL = {
    IF: 1,
    OR: 2,
    AND: 3,
    **dict.fromkeys(("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in"), 4),
    **dict.fromkeys(("_+_", "_-_"), 5),
    **dict.fromkeys(("_*_", "_/_", "_%_"), 6),
    NOT: 7,
    NEGATE: 7,
}
_MEMBER, _PRIMARY = 8, 9
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def unparse(node: Node) -> str:
    """The text of a tree."""
    return _text(node)


def _level(node: Node) -> int:
    if isinstance(node, Call):
        return _LEVEL.get(node.function, _MEMBER)
    if isinstance(node, Literal) and type(node.value) in (int, float) and str(node.value).startswith("-"):
        return _LEVEL[NEGATE]
    return _MEMBER if isinstance(node, Select) else _PRIMARY


def _within(node: Node, level: int) -> str:
    """The text, in brackets if it binds weaker than the level."""
    text = _text(node)
    return text if _level(node) >= level else f"({text})"


def _text(node: Node) -> str:
    match node:
        case Literal(value=value):
            return _literal(value)
        case Name(name=name, root=root):
            return f".{name}" if root else name
        case Select(operand=operand, member=member):
            return f"{_within(operand, _MEMBER)}.{member}"
        case ListLiteral(items=items):
            return f"[{', '.join(map(_text, items))}]"
        case Call():
            return _call(node)


def _call(node: Call) -> str:
    function, args = node.function, node.args
    level = _LEVEL.get(function)
    if function == IF:
        test, then, other = args
        return f"{_within(test, 2)} ? {_within(then, 2)} : {_within(other, 1)}"
    if function == INDEX:
        return f"{_within(args[0], _MEMBER)}[{_text(args[1])}]"
    if function in (AND, OR):
        assert level
        return f" {SIGN[function]} ".join(_within(arg, level + 1) for arg in args)
    if function in (NOT, NEGATE):
        return _unary(SIGN[function], args[0])
    if level:
        sign = SIGN[function]
        return f"{_within(args[0], level)} {sign} {_within(args[1], level + 1)}"
    if node.receiver:
        return f"{_within(args[0], _MEMBER)}.{function}({', '.join(map(_text, args[1:]))})"
    return f"{function}({', '.join(map(_text, args))})"


def _unary(sign: str, arg: Node) -> str:
    number = isinstance(arg, Literal) and type(arg.value) in (int, float)
    return f"{sign}({_text(arg)})" if number else f"{sign}{_within(arg, _LEVEL[NEGATE])}"


def _literal(value: Any) -> str:
    if value is None or type(value) is bool:
        return {None: "null", True: "true", False: "false"}[value]
    return string(value) if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    text = repr(value)
    return text if type(value) is int or "." in text or "e" in text else f"{text}.0"


def string(text: str) -> str:
    """A string literal."""
    return f'"{"".join(map(_char, text))}"'


def _char(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char.isprintable() else f"\\U{ord(char):08x}"
