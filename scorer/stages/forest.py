"""Random forests, for classes and for numbers. All trees weigh the same, and add in their order, as in Spark.

Source: ml.classification.RandomForestClassificationModel, ml.regression.RandomForestRegressionModel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scorer.classes import Rule, shares, shares_rows
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.treedata import read_classes, read_ensemble
from scorer.treestage import CLASSES, NUMBER, TreeSum, TreeVote, Vote, parts
from scorer.vectors import Floats


@stage(
    "org.apache.spark.ml.classification.RandomForestClassificationModel",
    inputs=("featuresCol",),
    outputs=CLASSES,
)
@dataclass(frozen=True, slots=True, eq=False)
class ForestClassifier(TreeVote):
    """Raw scores: the sum of the trees' shares of their leaves' counts."""

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the nodes."""
        nodes = read_ensemble(saved)
        rule = Rule.of(saved, read_classes(saved, nodes))
        cover, forest = nodes.statistics.sum(axis=1), nodes.forest(shares_rows(nodes.statistics))
        del nodes  # they are large, and not read any more
        return cls(*parts(saved, forest, cover), rule)

    def over_values(self) -> Callable[[Sequence[float]], Vote]:
        """Score the values of one row."""
        votes, leaves, place = self.kernel.row, self.leaves(), self.rule.row()

        def score(values: Sequence[float]) -> Vote:
            raw = votes(values)
            probability = shares(raw)
            return raw, probability, place(raw, probability), leaves(values)

        return score

    def score_rows(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Compute raw scores and probabilities (rows, classes) for the kernel's (rows, inputs)."""
        raw = self.kernel.batch(matrix)
        return raw, shares_rows(raw)


@stage("org.apache.spark.ml.regression.RandomForestRegressionModel", inputs=("featuresCol",), outputs=NUMBER)
@dataclass(frozen=True, slots=True, eq=False)
class ForestRegressor(TreeSum):
    """The mean of the trees' predictions."""

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the nodes."""
        nodes = read_ensemble(saved)
        cover, forest = nodes.counts, nodes.forest(nodes.prediction)
        del nodes  # they are large, and not read any more
        return cls(*parts(saved, forest, cover), float(forest.trees))
