"""The compiled kernels answer what the plain walk answers, to the last bit, and a batch what its rows answer."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scorer.kernels import LEAF, CompiledTrees, Forest, PlainTrees, trees

pytest.importorskip("numba", reason="the extra `fast` is not installed")
ODD = [math.nan, math.inf, -math.inf, -0.0, 0.0, -1.0, 0.5, 2.5, 1e18, -1e300, 5e-324]
slow = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def grown(random: Random, *, features, arities, trees, depth, width=1, cuts=31) -> Forest:
    """Grow random trees: feature f has `arities[f]` categories, or `cuts` thresholds if that is 0."""
    grids = [sorted({random.gauss(0, 1) for _ in range(cuts)} | {0.0}) for _ in range(features)]
    sizes, rows = [], []

    def grow(level: int) -> int:
        at = len(rows) - base
        rows.append(None)
        if level == depth or (level and random.random() < 0.15):
            rows[base + at] = (-1, -1, -1, -1, [])
            return at
        feature = random.randrange(features)
        arity = arities[feature]
        some = random.sample(range(arity), random.randint(0, arity))
        stored = some if arity else [random.choice(grids[feature])]
        rows[base + at] = (grow(level + 1), grow(level + 1), feature, arity or -1, stored)
        return at

    for _ in range(trees):
        base = len(rows)
        grow(0)
        sizes.append(len(rows) - base)
    left, right, feature, arity, split = zip(*rows, strict=True)
    return Forest.of(
        features=features,
        sizes=sizes,
        left=left,
        right=right,
        feature=feature,
        arity=arity,
        split=np.array([x for values in split for x in values], dtype=float),
        split_at=np.cumsum([0, *map(len, split)]),
        payload=[[random.gauss(0, 1) for _ in range(width)] for _ in rows],
    )


def rows_for(random: Random, forest: Forest, count: int) -> list[list[float]]:
    """Draw rows on the edges of the splits and beside them, among the categories, and from odd numbers."""
    edges = forest.threshold[~np.isnan(forest.threshold)].tolist() or [0.0]
    edges += [math.nextafter(x, way) for x in edges[:50] for way in (-math.inf, math.inf)]
    top = int(forest.arity.max()) + 2

    def value() -> float:
        kind = random.random()
        if kind < 0.2:
            return random.choice(ODD)
        if kind < 0.6:
            return float(random.randrange(-1, top))
        return random.choice(edges) if kind < 0.9 else random.gauss(0, 1)

    return [[value() for _ in forest.inputs] for _ in range(count)]


def same(a, b) -> bool:
    """Tell whether two arrays hold the same bits."""
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


@st.composite
def forests(draw):
    """Draw small and large forests: with and without categories, masks, walks, and sets of any size."""
    random = draw(st.randoms(use_true_random=False))
    features = draw(st.sampled_from([1, 2, 5, 14, 150, 300]))
    arities = [draw(st.sampled_from([0, 0, 1, 2, 7, 64, 70, 600])) for _ in range(min(features, 5))]
    forest = grown(
        random,
        features=features,
        arities=[random.choice(arities) for _ in range(features)],
        trees=draw(st.sampled_from([1, 2, 17, 40])),
        depth=draw(st.sampled_from([0, 1, 5, 6, 9])),
        width=draw(st.sampled_from([1, 2, 3])),
        cuts=draw(st.sampled_from([3, 63, 64, 150, 2000])),
    )
    return forest, rows_for(random, forest, draw(st.sampled_from([0, 1, 63, 64, 65, 130])))


@slow
@given(forests())
def test_compiled_trees_answer_what_plain_trees_answer(drawn):
    """Sums and leaves of any forest, over any values, are bit-equal in compiled and plain form, row and batch."""
    forest, rows = drawn
    plain, fast = PlainTrees(forest), trees(forest)
    assert isinstance(fast, CompiledTrees)
    matrix = np.array(rows, dtype=float).reshape(len(rows), len(forest.inputs))
    sums, leaves = plain.batch(matrix), plain.batch_leaves(matrix)
    assert same(fast.batch(matrix), sums)
    assert same(fast.batch_leaves(matrix), leaves)
    for i, row in enumerate(rows[:20]):
        assert plain.row(row) == fast.row(row) == sums[i].tolist()
        assert plain.number(row) == fast.number(row) == sums[i, 0]
        assert plain.leaves(row) == fast.leaves(row) == leaves[i].tolist()


@slow
@given(forests())
def test_a_row_goes_where_sparks_splits_send_it(drawn):
    """Every leaf is the one that Spark's two kinds of split, written out as in its source, lead to."""
    forest, rows = drawn
    plain = PlainTrees(forest)
    place = {int(f): i for i, f in enumerate(forest.inputs)}
    for row in rows[:8]:
        for root, leaf in zip(forest.starts[:-1].tolist(), plain.leaves(row), strict=True):
            node = root
            while forest.left[node] != LEAF:
                x = row[place[int(forest.feature[node])]]
                if math.isnan(forest.threshold[node]):
                    arity = int(forest.arity[node])
                    stored = forest.stored[forest.stored_at[node] : forest.stored_at[node + 1]].tolist()
                    if len(stored) <= arity // 2:
                        left = x in set(map(float, stored))
                    else:
                        left = x not in set(map(float, range(arity))) - set(map(float, stored))
                else:
                    left = x <= forest.threshold[node]
                node = int(forest.left[node] if left else forest.right[node])
            assert node == leaf


def test_a_sum_is_taken_in_the_order_of_the_trees():
    """Numbers whose sum depends on the order are added from the first tree on, starting at 0.0."""
    payload = [1e16, 1.0, -1e16, 1.0, 3.0]
    forest = Forest.of(
        features=1,
        sizes=[1] * 5,
        left=[-1] * 5,
        right=[-1] * 5,
        feature=[-1] * 5,
        arity=[-1] * 5,
        split=[],
        split_at=[0] * 6,
        payload=payload,
    )
    expected = 0.0
    for x in payload:
        expected += x
    assert trees(forest).number([0.0]) == PlainTrees(forest).number([0.0]) == expected != math.fsum(payload)


def test_the_order_of_a_matrix_does_not_matter():
    """Row-major, column-major, sliced, strided and read-only matrices give the same answers."""
    random = Random(3)
    forest = grown(random, features=9, arities=[0, 5] * 5, trees=30, depth=7, width=2)
    fast = trees(forest)
    matrix = np.array(rows_for(random, forest, 500))
    wide = np.empty((1000, 20))
    wide[::2, 3:12] = matrix
    frozen = matrix.copy()
    frozen.flags.writeable = False
    expected = fast.batch(matrix)
    for spelled in (np.asfortranarray(matrix), wide[::2, 3:12], frozen, matrix[::-1][::-1]):
        assert same(fast.batch(spelled), expected)
        assert same(fast.batch_leaves(spelled), fast.batch_leaves(matrix))


def test_many_threads_score_at_once():
    """Rows and batches that several threads score at the same time are answered as one thread's."""
    random = Random(4)
    forest = grown(random, features=14, arities=[0] * 14, trees=50, depth=6, width=2)
    fast = trees(forest)
    rows = rows_for(random, forest, 400)
    matrix = np.array(rows)
    sums, each = fast.batch(matrix), [fast.row(row) for row in rows]
    with ThreadPoolExecutor(8) as pool:
        batches = [pool.submit(fast.batch, matrix) for _ in range(40)]
        singles = [pool.submit(lambda: [fast.row(row) for row in rows]) for _ in range(8)]
        assert all(same(batch.result(), sums) for batch in batches)
        assert all(single.result() == each for single in singles)


@pytest.mark.parametrize("values", [[0.0], [0.0] * 3, [0.0, None], [0.0, "1"]])
def test_a_row_of_the_wrong_form_is_refused(values):
    """A row with too few or too many values, or with something that is no number, raises and reads no memory."""
    forest = grown(Random(1), features=2, arities=[0, 0], trees=3, depth=3)
    with pytest.raises(Exception, match=r"expected 2 items|must be real number|not a float"):
        trees(forest).row(values)


@pytest.mark.parametrize("matrix", [np.zeros((4, 3)), np.zeros(2), np.zeros((4, 2), np.float32)])
def test_a_matrix_of_the_wrong_form_is_refused(matrix):
    """A matrix with other columns than the inputs, or of another type, raises ValueError."""
    forest = grown(Random(1), features=2, arities=[0, 0], trees=3, depth=3)
    with pytest.raises(ValueError, match="expected float64"):
        trees(forest).batch(matrix)


def test_a_feature_that_is_split_both_ways_is_scored_plainly():
    """A feature with thresholds in one node and categories in another, which no Spark writes, is scored all the same."""
    forest = Forest.of(
        features=1,
        sizes=[5],
        left=[1, 3, -1, -1, -1],
        right=[2, 4, -1, -1, -1],
        feature=[0, 0, -1, -1, -1],
        arity=[-1, 4, -1, -1, -1],
        split=[2.0, 1.0],
        split_at=[0, 1, 2, 2, 2, 2],
        payload=np.arange(5.0),
    )
    kernel = trees(forest)
    assert isinstance(kernel, PlainTrees)
    assert [kernel.number([x]) for x in (1.0, 0.0, 3.0)] == [3.0, 4.0, 2.0]


def test_sets_of_categories_take_bounded_memory():
    """A small file that claims huge sets of categories is scored without laying them out."""
    nodes = 2001
    inner = np.arange(nodes) < 1000
    ids = np.arange(nodes)
    forest = Forest.of(
        features=1,
        sizes=[nodes],
        left=np.where(inner, 2 * ids + 1, -1),
        right=np.where(inner, 2 * ids + 2, -1),
        feature=np.where(inner, 0, -1),
        arity=np.where(inner, 1 << 24, -1),
        split=np.arange(1000.0),
        split_at=np.minimum(np.arange(nodes + 1), 1000),
        payload=ids.astype(float),
    )
    assert isinstance(trees(forest), PlainTrees)


def test_leaves_are_numbered_from_the_left():
    """The ordinals of each tree's leaves count 0, 1, 2 … when the tree is walked left before right."""
    forest = grown(Random(5), features=4, arities=[0, 3, 0, 9], trees=12, depth=7)
    for root in forest.starts[:-1].tolist():
        stack, seen = [root], []
        while stack:
            node = stack.pop()
            if forest.left[node] == LEAF:
                seen.append(int(forest.ordinal[node]))
            else:
                stack += [int(forest.right[node]), int(forest.left[node])]
        assert seen == list(range(len(seen)))
