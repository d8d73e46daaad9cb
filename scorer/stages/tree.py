"""Single trees: DecisionTree, for classes and for numbers. Everything is decided by the leaf.

Source: ml.classification.DecisionTreeClassificationModel, ml.regression.DecisionTreeRegressionModel, ml.tree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scorer.classes import Rule, class_columns, shares_rows
from scorer.columns import Numbers
from scorer.fields import Field, number, vector
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.treedata import Nodes, read_classes, read_tree
from scorer.treestage import CLASSES, TreeStage, parts
from scorer.vectors import Floats


@stage(
    "org.apache.spark.ml.classification.DecisionTreeClassificationModel",
    inputs=("featuresCol",),
    outputs=CLASSES,
)
@dataclass(frozen=True, slots=True, eq=False)
class TreeClassifier(TreeStage):
    """The leaf's counts, their shares, and the class.

    `raw`, `probability` (nodes, classes) and `prediction` (nodes,) are each node's answer.
    """

    raw: Floats
    probability: Floats
    prediction: Floats

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the nodes; if no scores are made, Spark takes the prediction that the training left in the leaf."""
        nodes = read_tree(saved)
        rule = Rule.of(saved, read_classes(saved, nodes))
        raw, probability = nodes.statistics, shares_rows(nodes.statistics)
        prediction = nodes.prediction if rule.route == "prediction" else rule.batch(raw, probability)
        return cls(*parts(saved, nodes.forest(raw), raw.sum(axis=1)), raw, probability, prediction)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return vector(self.raw.shape[1]), vector(self.raw.shape[1]), number(), number()

    def over_values(self) -> Callable[[Sequence[float]], tuple[list[float], list[float], float, float]]:
        """Score the values of one row."""
        find = self.kernel.leaves
        raw, probability = self.raw.tolist(), self.probability.tolist()
        prediction, ordinal = self.prediction.tolist(), self.forest.ordinal.astype(np.float64).tolist()

        def score(values: Sequence[float]) -> tuple[list[float], list[float], float, float]:
            node = find(values)[0]
            return raw[node].copy(), probability[node].copy(), prediction[node], ordinal[node]

        return score

    def outputs(self, matrix: Floats) -> Any:
        """Compute the outputs for the kernel's (rows, inputs)."""
        node = self.kernel.batch_leaves(matrix)[:, 0]
        ordinal = self.forest.ordinal[node].astype(np.float64)
        columns = class_columns(self.raw[node], self.probability[node], self.prediction[node])
        return *columns, Numbers(ordinal)


@stage(
    "org.apache.spark.ml.regression.DecisionTreeRegressionModel",
    inputs=("featuresCol",),
    outputs=("predictionCol", "varianceCol", "leafCol"),
)
@dataclass(frozen=True, slots=True, eq=False)
class TreeRegressor(TreeStage):
    """The leaf's mean and variance. `prediction` and `variance` (nodes,) are each node's answer."""

    prediction: Floats
    variance: Floats

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the nodes; the variance comes of their (count, sum, sum of squares), as in tree.impurity.Variance."""
        nodes = read_tree(saved)
        forest = nodes.forest(nodes.prediction)
        variance = _variance(nodes) if saved.text("varianceCol", "") else np.zeros(forest.nodes)
        return cls(*parts(saved, forest, nodes.counts), nodes.prediction, variance)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return number(), number(), number()

    def over_values(self) -> Callable[[Sequence[float]], tuple[float, float, float]]:
        """Score the values of one row."""
        find = self.kernel.leaves
        prediction, variance = self.prediction.tolist(), self.variance.tolist()
        ordinal = self.forest.ordinal.astype(np.float64).tolist()

        def score(values: Sequence[float]) -> tuple[float, float, float]:
            node = find(values)[0]
            return prediction[node], variance[node], ordinal[node]

        return score

    def outputs(self, matrix: Floats) -> Any:
        """Compute the outputs for the kernel's (rows, inputs)."""
        node = self.kernel.batch_leaves(matrix)[:, 0]
        ordinal = self.forest.ordinal[node].astype(np.float64)
        return Numbers(self.prediction[node]), Numbers(self.variance[node]), Numbers(ordinal)


def _variance(nodes: Nodes) -> Floats:
    if nodes.statistics.shape[1] < 3:
        raise ValueError("its nodes lack count, sum and sum of squares, of which the variance is made")
    count, total, squares = nodes.statistics[:, 0], nodes.statistics[:, 1], nodes.statistics[:, 2]
    with np.errstate(all="ignore"):
        return np.where(count == 0, 0.0, (squares - total * total / count) / count)
