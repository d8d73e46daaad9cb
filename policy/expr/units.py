"""The types whose columns hold numbers: their NumPy types, and times in microseconds where a row has nanoseconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from policy.expr.typed import Apply, Const, Typed, children
from policy.expr.types import Type

VECTORS = ("bool", "int", "double", "timestamp", "duration")

_TIMES = ("timestamp", "duration")
_DTYPES: dict[str, Any] = {"bool": np.bool_, "double": np.float64}


def dtype(type_: Type) -> Any:
    """The NumPy type of a column of a type of VECTORS."""
    return _DTYPES.get(type_.name, np.int64)


def unit(type_: Type) -> int:
    """How many nanoseconds a column counts as one; 1 for what is no time."""
    return 1000 if type_.name in _TIMES else 1


def in_column(type_: Type, value: Any) -> Any:
    """A machine value as a column holds it."""
    size = unit(type_)
    return value // size if size > 1 and value is not None else value


def is_vector(node: Typed) -> bool:
    """Whether a column of numbers holds the part's values exactly."""
    return node.type.name in VECTORS and not is_fine(node)


def is_fine(node: Typed) -> bool:
    """Whether a time in the part may be finer than a microsecond, which columns do not hold."""
    if node.type.name not in _TIMES:
        return False
    if isinstance(node, Const):
        return bool((node.value or 0) % unit(node.type))
    if (
        isinstance(node, Apply)
        and node.overload.function.name in _TIMES
        and node.args[0].type.name == "string"
    ):
        return True
    return any(map(is_fine, children(node)))
