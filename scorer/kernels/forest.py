"""Decision trees as columns of nodes, checked once, with the splits of `org.apache.spark.ml.tree`.

A node's split sends a row left or right:

- continuous: left if and only if `x <= threshold`; NaN goes right;
- categorical, over `arity` categories: `stored` holds the categories that go left. If they are at most half
  (`len(stored) <= arity // 2`) a row goes left if and only if x is one of them, so what was never seen goes
  right. Else Spark keeps the complement, and what was never seen (NaN too) goes left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Whole = npt.NDArray[np.int32]

MAX_DEPTH = 100  # Spark refuses to grow a tree deeper than 30
MAX_ARITY = 1 << 24
MANY = 256  # features
MOST = (1 << 31) - 1  # nodes, and categories that they store
LEAF = -1


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """Trees in order; n nodes in all, each tree's nodes together and its root first.

    `starts` (trees + 1,): tree t is the nodes `starts[t]:starts[t + 1]`.
    `left`, `right` (n,): a child's node; a leaf has LEAF in both.
    `feature` (n,): the feature that is split; LEAF at a leaf. `threshold` (n,): NaN but at continuous splits.
    `arity` (n,): the number of categories; 0 but at categorical splits.
    `stored`, `stored_at` (n + 1,): node i stores `stored[stored_at[i]:stored_at[i + 1]]`, ascending.
    `payload` (n, width): what a leaf adds to the answer.
    `level` (n,): the distance from the root.
    """

    features: int
    starts: Ints
    left: Whole
    right: Whole
    feature: Whole
    threshold: Floats
    arity: Whole
    stored: Whole
    stored_at: Whole
    payload: Floats
    level: npt.NDArray[np.int16]
    _ordinal: list[Whole] = field(default_factory=list, repr=False)

    @property
    def trees(self) -> int:
        """The number of trees."""
        return len(self.starts) - 1

    @property
    def nodes(self) -> int:
        """The number of nodes of all trees."""
        return len(self.left)

    @property
    def width(self) -> int:
        """The number of values that a leaf adds to the answer."""
        return int(self.payload.shape[1])

    @property
    def inputs(self) -> Ints:
        """The features whose values a row holds, in order: all, or of very many those that are used."""
        if self.features <= MANY:
            return np.arange(self.features)
        return np.unique(self.feature[self.feature != LEAF])

    @property
    def ordinal(self) -> Whole:
        """A leaf's place in its tree, from the left (n,); LEAF elsewhere. It is counted when it is first wanted."""
        if not self._ordinal:
            self._ordinal.append(_ordinals(self.starts, self.left, self.right, self.level))
        return self._ordinal[0]

    @property
    def nbytes(self) -> int:
        """The size in memory, in bytes."""
        arrays = (getattr(self, name) for name in self.__slots__)
        return sum(int(array.nbytes) for array in arrays if isinstance(array, np.ndarray))

    @classmethod
    def of(
        cls,
        *,
        features: int,
        sizes: Sequence[int] | npt.NDArray[np.integer],
        left: npt.ArrayLike,
        right: npt.ArrayLike,
        feature: npt.ArrayLike,
        arity: npt.ArrayLike,
        split: npt.ArrayLike,
        split_at: npt.ArrayLike,
        payload: npt.ArrayLike,
    ) -> Self:
        """Check saved nodes and make a forest of them.

        `sizes`: the number of nodes of each tree. The other columns have a row for each node, tree after
        tree, in the order of Spark's ids: `left` and `right` are ids within the tree (negative at a leaf),
        `feature`, `arity` and the values `split[split_at[i]:split_at[i + 1]]` are Spark's featureIndex,
        numCategories (-1 if continuous) and leftCategoriesOrThreshold. `payload` is (n, width) or (n,).

        Raises ValueError, naming tree and node, if the nodes are not binary trees over `features` features.
        """
        sizes = np.asarray(sizes, dtype=np.int64)
        if len(sizes) == 0 or sizes.min(initial=1) < 1:
            raise ValueError("expected at least one tree, and at least one node in each")
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        count = int(starts[-1])
        lefts, rights, used, arities, ends = map(_whole, (left, right, feature, arity, split_at))
        values = np.asarray(split, dtype=np.float64)
        if max(count, len(values)) > MOST:
            raise ValueError(f"{count} nodes with {len(values)} values of splits are more than {MOST}")
        sums = np.asarray(payload, dtype=np.float64).reshape(count, -1)
        if any(len(column) != count for column in (lefts, rights, used, arities)) or len(ends) != count + 1:
            raise ValueError(f"expected {count} nodes in every column of the trees")
        if ends[0] < 0 or ends[-1] > len(values) or np.any(np.diff(ends) < 0):
            raise ValueError("the splits' values and their pointers do not agree")
        check = _Check(starts)
        lefts, rights = check.children(lefts, rights)
        level = check.levels(lefts, rights)
        inner = lefts != LEAF
        check.features(inner, used, features)
        threshold, kinds, stored, stored_at = check.splits(inner, arities, values, ends)
        return cls(
            features=features,
            starts=starts,
            left=lefts,
            right=rights,
            feature=np.where(inner, used, LEAF).astype(np.int32, copy=False),
            threshold=threshold,
            arity=kinds,
            stored=stored,
            stored_at=stored_at,
            payload=np.ascontiguousarray(sums),
            level=level,
        )


def _whole(column: npt.ArrayLike) -> Ints | Whole:
    """Return whole numbers: of 32 bits as they are, all others of 64."""
    array = np.asarray(column)
    return array if array.dtype == np.int32 else np.asarray(column, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Check:
    """The checks of nodes that come from outside; each raises ValueError for the first node that fails."""

    starts: Ints

    def refuse(self, bad: npt.NDArray[np.bool_], reason: str) -> None:
        if bad.any():
            node = int(bad.argmax())
            tree = int(np.searchsorted(self.starts, node, side="right")) - 1
            raise ValueError(f"tree {tree}, node {node - int(self.starts[tree])}: {reason}")

    def children(self, left: Ints | Whole, right: Ints | Whole) -> tuple[Whole, Whole]:
        """Turn ids within a tree into nodes of the forest."""
        sizes = np.diff(self.starts)
        start, size = (np.repeat(x.astype(np.int32), sizes) for x in (self.starts[:-1], sizes))
        self.refuse((left < 0) != (right < 0), "one child is missing; a node has two children or none")
        inner = left >= 0
        for child in (left, right):
            self.refuse(inner & ((child < 1) | (child >= size)), "a child's id is out of range")
        del size
        nodes = [np.where(inner, child + start, LEAF).astype(np.int32, copy=False) for child in (left, right)]
        known = np.zeros(len(left), dtype=bool)
        for child in nodes:
            known[child[inner]] = True
        if np.count_nonzero(known) < 2 * np.count_nonzero(inner):
            parents = np.bincount(np.concatenate([child[inner] for child in nodes]), minlength=len(left))
            self.refuse(parents > 1, "the node has two parents")
        return nodes[0], nodes[1]

    def levels(self, left: Whole, right: Whole) -> npt.NDArray[np.int16]:
        """Return every node's distance from its root."""
        level = np.full(len(left), -1, dtype=np.int16)
        nodes = self.starts[:-1]
        for depth in range(MAX_DEPTH + 2):
            if len(nodes) == 0:
                break
            if depth > MAX_DEPTH:
                self.refuse(np.isin(np.arange(len(left)), nodes), f"deeper than {MAX_DEPTH} levels")
            level[nodes] = depth
            inner = nodes[left[nodes] != LEAF]
            nodes = np.concatenate([left[inner], right[inner]])
        self.refuse(level < 0, "the node cannot be reached from the root")
        return level

    def features(self, inner: npt.NDArray[np.bool_], feature: Ints | Whole, count: int) -> None:
        outside = inner & ((feature < 0) | (feature >= count))
        if outside.any():
            got = int(feature[outside.argmax()])
            self.refuse(outside, f"the split is on feature {got}, but the model has {count} features")

    def splits(
        self, inner: npt.NDArray[np.bool_], arity: Ints | Whole, values: Floats, ends: Ints | Whole
    ) -> tuple[Floats, Whole, Whole, Whole]:
        """Part the splits into thresholds and stored categories."""
        counts = np.diff(ends)
        continuous, categorical = inner & (arity < 0), inner & (arity >= 0)
        self.refuse(inner & (arity < -1), "the number of categories is negative")
        self.refuse(continuous & (counts != 1), "a continuous split has not exactly one threshold")
        threshold = np.full(len(arity), np.nan)
        threshold[continuous] = values[ends[:-1][continuous]]
        self.refuse(continuous & np.isnan(threshold), "the threshold is NaN")
        self.refuse(categorical & (arity > MAX_ARITY), f"more than {MAX_ARITY} categories")
        nodes = np.flatnonzero(categorical)
        many = counts[nodes].astype(np.int64)
        owner = np.repeat(nodes, many)
        cells = values[np.repeat(ends[nodes] - (np.cumsum(many) - many), many) + np.arange(len(owner))]
        ok = (cells >= 0) & (cells < arity[owner]) & (np.floor(cells) == cells)
        self._refuse_owner(owner[~ok], "a category is not a whole number from 0 to numCategories - 1")
        stored = cells.astype(np.int32)
        order = np.lexsort((stored, owner))
        stored, owner = stored[order], owner[order]
        twice = (owner[1:] == owner[:-1]) & (stored[1:] == stored[:-1])
        self._refuse_owner(owner[1:][twice], "a category is stored twice")
        stored_at = np.zeros(len(arity) + 1, dtype=np.int32)
        np.cumsum(np.where(categorical, counts, 0), out=stored_at[1:])
        return threshold, np.where(categorical, arity, 0).astype(np.int32, copy=False), stored, stored_at

    def _refuse_owner(self, owners: Ints, reason: str) -> None:
        bad = np.zeros(int(self.starts[-1]), dtype=bool)
        bad[owners] = True
        self.refuse(bad, reason)


def _ordinals(starts: Ints, left: Whole, right: Whole, level: npt.NDArray[np.int16]) -> Whole:
    """Count off each tree's leaves from left to right."""
    leaves = (left == LEAF).astype(np.int64)
    order = np.argsort(level, kind="stable")
    bounds = np.searchsorted(level[order], np.arange(int(level.max()) + 2))
    inners = [nodes[left[nodes] != LEAF] for nodes in np.split(order, bounds[1:-1])]
    for nodes in reversed(inners):
        leaves[nodes] = leaves[left[nodes]] + leaves[right[nodes]]
    first = np.zeros(int(starts[-1]), dtype=np.int64)
    for nodes in inners:
        first[left[nodes]] = first[nodes]
        first[right[nodes]] = first[nodes] + leaves[left[nodes]]
    return np.where(left == LEAF, first, LEAF).astype(np.int32)
