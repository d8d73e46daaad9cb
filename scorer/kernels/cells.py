"""Features as cells, and splits as sets of cells.

A split is a question about one feature, so of a feature's value only its *cell* matters: its place among
the sorted distinct thresholds of the whole forest if the feature is continuous, else the category, or "none
of them". The kernels first turn each value into the number of its cell, and never look at a number again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scorer.kernels.forest import LEAF, Floats, Forest, Ints

U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
U64 = npt.NDArray[np.uint64]
FULL = ~np.uint64(0)
BLOCK = 1 << 18  # nodes whose words are made at a time
MAX_STRIDE = 8  # words: up to 512 cells every set takes the same room


class Cells(NamedTuple):
    """The cells of the features that are used.

    Slot s is feature `used[s]`; `slot` (n,) is each node's; `rank` (n,): a continuous split goes right if the
    cell's number is greater. `cells` (slots,): the number of cells.
    """

    forest: Forest
    used: Ints
    arity: Ints
    cut_at: Ints
    cuts: Floats
    slot: I32
    rank: I32
    cells: Ints

    @classmethod
    def of(cls, forest: Forest) -> Cells | None:
        """Find the cells; None if a feature is split by thresholds and by categories."""
        inner = forest.left != LEAF
        continuous = ~np.isnan(forest.threshold)
        categorical = inner & ~continuous
        used = np.unique(forest.feature[inner])
        slot = np.searchsorted(used, forest.feature).astype(np.int32)
        arity = np.zeros(len(used), dtype=np.int64)
        np.maximum.at(arity, slot[categorical], np.maximum(forest.arity[categorical], 1))
        mixed = continuous & (arity[np.minimum(slot, len(used) - 1)] > 0) if len(used) else continuous
        if mixed.any():
            return None
        order = np.lexsort((forest.threshold[continuous], slot[continuous]))
        slots, cuts = slot[continuous][order], forest.threshold[continuous][order]
        fresh = np.ones(len(cuts), dtype=bool)
        fresh[1:] = (slots[1:] != slots[:-1]) | (cuts[1:] != cuts[:-1])
        cut_at = np.concatenate([[0], np.cumsum(np.bincount(slots[fresh], minlength=len(used)))])
        rank = np.zeros(forest.nodes, dtype=np.int32)
        ranks = np.empty(len(cuts), dtype=np.int32)
        ranks[order] = np.cumsum(fresh) - 1 - cut_at[slots]
        rank[continuous] = ranks
        count = np.where(arity > 0, arity + 1, np.diff(cut_at) + 1)
        return cls(forest, used, arity, cut_at.astype(np.int64), cuts[fresh], slot, rank, count)

    @property
    def rows(self) -> Ints:
        """The first cell of every slot among all cells, and their number."""
        return np.concatenate([[0], np.cumsum(self.cells)])

    @property
    def stride(self) -> int:
        """The number of words of every set, 0 if it differs: then a continuous split has three words."""
        words = -(-int(self.cells.max(initial=1)) // 64)
        return words if words <= MAX_STRIDE else 0

    @property
    def words(self) -> int:
        """The number of words of all sets."""
        inner = self.forest.left != LEAF
        slot = self.slot[inner]
        if self.stride:
            return self.stride * self.forest.nodes
        return int(np.where(self.arity[slot] > 0, self.cells[slot] // 64 + 1, 3).sum())

    def sets(self, order: Ints | I32) -> tuple[I32, I32, U32, U64]:
        """Return first, last, word and words of the nodes, in this order."""
        forest = self.forest
        leaf, continuous = (forest.left == LEAF)[order], (~np.isnan(forest.threshold))[order]
        rank = self.rank[order]
        if self.stride:
            counts = np.full(forest.nodes, self.stride, dtype=np.int32)
            first = np.zeros(forest.nodes, dtype=np.int32)
        else:
            lengths = ((np.append(self.cells, 1) + 63) // 64).astype(np.int32)
            slot = self.slot[order]
            slot[leaf] = len(self.used)
            counts = lengths[slot]
            del slot
            counts[continuous] = 3
            first = (rank >> 6) - np.int32(1)
            first[~continuous] = 0
        word = np.cumsum(counts, dtype=np.uint32)
        word -= counts.astype(np.uint32)
        words = np.full(int(counts.sum(dtype=np.int64)), FULL, dtype=np.uint64)
        for place in range(self.stride or 3):
            node = continuous | leaf if self.stride else continuous | (leaf & (place == 0))
            for start in range(0, forest.nodes, BLOCK):
                some = start + np.flatnonzero(node[start : start + BLOCK])
                words[word[some] + place] = _above(rank[some] - 64 * (first[some] + place))
                words[word[some[leaf[some]]] + place] = 0
        self._clear_left(words, word, order, np.flatnonzero(~continuous & ~leaf))
        counts -= 1
        return first, counts, word, words

    def _clear_left(self, words: U64, word: U32, order: Ints | I32, categorical: Ints) -> None:
        """Turn off the bits of the cells that categorical splits send left."""
        forest, nodes = self.forest, order[categorical]
        counts = forest.stored_at[nodes + 1] - forest.stored_at[nodes]
        index = np.repeat(forest.stored_at[nodes] - (np.cumsum(counts) - counts), counts) + np.arange(
            counts.sum()
        )
        self._clear(words, np.repeat(word[categorical], counts), forest.stored[index])
        unseen = counts > forest.arity[nodes] // 2
        at, nodes = word[categorical][unseen], nodes[unseen]
        self._clear(words, at, self.cells[self.slot[nodes]] - 1)
        for i in np.flatnonzero(forest.arity[nodes] < self.arity[self.slot[nodes]]).tolist():
            beyond = np.arange(forest.arity[nodes[i]], self.arity[self.slot[nodes[i]]])
            self._clear(words, np.full(len(beyond), at[i]), beyond)

    @staticmethod
    def _clear(words: U64, word: Ints | U32, cell: Ints | I32) -> None:
        np.bitwise_and.at(words, word + (cell >> 6), ~(np.uint64(1) << (cell & 63).astype(np.uint64)))


def _above(bit: I32) -> U64:
    """Return words in which the bits above this one are on: all if it is negative, none from 63."""
    inside = (FULL << np.clip(bit, 0, 63).astype(np.uint64)) << np.uint64(1)
    return np.where(bit < 0, FULL, np.where(bit > 62, np.uint64(0), inside))
