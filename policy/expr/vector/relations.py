"""Comparison of columns of numbers, and membership among constants, as text. Ints and doubles compare exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from policy.expr import vectors
from policy.expr.typed import Const
from policy.expr.types import BOOL, DOUBLE, INT, Type
from policy.expr.units import VECTORS, in_column, unit
from policy.expr.vector.masks import Masks, Number

RELATIONS = {f"_{sign}_": sign for sign in ("<", "<=", ">", ">=", "==", "!=")}
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

_FEW = 4  # comparisons that cost less than a search


def between(masks: Masks, sign: str, left: Number, right: Number) -> str:
    """Where a relation of two columns holds."""
    valid = masks.both([left.valid, right.valid])
    if left.type == right.type == DOUBLE and sign == "!=":
        text = f"({left.data} < {right.data}) | ({left.data} > {right.data})"
    elif left.type == right.type or DOUBLE not in (left.type, right.type):
        text = f"{left.data} {sign} {right.data}"
    elif left.type == INT:
        text = f"{masks.constants.name(vectors.MIXED[sign])}({left.data}, {right.data})"
    else:
        text = f"{masks.constants.name(vectors.MIXED[MIRRORED[sign]])}({right.data}, {left.data})"
    return masks.both([masks.line(text), valid])


def against(masks: Masks, sign: str, left: Number, const: Const) -> str:
    """Where a relation of a column with a constant holds."""
    bound: Any = sign, in_column(const.type, const.value)
    if left.type == INT and const.type == DOUBLE:
        bound = vectors.int_bound(sign, const.value)
    elif left.type == DOUBLE and const.type == INT:
        bound = vectors.double_bound(sign, const.value)
    if isinstance(bound, bool):
        return left.valid if bound else "False"
    if bound == "known":
        return masks.known(left)
    sign, limit = bound
    text = masks.constants.text(limit)
    if left.type == DOUBLE and sign == "!=":
        return masks.line(f"({left.data} < {text}) | ({left.data} > {text})")
    return masks.both([masks.line(f"{left.data} {sign} {text}"), left.valid])


def members(type_: Type, values: Sequence[Any]) -> Any:
    """The constants that a column of the type can equal, as an array; None if there is no vector code for them."""
    if type_.name not in VECTORS or type_ == BOOL or None in values:
        return None
    size = unit(type_)
    if size > 1 and any(value % size for value in values):
        return None
    whole = [value // size for value in values] if size > 1 else values
    return vectors.double_members(whole) if type_ == DOUBLE else vectors.int_members(whole)


def among(masks: Masks, item: Number, members_: Any) -> str:
    """Where a column equals one of them."""
    if len(members_) > _FEW:
        test, known = masks.constants.name(np.isin), masks.constants.name(members_)
        return masks.line(f"{test}({item.data}, {known})")
    return masks.either(
        [masks.line(f"{item.data} == {masks.constants.text(value.item())}") for value in members_]
    )
