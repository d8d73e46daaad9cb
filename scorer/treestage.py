"""What the stages of trees share: the forest and its kernel, the column of leaves, the outputs of ensembles.

A vector with more slots than were fitted is read as far as they go; one with fewer is refused if a split reads
beyond its end. Trees that do not split read nothing, and answer for null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from scorer.classes import Rule
from scorer.columns import Column, Numbers, Rows
from scorer.fields import Field, Kind, number, vector
from scorer.kernels import Forest, Trees, trees
from scorer.saved import Saved
from scorer.stage import Stage, map_rows
from scorer.treedata import matrix_for, picker
from scorer.vectors import Dense, Floats, Vectors

CLASSES = ("rawPredictionCol", "probabilityCol", "predictionCol", "leafCol")
NUMBER = ("predictionCol", "leafCol")
Leaves = list[float] | None
Vote = tuple[list[float], list[float], float, Leaves]


@dataclass(frozen=True, slots=True, eq=False)
class TreeStage(Stage):
    """What all have: the forest, its kernel, and whether Spark makes the column of leaves."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    forest: Forest
    kernel: Trees
    leaf: bool
    cover: Floats  # (nodes,) how much of the training data came to each node

    @property
    def splits(self) -> bool:
        """Whether a tree is more than its root: only then is the vector read."""
        return self.forest.nodes > self.forest.trees

    def over_values(self) -> Callable[[Sequence[float]], Any]:
        """Return the function from the values of `forest.inputs` to the outputs."""
        raise NotImplementedError

    def row(self) -> Callable[[Any], Any]:
        """Score one vector."""
        pick, score = picker(self.forest), self.over_values()
        if not self.splits:
            nothing = [0.0] * len(self.forest.inputs)
            return lambda _: score(nothing)
        return lambda features: score(pick(features))

    def over_slots(self) -> tuple[Sequence[int], Callable[[Sequence[float]], Any]]:
        """Return the slots that are split on, and the outputs as a function of their values."""
        return self.forest.inputs.tolist(), self.over_values()

    def narrow(self, wanted: tuple[bool, ...]) -> Self:
        """Leave the leaves out if nobody wants them."""
        return self if wanted[-1] or not self.leaf else replace(self, leaf=False)

    def leaves(self) -> Callable[[Any], Leaves]:
        """Return the function from the kernel's values to each tree's leaf, counted from the left."""
        if not self.leaf:
            return lambda _: None
        find, ordinals = self.kernel.leaves, self.forest.ordinal.astype(np.float64).tolist()
        return lambda values: [ordinals[node] for node in find(values)]

    def leaf_rows(self, matrix: Floats) -> Vectors | None:
        """Return the leaves of a batch."""
        if not self.leaf:
            return None
        return Vectors((Dense(self.forest.ordinal[self.kernel.batch_leaves(matrix)].astype(np.float64)),))

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Score a batch; vectors that are too short go row by row."""
        column: Vectors = columns[0]
        if column.size < self.forest.features:
            return map_rows(self, rows, columns)
        if column.valid is not None and self.splits:
            rows.fail(~column.valid, lambda _: "null, where a value is needed")
        return self.outputs(matrix_for(self.forest, column, rows.count))

    def outputs(self, matrix: Floats) -> Any:
        """Compute the outputs for the kernel's (rows, inputs)."""
        raise NotImplementedError


def parts(saved: Saved, forest: Forest, cover: Floats) -> tuple[Forest, Trees, bool, Floats]:
    """Return the fields of a TreeStage."""
    return forest, trees(forest), bool(saved.text("leafCol", "")), cover


@dataclass(frozen=True, slots=True, eq=False)
class TreeVote(TreeStage):
    """An ensemble that chooses a class, by a rule."""

    rule: Rule

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return vector(self.rule.classes), vector(self.rule.classes), number(), vector(self.forest.trees)

    def outputs(self, matrix: Floats) -> Any:
        """Compute the outputs for the kernel's (rows, inputs)."""
        return *self.rule.columns(*self.score_rows(matrix)), self.leaf_rows(matrix)

    def score_rows(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Compute raw scores and probabilities (rows, classes) for the kernel's (rows, inputs)."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class TreeSum(TreeStage):
    """An ensemble that predicts a number: the sum over the trees, divided."""

    divisor: float

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return number(), vector(self.forest.trees)

    def over_values(self) -> Callable[[Sequence[float]], tuple[float, Leaves]]:
        """Score the values of one row."""
        total, leaves, divisor = self.kernel.number, self.leaves(), self.divisor

        def score(values: Sequence[float]) -> tuple[float, Leaves]:
            return total(values) / divisor, leaves(values)

        return score

    def outputs(self, matrix: Floats) -> Any:
        """Compute the outputs for the kernel's (rows, inputs)."""
        return Numbers(self.kernel.batch(matrix)[:, 0] / self.divisor), self.leaf_rows(matrix)
