"""An expression in the place of a fact, for an input of the model: `hour: now.getHours("UTC")`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from policy.expr.batch import Values
from policy.expr.columns import Columns
from policy.expr.machine import outward
from policy.expr.row import compile_value
from policy.expr.typed import Typed, inputs


@dataclass(frozen=True, slots=True)
class Formula:
    """reads: the names that it needs; function: of their machine values to the model's value, None if unknown."""

    tree: Typed
    as_double: bool = False
    reads: tuple[str, ...] = field(init=False)
    function: Callable[..., Any] = field(init=False)
    _values: Values = field(init=False)

    def __post_init__(self) -> None:
        reads = tuple(inputs(self.tree))
        object.__setattr__(self, "reads", reads)
        object.__setattr__(self, "function", _converted(self.tree, reads, as_double=self.as_double))
        object.__setattr__(self, "_values", Values(self.tree))

    def batch(self, columns: Columns) -> pa.Array:
        """The model's value for every row."""
        array = self._values(columns)
        return array.cast(pa.float64(), safe=False) if self.as_double else array


def _converted(tree: Typed, reads: tuple[str, ...], *, as_double: bool) -> Callable[..., Any]:
    compute = compile_value(tree, reads)
    convert = float if as_double else outward(tree.type)
    if convert is None:
        return compute

    def converted(*values: Any) -> Any:
        found = compute(*values)
        return None if found is None else convert(found)

    return converted
