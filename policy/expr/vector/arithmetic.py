"""Arithmetic on columns of numbers, and the twins of functions, as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from policy.expr import vectors
from policy.expr.typed import Apply, Const
from policy.expr.types import DOUBLE, TIMESTAMP
from policy.expr.units import unit
from policy.expr.vector.masks import Masks, Number

OPERATORS: dict[str, Callable[..., vectors.Pair]] = {
    "_+_": vectors.add,
    "_-_": vectors.subtract,
    "_*_": vectors.multiply,
    "_/_": vectors.divide,
    "_%_": vectors.remainder,
    "-_": vectors.negate,
}


def calculated(masks: Masks, node: Apply, args: Sequence[Number]) -> Number:
    """What an operator gives."""
    name = node.overload.function.name
    sign = name.replace("_", "")
    if node.type == DOUBLE:
        text = f"-{args[0].data}" if len(args) == 1 else f"{args[0].data} {sign} {args[1].data}"
        return Number(DOUBLE, masks.line(text))
    if unit(node.type) > 1:
        check = vectors.in_time if node.type == TIMESTAMP else vectors.in_duration
        call = f"{masks.constants.name(check)}({args[0].data} {sign} {args[1].data})"
    else:
        call = f"{masks.constants.name(OPERATORS[name])}({', '.join(arg.data for arg in args)})"
    data, fits = masks.fresh(), masks.fresh()
    masks.lines.append(f"{data}, {fits} = {call}")
    return Number(node.type, data, masks.both([*(arg.valid for arg in args), fits]))


def called(masks: Masks, node: Apply, args: Sequence[Number]) -> Number:
    """What a function's own twin gives."""
    call = f"{masks.constants.name(node.overload.function.vector)}({', '.join(arg.data for arg in args)})"
    valid = masks.both([arg.valid for arg in args])
    if node.type == DOUBLE:  # twins give NaN for NaN, so that only other arguments need a mask
        return Number(DOUBLE, masks.line(f"double({call}, {valid})"))
    known = [
        masks.known(arg)
        for arg, part in zip(args, node.args, strict=True)
        if arg.type == DOUBLE and not isinstance(part, Const)
    ]
    data, fits = masks.fresh(), masks.fresh()
    masks.lines.append(f"{data}, {fits} = pair({call})")
    return Number(node.type, data, masks.both([*known, valid, fits]))
