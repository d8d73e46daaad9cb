"""What a forest answers, in plain Python for a row and in NumPy for a batch: the meaning of the kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scorer.kernels.forest import LEAF, Floats, Forest, Ints


class PlainTrees:
    """A forest's answers without a compiler; see `trees.Trees`. `whole`: a row holds all features, however many."""

    def __init__(self, forest: Forest, *, whole: bool = False) -> None:
        self.forest = forest
        self.inputs = forest.inputs
        self._roots: list[int] = forest.starts[:-1].tolist()
        slots = forest.feature if whole else np.searchsorted(self.inputs, forest.feature)
        self._position = np.where(forest.feature == LEAF, LEAF, slots)
        self._positions: list[int] = self._position.tolist()
        self._threshold: list[float] = forest.threshold.tolist()
        self._left: list[int] = forest.left.tolist()
        self._right: list[int] = forest.right.tolist()
        self._sets = _sets(forest)

    def row(self, values: Sequence[float], /) -> list[float]:
        """Return the `width` sums over the trees, in their order, of what the row's leaves add."""
        payload = self.forest.payload
        sums = [0.0] * self.forest.width
        for node in self._ends(values):
            sums = [a + b for a, b in zip(sums, payload[node].tolist(), strict=True)]
        return sums

    def number(self, values: Sequence[float], /) -> float:
        """Return the first of the sums."""
        return self.row(values)[0]

    def leaves(self, values: Sequence[float], /) -> list[int]:
        """Return the row's leaf in every tree, as a node of the forest."""
        return self._ends(values)

    def batch(self, matrix: Floats) -> Floats:
        """Return (rows, width) sums for a matrix of (rows, len(inputs))."""
        sums = np.zeros((len(matrix), self.forest.width))
        with np.errstate(all="ignore"):
            for root in self._roots:
                sums += self.forest.payload[self._descend(root, matrix)]
        return sums

    def batch_leaves(self, matrix: Floats) -> npt.NDArray[np.int32]:
        """Return (rows, trees) leaves, as nodes of the forest."""
        out = np.empty((len(matrix), self.forest.trees), dtype=np.int32)
        for tree, root in enumerate(self._roots):
            out[:, tree] = self._descend(root, matrix)
        return out

    def _ends(self, values: Sequence[float]) -> list[int]:
        position, threshold, left, right = self._positions, self._threshold, self._left, self._right
        ends = []
        for root in self._roots:
            node = root
            while position[node] != LEAF:
                x = values[position[node]]
                split = self._sets.get(node)
                goes_left = x <= threshold[node] if split is None else goes_left_of(split, x)
                node = left[node] if goes_left else right[node]
            ends.append(node)
        return ends

    def _descend(self, root: int, matrix: Floats) -> Ints:
        forest = self.forest
        nodes = np.full(len(matrix), root, dtype=np.int64)
        active = np.arange(len(matrix))
        while True:
            active = active[forest.feature[nodes[active]] != LEAF]
            if len(active) == 0:
                return nodes
            at = nodes[active]
            x = matrix[active, self._position[at]]
            goes_left = x <= forest.threshold[at]
            for node in np.unique(at[forest.arity[at] > 0]).tolist():
                here = at == node
                goes_left[here] = _all_left_of(self._sets[node], x[here])
            nodes[active] = np.where(goes_left, forest.left[at], forest.right[at])


Mask = npt.NDArray[np.bool_]
Split = tuple[frozenset[int], int]  # the stored categories; the arity, or 0 if what was never seen goes right


def goes_left_of(split: Split, x: float) -> bool:
    """Tell whether a categorical split sends x left."""
    stored, arity = split
    return x in stored or (arity > 0 and not (0 <= x < arity and x == int(x)))


def _all_left_of(split: Split, x: Floats) -> Mask:
    stored, arity = split
    inside: Mask = np.isin(x, list(stored))
    if arity == 0:
        return inside
    known: Mask = (x >= 0) & (x < arity) & (np.floor(x) == x)
    return inside | ~known


def _sets(forest: Forest) -> dict[int, Split]:
    sets: dict[int, Split] = {}
    for node in np.flatnonzero((forest.feature != LEAF) & np.isnan(forest.threshold)).tolist():
        stored = forest.stored[forest.stored_at[node] : forest.stored_at[node + 1]].tolist()
        arity = int(forest.arity[node])
        sets[node] = (frozenset(stored), 0 if len(stored) <= arity // 2 else arity)
    return sets
