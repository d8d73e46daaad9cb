"""The tops of the trees as bit vectors.

The top of every tree, down to at most 32 exits, is answered by bit vectors, as in QuickScorer (Lucchese et
al., SIGIR 2015), but with the masks of all splits on a feature merged for each cell: `masks[cell]` has 32
bits for every tree, and an exit's bit is off if some split of that tree, on this feature, leads elsewhere.
The AND over the features leaves the exits that every split agrees on; the lowest is where the row goes.
What lies below is walked: at a node, one bit of a small set of cells says right or left, and the children
are neighbours.
"""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

from scorer.kernels.cells import U32, Cells
from scorer.kernels.forest import Forest, Ints

EXITS = 32
CHUNK = 1 << 20  # cells that are laid out at a time


class Masks:
    """The bit vectors of the trees' tops."""

    def __init__(self, forest: Forest, cells: Cells, padded: int, height: npt.NDArray[np.int16]) -> None:
        self.forest, self.cells, self.padded = forest, cells, padded
        self.sets = cells.sets(np.arange(forest.nodes))
        self.height: list[int] = height.tolist()
        self.left, self.right = forest.left.tolist(), forest.right.tolist()

    def build(self) -> tuple[U32, Ints]:
        """Return the masks (cells, padded trees) and the exits (trees * 32,) as the forest's nodes."""
        entry = np.empty((self.forest.trees, EXITS), dtype=np.int64)
        splits: list[tuple[int, int, int]] = []
        trees: list[int] = []
        for tree, root in enumerate(self.forest.starts[:-1].tolist()):
            exits, opened = self._top(root)
            entry[tree, : len(exits)] = exits
            entry[tree, len(exits) :] = exits[-1]
            splits += opened
            trees += [tree] * len(opened)
        columns = np.array(splits, dtype=np.int64).reshape(-1, 3)
        return self._masks(np.array(trees, dtype=np.int64), columns), entry.ravel()

    def _masks(self, trees: Ints, splits: Ints) -> U32:
        """Merge the splits' masks by cell and tree; splits are (node, left bits, right bits)."""
        rows = self.cells.rows
        masks = np.full((int(rows[-1]), self.padded), 0xFFFFFFFF, dtype=np.uint32)
        slot = self.cells.slot[splits[:, 0]]
        for s in range(len(self.cells.used)):
            cells = np.arange(int(self.cells.cells[s]))
            part = masks[rows[s] : rows[s + 1]]
            mine = np.flatnonzero(slot == s)
            for some in np.split(mine, np.arange(0, len(mine), 1 + CHUNK // len(cells))[1:]):
                node, lefts, rights = splits[some].T
                right = self.leads_right(node, cells)
                off = np.where(right, lefts[:, None], rights[:, None]).astype(np.uint32)
                tree, first = np.unique(trees[some], return_index=True)
                part[:, tree] &= ~np.bitwise_or.reduceat(off, first, axis=0).T
        return masks

    def leads_right(self, node: Ints, cells: Ints) -> npt.NDArray[np.bool_]:
        """Tell (nodes, cells) whether a cell of their feature leads right."""
        first, last, word, words = self.sets
        at = np.clip((cells >> 6)[None, :] - first[node][:, None], 0, last[node][:, None])
        bits = words[word[node][:, None] + at] >> (cells & 63).astype(np.uint64)[None, :]
        off: npt.NDArray[np.bool_] = (bits & np.uint64(1)) == 0
        return ~off

    def _top(self, root: int) -> tuple[list[int], list[tuple[int, int, int]]]:
        """Open the highest node while there is room.

        Returns the exits from the left, and for each opened node: node, bits of its left, of its right exits.
        """
        queue = [(-self.height[root], root)]
        opened: set[int] = set()
        while queue and len(opened) < EXITS - 1:
            height, node = heapq.heappop(queue)
            if height == 0:
                break
            opened.add(node)
            for child in (self.left[node], self.right[node]):
                heapq.heappush(queue, (-self.height[child], child))
        exits: list[int] = []
        splits: list[tuple[int, int, int]] = []
        self._visit(root, opened, exits, splits)
        return exits, splits

    def _visit(
        self, node: int, opened: set[int], exits: list[int], splits: list[tuple[int, int, int]]
    ) -> tuple[int, int]:
        """Append the exits below a node; return the range of their bits."""
        if node not in opened:
            exits.append(node)
            return len(exits) - 1, len(exits)
        low, middle = self._visit(self.left[node], opened, exits, splits)
        _, high = self._visit(self.right[node], opened, exits, splits)
        splits.append((node, (1 << middle) - (1 << low), (1 << high) - (1 << middle)))
        return low, high
