"""Which segment a record belongs to: the first whose condition is definitely true; it has bands of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from policy.engine.bands import Bands
from policy.expr.batch import Conditions
from policy.expr.columns import Columns
from policy.expr.row import compile_all, compile_first
from policy.expr.typed import Typed, inputs
from policy.spec.segments import SegmentSpec

Array = Any  # a NumPy array


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments in order. names: of the segments; reads: what their conditions read; function: of its values."""

    names: tuple[str, ...]
    bands: tuple[Bands, ...]
    reads: tuple[str, ...]
    function: Callable[..., int]
    _meaning: Callable[..., tuple[bool | None, ...]]
    _conditions: Conditions

    @classmethod
    def of(cls, specs: Sequence[SegmentSpec]) -> Self:
        """The segments of a policy."""
        trees: list[Typed] = [spec.when.tree for spec in specs]
        reads = tuple(dict.fromkeys(name for tree in trees for name in inputs(tree)))
        return cls(
            tuple(spec.name for spec in specs),
            tuple(Bands.of(spec.bands) for spec in specs),
            reads,
            compile_first(trees, reads),
            compile_all(trees, reads),
            Conditions(trees),
        )

    def row(self, values: Mapping[str, Any]) -> int:
        """The place of the segment of a record by its machine values, -1 for none: the meaning."""
        states = self._meaning(*(values[name] for name in self.reads))
        return next((place for place, state in enumerate(states) if state is True), -1)

    def batch(self, columns: Columns) -> Array:
        """The place of each row's segment, -1 for none."""
        if not self.names:
            return np.full(columns.rows, -1)
        return self._conditions.first(columns).astype(np.int64)
