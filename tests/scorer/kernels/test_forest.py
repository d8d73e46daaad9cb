"""Nodes from outside are checked once; what passes is a forest of binary trees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorer.kernels import LEAF, Forest

STUMP = {
    "features": 2,
    "sizes": [3],
    "left": [1, -1, -1],
    "right": [2, -1, -1],
    "feature": [0, -1, -1],
    "arity": [-1, -1, -1],
    "split": [0.5],
    "split_at": [0, 1, 1, 1],
    "payload": [0.0, 1.0, 2.0],
}
TWO = {
    "features": 2,
    "sizes": [1, 5],
    "left": [-1, 1, 3, -1, -1, -1],
    "right": [-1, 2, 4, -1, -1, -1],
    "feature": [-1, 0, 1, -1, -1, -1],
    "arity": [-1, -1, 3, -1, -1, -1],
    "split": [0.5, 2.0, 0.0],
    "split_at": [0, 0, 1, 3, 3, 3, 3],
    "payload": np.arange(6.0),
}


def chain(depth: int) -> dict:
    """Give a tree whose every right child is split again."""
    nodes = 2 * depth + 1
    inner = np.arange(nodes) % 2 == 0
    inner[-1] = False
    ids = np.arange(nodes)
    return {
        "features": 1,
        "sizes": [nodes],
        "left": np.where(inner, ids + 1, -1),
        "right": np.where(inner, ids + 2, -1),
        "feature": np.where(inner, 0, -1),
        "arity": np.full(nodes, -1),
        "split": np.arange(float(depth)),
        "split_at": np.concatenate([[0], np.cumsum(inner)]),
        "payload": ids.astype(float),
    }


def test_saved_nodes_become_a_forest():
    """Ids become nodes of the forest, values become thresholds or ascending categories, leaves are numbered."""
    forest = Forest.of(**TWO)
    assert forest.trees == 2
    assert forest.left.tolist() == [LEAF, 2, 4, LEAF, LEAF, LEAF]
    assert forest.right.tolist() == [LEAF, 3, 5, LEAF, LEAF, LEAF]
    assert forest.threshold[1] == 0.5
    assert forest.stored.tolist() == [0, 2]
    assert forest.level.tolist() == [0, 0, 1, 1, 2, 2]
    assert forest.ordinal.tolist() == [0, LEAF, LEAF, 2, 0, 1]


BROKEN = {
    "a child beyond the tree": ({"right": [3, -1, -1]}, "tree 0, node 0: a child's id is out of range"),
    "a child that is the root": ({"right": [0, -1, -1]}, "tree 0, node 0: a child's id is out of range"),
    "one child only": ({"right": [-1, -1, -1]}, "tree 0, node 0: one child is missing"),
    "two parents": ({"right": [1, -1, -1]}, "tree 0, node 1: the node has two parents"),
    "a cycle": (
        {"left": [-1, 2, 1], "right": [-1, 1, 2]},
        "tree 0, node 1: the node has two parents",
    ),
    "a negative feature": ({"feature": [-1, -1, -1]}, "node 0: the split is on feature -1"),
    "a feature beyond": ({"feature": [2, -1, -1]}, "node 0: the split is on feature 2, but the model has 2"),
    "a NaN threshold": ({"split": [np.nan]}, "node 0: the threshold is NaN"),
    "two thresholds": ({"split": [1.0, 2.0], "split_at": [0, 2, 2, 2]}, "node 0: a continuous split has not"),
    "no threshold": ({"split_at": [0, 0, 0, 0]}, "node 0: a continuous split has not"),
    "a category beyond": ({"arity": [3, -1, -1], "split": [3.0]}, "node 0: a category is not a whole number"),
    "a broken category": ({"arity": [3, -1, -1]}, "node 0: a category is not a whole number"),
    "a NaN category": ({"arity": [3, -1, -1], "split": [np.nan]}, "node 0: a category is not a whole number"),
    "a category twice": (
        {"arity": [3, -1, -1], "split": [1.0, 1.0], "split_at": [0, 2, 2, 2]},
        "node 0: a category is stored twice",
    ),
    "a negative arity": ({"arity": [-2, -1, -1]}, "node 0: the number of categories is negative"),
    "too many categories": ({"arity": [1 << 30, -1, -1]}, "node 0: more than 16777216 categories"),
    "no trees": ({"sizes": []}, "at least one tree"),
    "an empty tree": ({"sizes": [3, 0]}, "at least one node"),
    "columns that disagree": ({"feature": [0, -1]}, "expected 3 nodes in every column"),
    "pointers that fall": ({"split_at": [1, 0, 1, 1]}, "pointers do not agree"),
    "pointers beyond": ({"split_at": [0, 1, 1, 9]}, "pointers do not agree"),
}


@pytest.mark.parametrize(("change", "reason"), BROKEN.values(), ids=BROKEN)
def test_broken_nodes_are_refused_with_tree_and_node(change, reason):
    """Nodes that are no binary trees raise ValueError with one sentence that names tree and node."""
    with pytest.raises(ValueError, match=r"expected|tree|pointers") as caught:
        Forest.of(**STUMP | change)
    assert reason in str(caught.value)


def test_a_node_of_the_second_tree_is_named_within_its_tree():
    """The sentence counts nodes as Spark does, from each tree's root."""
    with pytest.raises(ValueError, match="tree 1, node 2: a child's id is out of range"):
        Forest.of(**TWO | {"left": [-1, 1, 3, 7, -1, -1], "right": [-1, 2, 4, 4, -1, -1]})


def test_an_island_is_refused():
    """A cycle beside the root's tree, in which each node has one parent, is refused."""
    with pytest.raises(ValueError, match="tree 0, node 1: the node cannot be reached"):
        Forest.of(
            **STUMP
            | {
                "sizes": [5],
                "left": [-1, 2, 1, -1, -1],
                "right": [-1, 3, 4, -1, -1],
                "feature": [-1, 0, 0, -1, -1],
                "arity": [-1] * 5,
                "split": [0.0, 0.0],
                "split_at": [0, 0, 1, 2, 2, 2],
                "payload": np.zeros(5),
            }
        )


def test_depth_is_bounded():
    """A tree of 100 levels loads, a deeper one is refused at once."""
    assert Forest.of(**chain(100)).level.max() == 100
    with pytest.raises(ValueError, match="deeper than 100 levels"):
        Forest.of(**chain(101))
    with pytest.raises(ValueError, match="deeper than 100 levels"):
        Forest.of(**chain(100_000))


@settings(deadline=None)
@given(st.data())
def test_no_nodes_whatever_raise_anything_but_a_sentence(data):
    """Random columns either make a forest, in which every node is reached once, or raise ValueError."""
    count = data.draw(st.integers(1, 9))
    ids = st.lists(st.integers(-2, 10), min_size=count, max_size=count)
    sizes = data.draw(st.one_of(st.just([count]), st.just([1, count - 1]), st.just([count, 1])))
    try:
        forest = Forest.of(
            features=data.draw(st.integers(0, 3)),
            sizes=sizes,
            left=data.draw(ids),
            right=data.draw(ids),
            feature=data.draw(ids),
            arity=data.draw(ids),
            split=data.draw(st.lists(st.floats(), min_size=count, max_size=count)),
            split_at=list(range(count + 1)),
            payload=np.zeros(count),
        )
    except ValueError:
        return
    reached = forest.starts[:-1].tolist()
    for node in reached:
        if forest.left[node] != LEAF:
            reached += [int(forest.left[node]), int(forest.right[node])]
    assert sorted(reached) == list(range(count))
