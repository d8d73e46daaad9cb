"""A forest as the tables that the compiled kernels read: its cells, the tops of its trees, its nodes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scorer.kernels.cells import I32, U32, U64, Cells
from scorer.kernels.forest import LEAF, Floats, Forest, Ints
from scorer.kernels.masks import Masks
from scorer.memory import give_back

LANES = 16  # trees in one vector of masks
MAX_MASKED = 128  # features; with more, walking from the root is faster
MASK_BYTES = 4 << 20
MOST_WORDS = (1 << 32) - 1  # of sets of cells
WALK_BYTES = 16 << 20  # sets of cells may always take this, and as much as the forest itself


class Tables(NamedTuple):
    """The arrays of one forest, in the kernels' own numbering of nodes (`original` has the forest's).

    `sizes`: trees, trees padded to LANES, width, the most steps of a walk, the stride, 1 if there are masks.
    Slot s, a feature that is used, reads input `position[s]`. Its cells are counted by
    `cuts[cut_at[s]:cut_at[s + 1]]` or, if `arity[s]` is not 0, are the categories below it and one more.
    Its masks begin at row `mask_at[s]`.
    `entry`: where a walk begins, at [tree * 32 + exit], or [tree] without masks. `steps` (trees,): its steps.
    Node i reads slot `slot[i]` and goes to `child[i]`, or `child[i] + 1` if the bit of its cell is on. A leaf
    leads to itself. The bit is cell % 64 of word `i * stride + cell // 64` or, if the stride is 0, of word
    `word[i] + clip(cell // 64 - first[i], 0, last[i])`.
    """

    sizes: Ints
    position: U32
    arity: Ints
    cut_at: U32
    cuts: Floats
    mask_at: U32
    masks: U32
    entry: U32
    steps: U32
    slot: U32
    child: U32
    first: I32
    last: I32
    word: U32
    words: U64
    payload: Floats
    original: I32


def tables(forest: Forest) -> Tables | None:
    """Lay a forest out for the kernels.

    Returns None for what Spark does not make: a feature that is split by thresholds and by categories, or
    sets of cells that would take much more memory than the forest itself.
    """
    give_back(forest.nbytes)  # what the forest was made of
    cells = Cells.of(forest)
    if cells is None or cells.words * 8 > WALK_BYTES + forest.nbytes or cells.words > MOST_WORDS:
        return None
    order = _order(forest)
    new = np.empty(forest.nodes, dtype=np.int32)
    new[order] = np.arange(forest.nodes, dtype=np.int32)
    padded = -(-forest.trees // LANES) * LANES
    masks, entry, steps = _entries(forest, cells, padded)
    entries = new[entry].astype(np.uint32)
    left = forest.left[order]
    inner = left != LEAF
    child = np.arange(forest.nodes, dtype=np.uint32)
    child[inner] = new[left[inner]]
    slot = np.where(inner, cells.slot[order], np.int32(0)).astype(np.uint32)
    del new, left, inner  # of a large forest, what is not needed any more should not stand beside the rest
    give_back(forest.nbytes)
    first, last, word, words = cells.sets(order)
    rows, stride = cells.rows, cells.stride
    position, arity, cut_at, cuts = (
        np.searchsorted(forest.inputs, cells.used),
        cells.arity,
        cells.cut_at,
        cells.cuts,
    )
    del cells
    give_back(forest.nbytes)
    return Tables(
        sizes=np.array(
            [forest.trees, padded, forest.width, int(steps.max()), stride, int(masks.shape[1] > 0)],
            dtype=np.int64,
        ),
        position=position.astype(np.uint32),
        arity=arity,
        cut_at=cut_at.astype(np.uint32),
        cuts=cuts,
        mask_at=rows[:-1].astype(np.uint32),
        masks=masks,
        entry=entries,
        steps=steps.astype(np.uint32),
        slot=slot,
        child=child,
        first=first,
        last=last,
        word=word,
        words=words,
        payload=forest.payload[order].ravel(),
        original=order,
    )


def _entries(forest: Forest, cells: Cells, padded: int) -> tuple[U32, Ints, Ints]:
    """Return the masks, none if they would be too large, the nodes where walks begin, and each tree's steps."""
    height, rows = _heights(forest), cells.rows
    if len(cells.used) <= MAX_MASKED and int(rows[-1]) * padded * 4 <= MASK_BYTES:
        masks, entry = Masks(forest, cells, padded, height).build()
    else:
        masks, entry = np.zeros((0, 0), dtype=np.uint32), forest.starts[:-1]
    return masks, entry, height[entry].reshape(forest.trees, -1).max(axis=1)


def _heights(forest: Forest) -> npt.NDArray[np.int16]:
    """Return each node's distance from its deepest leaf."""
    height = np.zeros(forest.nodes, dtype=np.int16)
    inner = np.flatnonzero(forest.left != LEAF)
    levels = forest.level[inner]
    for level in range(int(forest.level.max()), -1, -1):
        nodes = inner[levels == level]
        height[nodes] = 1 + np.maximum(height[forest.left[nodes]], height[forest.right[nodes]])
    return height


def _order(forest: Forest) -> I32:
    """Order the nodes tree by tree and level by level, with siblings side by side."""
    parent = np.full(forest.nodes, -1, dtype=np.int32)
    inner = np.flatnonzero(forest.left != LEAF)
    parent[forest.left[inner]] = parent[forest.right[inner]] = inner
    is_right = np.zeros(forest.nodes, dtype=bool)
    is_right[forest.right[inner]] = True
    tree = np.repeat(np.arange(forest.trees, dtype=np.int32), np.diff(forest.starts))
    return np.lexsort((is_right, parent, forest.level, tree)).astype(np.int32)
