"""The reference of functions and operators, made of the registry."""

from __future__ import annotations

from policy.expr.functions import REGISTERED, Function
from policy.expr.nodes import SIGN


def render() -> str:
    """A Markdown table of every function: how it is called, what it gives, and examples."""
    rows = [f"| {_usage(made)} | {made.doc} | {_code(*made.examples)} |" for made in REGISTERED]
    return "\n".join(["| call | meaning | true |", "|---|---|---|", *rows, ""])


def _usage(made: Function) -> str:
    return "<br>".join(_code(_call(made, signature)) for signature in made.signatures)


def _call(made: Function, signature: str) -> str:
    """`string.(int) -> bool` of `f` is shown as `string.f(int) -> bool`, an operator between its sides."""
    if made.name not in SIGN:
        receiver, dot, rest = signature.rpartition(".(")
        return f"{receiver}.{made.name}({rest}" if dot else f"{made.name}{signature}"
    params, _, result = signature[1:].partition(") -> ")
    sides, sign = _sides(params), SIGN[made.name]
    if sign == "[]":
        return f"{sides[0]}[{sides[1]}] -> {result}"
    shown = f"{sides[0]} {sign} {sides[1]}" if len(sides) == 2 else f"{sign}{sides[0]}"
    return f"{shown} -> {result}"


def _sides(params: str) -> list[str]:
    return params.split(", ")


def _code(*texts: str) -> str:
    return "<br>".join(f"`{text.replace('|', chr(92) + '|')}`" for text in texts)
