"""Shapley values of trees under the path-dependent expectation.

Source: S. Lundberg, G. Erion, S. Lee, "Consistent individualized feature attribution for tree ensembles", 2018,
algorithm 2: the share of all feature orders that reach a node is carried down the path, one feature at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scorer.kernels.forest import LEAF, Floats, Forest


@dataclass(slots=True)
class _Entry:
    """A feature on the path: the share of cover (`zero`) and of the row (`one`) that follow it, and the weight."""

    feature: int
    zero: float
    one: float
    weight: float


def shapley(forest: Forest, values: Floats, cover: Floats, row: Sequence[float]) -> tuple[float, list[float]]:
    """Return the expectation of the forest's sum, and each slot's contribution for one row.

    `values` (nodes,): what a leaf adds; `cover` (nodes,): the weight of the training data in a node.
    """
    walk = _Walk(forest, values.tolist(), cover.tolist(), row)
    base = 0.0
    for root in forest.starts[:-1].tolist():
        base += walk.expected(root)
        walk.visit(root, [], 1.0, 1.0, -1)
    return base, walk.shares


class _Walk:
    def __init__(self, forest: Forest, values: list[float], cover: list[float], row: Sequence[float]) -> None:
        self._left, self._right = forest.left.tolist(), forest.right.tolist()
        self._feature, self._forest = forest.feature.tolist(), forest
        self._values, self._cover, self._row = values, cover, row
        self.shares = [0.0] * max(len(row), forest.features)

    def expected(self, node: int) -> float:
        """Return the mean of the leaves below a node, weighed by cover."""
        left, right = self._left[node], self._right[node]
        if left == LEAF:
            return self._values[node]
        low = self._share(left, right)
        return low * self.expected(left) + (1.0 - low) * self.expected(right)

    def _share(self, node: int, other: int) -> float:
        """Return which part of the data went to a node and not to the other; half, if none came to either."""
        total = self._cover[node] + self._cover[other]
        return self._cover[node] / total if total else 0.5

    def visit(self, node: int, path: list[_Entry], zero: float, one: float, feature: int) -> None:
        """Carry the path down to the leaves below a node."""
        if not zero and not one:  # where neither the row nor any data went, nothing is added
            return
        path = _extended(path, zero, one, feature)
        left, right = self._left[node], self._right[node]
        if left == LEAF:
            for place in range(1, len(path)):
                entry = path[place]
                weight = sum(e.weight for e in _unwound(path, place))
                self.shares[entry.feature] += weight * (entry.one - entry.zero) * self._values[node]
            return
        split = self._feature[node]
        hot, cold = (left, right) if self._goes_left(node, self._row[split]) else (right, left)
        before_zero = before_one = 1.0
        seen = next((i for i in range(1, len(path)) if path[i].feature == split), None)
        if seen is not None:
            before_zero, before_one = path[seen].zero, path[seen].one
            path = _unwound(path, seen)
        self.visit(hot, path, before_zero * self._share(hot, cold), before_one, split)
        self.visit(cold, path, before_zero * self._share(cold, hot), 0.0, split)

    def _goes_left(self, node: int, x: float) -> bool:
        forest = self._forest
        arity = int(forest.arity[node])
        if not arity:
            return bool(x <= forest.threshold[node])
        stored = set(forest.stored[forest.stored_at[node] : forest.stored_at[node + 1]].tolist())
        if len(stored) <= arity // 2:
            return x in stored
        return x not in set(range(arity)) - stored


def _extended(path: list[_Entry], zero: float, one: float, feature: int) -> list[_Entry]:
    out = [_Entry(e.feature, e.zero, e.one, e.weight) for e in path]
    depth = len(out)
    out.append(_Entry(feature, zero, one, 0.0 if depth else 1.0))
    for i in range(depth - 1, -1, -1):
        out[i + 1].weight += one * out[i].weight * (i + 1) / (depth + 1)
        out[i].weight *= zero * (depth - i) / (depth + 1)
    return out


def _unwound(path: list[_Entry], place: int) -> list[_Entry]:
    out = [_Entry(e.feature, e.zero, e.one, e.weight) for e in path]
    depth, gone = len(path) - 1, path[place]
    carried = out[depth].weight
    for i in range(depth - 1, -1, -1):
        if gone.one:
            kept = out[i].weight
            out[i].weight = carried * (depth + 1) / ((i + 1) * gone.one)
            carried = kept - out[i].weight * gone.zero * (depth - i) / (depth + 1)
        else:
            out[i].weight = out[i].weight * (depth + 1) / (gone.zero * (depth - i))
    for i in range(place, depth):
        out[i].feature, out[i].zero, out[i].one = out[i + 1].feature, out[i + 1].zero, out[i + 1].one
    return out[:-1]
