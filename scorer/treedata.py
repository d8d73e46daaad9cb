"""The saved nodes of decision trees and ensembles, and vectors as their kernels take them.

Source: org.apache.spark.ml.tree.DecisionTreeModelReadWrite.NodeData and EnsembleModelReadWrite. A row is a
node; ids count a tree's nodes in pre-order from 0. An ensemble's rows are (treeID, node), and `treesMetadata`
holds (treeID, metadata, weight), under names that changed in Spark 4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scorer.chunks import joined
from scorer.errors import Invalid
from scorer.kernels import Forest, PlainTrees
from scorer.kernels.forest import MOST, Whole
from scorer.saved import Saved
from scorer.vectors import MAX_SLOTS, Block, Dense, Floats, OneHot, Sparse, Vector, Vectors, dense

Ints = npt.NDArray[np.int64]
N = TypeVar("N", bound=np.generic)
_MANY = 100_000  # nodes
FIELDS = (
    ("leftChild",),
    ("rightChild",),
    ("split", "featureIndex"),
    ("split", "numCategories"),
    ("prediction",),
    ("impurityStats",),
    ("split", "leftCategoriesOrThreshold"),
)


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

    @property
    def counts(self) -> Floats:
        """The first of the statistics (n,): of regression, how much of the training data came to a node."""
        return self.statistics[:, 0].copy()


def read_tree(saved: Saved) -> Nodes:
    """Read the nodes of a single tree."""
    table = saved.table()
    data = [batch.to_struct_array() for batch in table.to_batches()]
    trees = np.zeros(table.num_rows, dtype=np.int32)
    del table
    return _nodes(saved, trees, data, 1)


def read_ensemble(saved: Saved) -> Nodes:
    """Read the nodes of a forest."""
    table = saved.table()
    trees = _column(table.column("treeID").chunks, np.int32)
    data = table.column("nodeData").chunks
    del table  # what is not read of it need not stay
    return _nodes(saved, trees, data, _extra(saved, "numTrees"))


def read_weights(saved: Saved, count: int) -> Floats:
    """Read the weights of an ensemble's trees."""
    table = saved.table("treesMetadata")
    if table.num_columns != 3:
        raise ValueError(f"`treesMetadata` has {table.num_columns} columns, where 3 are written")
    trees = _column(table.column(0).chunks, np.int64)
    weights = _column(table.column(2).chunks, np.float64)
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


def _nodes(saved: Saved, trees: Whole, data: list[pa.Array], count: int) -> Nodes:
    """Take the fields of the nodes out of their structs, one after the other; `data` is empty then."""
    if nulls := sum(chunk.null_count for chunk in data):
        raise ValueError(f"{nulls} of its nodes are null")
    data[:] = _ordered(data, trees, count)
    fields = {path: [_field(chunk, *path) for chunk in data] for path in FIELDS}
    data.clear()  # what is not read of it need not stay, and each field until it is copied
    if len(trees) > _MANY:
        pa.default_memory_pool().release_unused()
    left, right, feature, arity, prediction, statistics, lists = (fields.pop(path) for path in FIELDS)
    starts = _starts(lists)
    features = _extra(saved, "numFeatures")
    if features > MAX_SLOTS:
        raise ValueError(f"its metadata give numFeatures as {features}, where {MAX_SLOTS} are the most")
    return Nodes(
        features=features,
        sizes=np.bincount(trees, minlength=count),
        statistics=_matrix(statistics),
        splits={
            "left": _column(left, np.int32),
            "right": _column(right, np.int32),
            "feature": _column(feature, np.int32),
            "arity": _column(arity, np.int32),
            "split": _flat(lists),
            "split_at": starts,
        },
        prediction=_column(prediction, np.float64),
    )


def _ordered(data: list[pa.Array], trees: Whole, count: int) -> list[pa.Array]:
    """Check that the nodes are those of so many trees, and put them in order, if one writer did not leave them so."""
    ids = _column([_field(chunk, "id") for chunk in data], np.int32)
    if count > len(ids):
        raise ValueError(f"it has {count} trees but {len(ids)} nodes")
    sizes = np.bincount(np.clip(trees, -1, count) + 1, minlength=count + 2)
    if sizes[0] or sizes[-1] or not sizes[1:-1].all():
        raise ValueError(f"its nodes are not those of the trees 0 to {count - 1}")
    sizes = sizes[1:-1]
    expected = np.arange(len(ids), dtype=np.int32)
    expected -= np.repeat((np.cumsum(sizes) - sizes).astype(np.int32), sizes)
    if (trees[1:] >= trees[:-1]).all() and np.array_equal(ids, expected):
        return data
    order = np.lexsort((ids, trees))
    if not np.array_equal(ids[order], expected):
        raise ValueError("its nodes' ids do not count from 0 in each tree")
    return pa.chunked_array(data).take(pa.array(order)).chunks  # type: ignore[no-any-return]


def _field(data: pa.Array, *path: str) -> pa.Array:
    """Return a field below the nodes."""
    for name in path:
        data = data.field(name)
    return data


def _column(chunks: list[pa.Array], kind: type[N]) -> npt.NDArray[N]:
    """Return the numbers of one kind that stand in the chunks; the list is empty then."""
    if nulls := sum(chunk.null_count for chunk in chunks):
        raise ValueError(f"{nulls} values of its nodes are null")
    if kind is not np.float64:  # a number that the kind cannot hold is refused by the cast
        chunks[:] = [chunk.cast(pa.from_numpy_dtype(kind)) for chunk in chunks]
    return joined(chunks, kind)


def _flat(lists: list[pa.Array]) -> Floats:
    """Return the values of all lists, one after the other; the list is empty then."""
    chunks = [chunk.flatten() for chunk in lists]
    lists.clear()
    return _column(chunks, np.float64)


def _starts(lists: list[pa.Array]) -> Whole:
    """Return (n + 1,) where each list's values start; a null is no list."""
    lengths = _column([chunk.value_lengths() for chunk in lists], np.int32)
    if lengths.sum(dtype=np.int64) > MOST:
        raise ValueError(f"its nodes have more than {MOST} values of splits")
    starts = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=starts[1:])
    return starts


def _matrix(lists: list[pa.Array]) -> Floats:
    counts = _column([chunk.value_lengths() for chunk in lists], np.int32)
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
