"""Gradient-boosted trees, for two classes and for numbers. Trees have weights, and add in their order, as in Spark.

Source: ml.classification.GBTClassificationModel, ml.regression.GBTRegressionModel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scorer.classes import Rule, exp, pair
from scorer.kernels import Forest
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.treedata import read_ensemble, read_weights
from scorer.treestage import CLASSES, NUMBER, TreeSum, TreeVote, Vote, parts
from scorer.vectors import Floats


@stage("org.apache.spark.ml.classification.GBTClassificationModel", inputs=("featuresCol",), outputs=CLASSES)
@dataclass(frozen=True, slots=True, eq=False)
class BoostedClassifier(TreeVote):
    """Margin F, the weighted sum; raw [-F, F]; p0 = 1/(1+e^2F), p1 = 1 - p0 (logistic loss)."""

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the nodes and the weights of the trees."""
        cover, forest = _weighted(saved)
        rule = Rule.of(saved, 2)
        return cls(*parts(saved, forest, cover), rule)

    def over_values(self) -> Callable[[Sequence[float]], Vote]:
        """Score the values of one row."""
        total, leaves, place = self.kernel.number, self.leaves(), self.rule.row()

        def score(values: Sequence[float]) -> Vote:
            margin = total(values)
            zero = 1.0 / (1.0 + exp(2.0 * margin))
            raw, probability = [-margin, margin], [zero, 1.0 - zero]
            return raw, probability, place(raw, probability), leaves(values)

        return score

    def score_rows(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Compute raw scores and probabilities (rows, classes) for the kernel's (rows, inputs)."""
        margin = self.kernel.batch(matrix)[:, 0]
        with np.errstate(over="ignore"):
            zero = 1.0 / (1.0 + np.exp(2.0 * margin))
        return pair(-margin, margin), pair(zero, 1.0 - zero)


@stage("org.apache.spark.ml.regression.GBTRegressionModel", inputs=("featuresCol",), outputs=NUMBER)
@dataclass(frozen=True, slots=True, eq=False)
class BoostedRegressor(TreeSum):
    """The weighted sum of the trees' predictions."""

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the nodes and the weights of the trees."""
        cover, forest = _weighted(saved)
        return cls(*parts(saved, forest, cover), 1.0)


def _weighted(saved: Saved) -> tuple[Floats, Forest]:
    """Read the cover, and the trees: a leaf adds its prediction × the weight of its tree."""
    nodes = read_ensemble(saved)
    weights = read_weights(saved, len(nodes.sizes))
    return nodes.counts, nodes.forest(nodes.prediction * np.repeat(weights, nodes.sizes))
