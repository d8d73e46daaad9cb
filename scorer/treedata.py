"""The saved nodes of decision trees and ensembles, and vectors as their kernels take them.

Source: org.apache.spark.ml.tree.DecisionTreeModelReadWrite.NodeData and EnsembleModelReadWrite. A row is a
node; ids count a tree's nodes in pre-order from 0. An ensemble's rows are (treeID, node), and `treesMetadata`
holds (treeID, metadata, weight), under names that changed in Spark 4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scorer.errors import Invalid
from scorer.kernels import Forest, PlainTrees
from scorer.saved import Saved
from scorer.vectors import Block, Dense, Floats, OneHot, Sparse, Vector, Vectors, dense

Ints = npt.NDArray[np.int64]
_MANY = 100_000  # nodes


@dataclass(frozen=True, slots=True)
class Nodes:
    """The n nodes of all trees, tree after tree in the order of their ids.

    `sizes` (trees,): how many each tree has. `splits` are the columns that `Forest.of` takes. `prediction` (n,) and
    `statistics` (n, k) are what the training left in each node: Spark's impurityStats.
    """

    features: int
    sizes: Ints
    splits: dict[str, Any]
    prediction: Floats
    statistics: Floats

    def forest(self, payload: Floats) -> Forest:
        """Return the trees whose leaves add `payload`; raises ValueError for nodes that are no binary trees."""
        return Forest.of(features=self.features, sizes=self.sizes, payload=payload, **self.splits)


def read_tree(saved: Saved) -> Nodes:
    """Read the nodes of a single tree."""
    table = saved.table()
    data = pa.chunked_array([batch.to_struct_array() for batch in table.to_batches()])
    return _nodes(saved, np.zeros(table.num_rows, dtype=np.int64), data, 1)


def read_ensemble(saved: Saved) -> Nodes:
    """Read the nodes of a forest."""
    nodes = _read_nodes(saved)
    if len(nodes.prediction) > _MANY:
        pa.default_memory_pool().release_unused()  # what the table took
    return nodes


def _read_nodes(saved: Saved) -> Nodes:
    table = saved.table()
    trees = _column(table.column("treeID"), np.int64)
    data = table.column("nodeData")
    del table  # what is not read of it need not stay
    return _nodes(saved, trees, data, _extra(saved, "numTrees"))


def read_weights(saved: Saved, count: int) -> Floats:
    """Read the weights of an ensemble's trees."""
    table = saved.table("treesMetadata")
    if table.num_columns != 3:
        raise ValueError(f"`treesMetadata` has {table.num_columns} columns, where 3 are written")
    trees, weights = _column(table.column(0), np.int64), _column(table.column(2), np.float64)
    if not np.array_equal(np.sort(trees), np.arange(count)):
        raise ValueError(f"`treesMetadata` does not name the trees 0 to {count - 1} once each")
    ordered: Floats = weights[np.argsort(trees)]
    return ordered


def read_classes(saved: Saved, nodes: Nodes) -> int:
    """Read the number of classes: every node's statistics have one number for each."""
    classes = _extra(saved, "numClasses")
    if nodes.statistics.shape[1] != classes:
        raise ValueError(f"its nodes count {nodes.statistics.shape[1]} classes of {classes}")
    return classes


def _extra(saved: Saved, name: str) -> int:
    value = saved.extras.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 31:
        raise saved.fail(f"its metadata give {name} as {value!r}, where a whole number is needed")
    return value


def _nodes(saved: Saved, trees: Ints, data: pa.ChunkedArray, count: int) -> Nodes:
    if data.null_count:
        raise ValueError(f"{data.null_count} of its nodes are null")
    data = _ordered(data, trees, count)
    sizes = np.bincount(trees, minlength=count)
    statistics = _matrix(_field(data, "impurityStats"))
    lists = _field(data, "split", "leftCategoriesOrThreshold")
    return Nodes(
        features=_extra(saved, "numFeatures"),
        sizes=sizes,
        splits={
            "left": _column(_field(data, "leftChild"), np.int64),
            "right": _column(_field(data, "rightChild"), np.int64),
            "feature": _column(_field(data, "split", "featureIndex"), np.int64),
            "arity": _column(_field(data, "split", "numCategories"), np.int64),
            "split": _flat(lists),
            "split_at": _starts(lists),
        },
        prediction=_column(_field(data, "prediction"), np.float64),
        statistics=statistics,
    )


def _ordered(data: pa.ChunkedArray, trees: Ints, count: int) -> pa.ChunkedArray:
    """Check that the nodes are those of so many trees, and put them in order, if one writer did not leave them so."""
    ids = _column(_field(data, "id"), np.int64)
    if count > len(ids):
        raise ValueError(f"it has {count} trees but {len(ids)} nodes")
    sizes = np.bincount(np.clip(trees, -1, count) + 1, minlength=count + 2)
    if sizes[0] or sizes[-1] or not sizes[1:-1].all():
        raise ValueError(f"its nodes are not those of the trees 0 to {count - 1}")
    sizes = sizes[1:-1]
    expected = np.arange(len(ids)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    if (np.diff(trees) >= 0).all() and np.array_equal(ids, expected):
        return data
    order = np.lexsort((ids, trees))
    if not np.array_equal(ids[order], expected):
        raise ValueError("its nodes' ids do not count from 0 in each tree")
    return data.take(pa.array(order))


def _field(data: pa.ChunkedArray, *path: str) -> pa.ChunkedArray:
    """Return a field below the nodes, in the chunks in which they were read."""
    chunks = data.chunks
    for name in path:
        chunks = [chunk.field(name) for chunk in chunks]
    return pa.chunked_array(chunks)


def _column(column: pa.ChunkedArray, kind: type[np.generic]) -> Any:
    """Return numbers of one kind, without a copy where they are of it and in one piece."""
    if column.null_count:
        raise ValueError(f"{column.null_count} values of its nodes are null")
    if column.num_chunks == 1:
        return column.chunk(0).to_numpy(zero_copy_only=False).astype(kind)
    out = np.empty(len(column), dtype=kind)
    start = 0
    for chunk in column.chunks:
        out[start : start + len(chunk)] = chunk.to_numpy(zero_copy_only=False)
        start += len(chunk)
    return out


def _flat(lists: pa.ChunkedArray) -> Floats:
    """Return the values of all lists, one after the other."""
    flat: Floats = _column(pa.chunked_array([chunk.flatten() for chunk in lists.chunks]), np.float64)
    return flat


def _starts(lists: pa.ChunkedArray) -> Ints:
    """Return (n + 1,) where each list's values start; a null is no list."""
    starts = np.zeros(len(lists) + 1, dtype=np.int64)
    lengths = _column(pa.chunked_array([chunk.value_lengths() for chunk in lists.chunks]), np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def _matrix(lists: pa.ChunkedArray) -> Floats:
    counts = np.diff(_starts(lists))
    if len(counts) == 0 or counts.min() != counts.max():
        raise ValueError("its nodes have statistics of different lengths")
    return _flat(lists).reshape(len(counts), counts[0])


# -- vectors as the kernels take them ------------------------------------------------------------------------


def picker(forest: Forest) -> Callable[[Any], Any]:
    """Return the function from a row's vector to the values of `forest.inputs`; extra slots are ignored.

    It raises Invalid for a vector that ends before a slot that its way through the trees reads.
    """
    size, inputs = forest.features, forest.inputs.tolist()
    every = len(inputs) == size

    def pick(features: Vector) -> Sequence[float]:
        if len(features) < size:
            return _shorter(forest, dense(features), inputs)
        if isinstance(features, Sparse):
            stored = dict(zip(features.indices, features.values, strict=True))
            return [stored.get(i, 0.0) for i in inputs]
        if every:
            return features if len(features) == size else features[:size]
        return [features[i] for i in inputs]

    return pick


def _shorter(forest: Forest, values: list[float], inputs: list[int]) -> list[float]:
    """Take a vector that is too short, if no tree reads the slots that are missing."""
    try:
        PlainTrees(forest, whole=True).leaves(values)
    except IndexError:
        raise Invalid(
            f"a vector of {len(values)} slots, where {forest.features} were fitted and one beyond is read"
        ) from None
    return [values[i] if i < len(values) else 0.0 for i in inputs]


def matrix_for(forest: Forest, column: Vectors, rows: int) -> Floats:
    """Return (rows, inputs) values of a batch of vectors that are long enough."""
    inputs = forest.inputs
    if len(column.blocks) == 1 and isinstance(column.blocks[0], Dense) and len(inputs) == forest.features:
        return column.blocks[0].values[:, : forest.features]
    out = np.zeros((len(inputs), rows))
    start = 0
    for block in column.blocks:
        low, high = np.searchsorted(inputs, [start, start + block.size])
        _fill(out[low:high], block, inputs[low:high] - start)
        start += block.size
    return out.T


def _fill(out: Floats, block: Block, slots: Ints) -> None:
    """Write the values of these slots, one in each line."""
    if isinstance(block, Dense):
        out[:] = block.values[:, slots].T
    elif isinstance(block, OneHot):
        out[:] = block.codes[None, :] == slots[:, None]
    elif len(slots):
        row = np.repeat(np.arange(len(block.starts) - 1), np.diff(block.starts))
        place = np.minimum(np.searchsorted(slots, block.indices), len(slots) - 1)
        found = slots[place] == block.indices
        out[place[found], row[found]] = block.values[found]
