"""Trees: DecisionTree, RandomForest and gradient-boosted trees, for classes and for numbers.

Source: org.apache.spark.ml.tree, ml.classification and ml.regression. An ensemble adds in the order of its
trees, as Spark does. A vector with more slots than were fitted is read as far as they go; one with fewer is
refused if a split reads beyond its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from scorer.classes import argmax, argmax_rows, exp, scaled_argmax, scaled_argmax_rows
from scorer.columns import Column, Numbers, Rows
from scorer.fields import Field, Kind, number, vector
from scorer.kernels import Forest, Trees, trees
from scorer.saved import Saved
from scorer.stage import Stage, map_rows, stage
from scorer.treedata import (
    Nodes,
    matrix_for,
    picker,
    read_classes,
    read_ensemble,
    read_tree,
    read_weights,
)
from scorer.vectors import Dense, Floats, Vectors

CLASSES = ("rawPredictionCol", "probabilityCol", "predictionCol", "leafCol")


@dataclass(frozen=True, slots=True, eq=False)
class TreeStage(Stage):
    """What all have: the forest, its kernel, and whether Spark makes the column of leaves."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    forest: Forest
    kernel: Trees
    leaf: bool
    cover: Floats  # (nodes,) how much of the training data came to each node

    def over_values(self) -> Callable[[Sequence[float]], Any]:
        """Return the function from the values of `forest.inputs` to the outputs."""
        raise NotImplementedError

    def row(self) -> Callable[[Any], Any]:
        """Score one vector."""
        pick, score = picker(self.forest), self.over_values()
        return lambda features: score(pick(features))

    def over_slots(self) -> tuple[Sequence[int], Callable[[Sequence[float]], Any]]:
        """Return the slots that are split on, and the outputs as a function of their values."""
        return self.forest.inputs.tolist(), self.over_values()

    def narrow(self, wanted: tuple[bool, ...]) -> Self:
        """Leave the leaves out if nobody wants them."""
        return self if wanted[-1] or not self.leaf else replace(self, leaf=False)

    def leaves(self) -> Callable[[Any], list[float] | None]:
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
        if column.valid is not None:
            rows.fail(~column.valid, lambda _: "null, where a value is needed")
        return self.outputs(matrix_for(self.forest, column, rows.count))

    def outputs(self, matrix: Floats) -> Any:
        """Compute the outputs for the kernel's (rows, inputs)."""
        raise NotImplementedError


# -- one tree ------------------------------------------------------------------------------------------------


@stage(
    "org.apache.spark.ml.classification.DecisionTreeClassificationModel",
    inputs=("featuresCol",),
    outputs=CLASSES,
)
@dataclass(frozen=True, slots=True, eq=False)
class TreeClassifier(TreeStage):
    """The leaf's counts, their shares, and the class: everything is decided by the leaf.

    `raw`, `probability` (nodes, classes) and `prediction` (nodes,) are each node's answer.
    """

    raw: Floats
    probability: Floats
    prediction: Floats

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the nodes; if no scores are made, Spark takes the prediction that the training left in the leaf."""
        nodes = read_tree(saved)
        rule = _Rule.of(saved, read_classes(saved, nodes))
        raw, probability, prediction = rule.outputs(nodes.statistics)
        if rule.route == "prediction":
            prediction = nodes.prediction
        forest = nodes.forest(raw)
        return cls(
            forest,
            trees(forest),
            bool(saved.text("leafCol", "")),
            nodes.statistics.sum(axis=1),
            raw,
            probability,
            prediction,
        )

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
        return (
            Vectors((Dense(self.raw[node]),)),
            Vectors((Dense(self.probability[node]),)),
            Numbers(self.prediction[node]),
            Numbers(ordinal),
        )


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
        return cls(
            forest,
            trees(forest),
            bool(saved.text("leafCol", "")),
            nodes.statistics[:, 0],
            nodes.prediction,
            variance,
        )

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


# -- how counts become a class -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """How raw scores become probabilities and a class.

    `route` is the column that Spark takes the class from: the first that is made of raw | probability | prediction.
    """

    thresholds: tuple[float, ...] | None
    route: str

    @classmethod
    def of(cls, saved: Saved, classes: int) -> _Rule:
        """Read the thresholds and which columns are made."""
        thresholds = saved.numbers("thresholds") if saved.params.get("thresholds") else None
        if thresholds is not None and len(thresholds) != classes:
            raise saved.fail(f"holds {len(thresholds)} thresholds for {classes} classes")
        if saved.text("rawPredictionCol", "rawPrediction"):
            return cls(thresholds, "raw")
        return cls(thresholds, "probability" if saved.text("probabilityCol", "probability") else "prediction")

    def place(self, raw: list[float], probability: list[float]) -> float:
        """Choose the class of one row."""
        if self.thresholds is not None:
            return float(scaled_argmax(probability, self.thresholds))
        return float(argmax(probability if self.route == "probability" else raw))

    def places(self, raw: Floats, probability: Floats) -> Floats:
        """Choose the class of each row."""
        if self.thresholds is not None:
            return scaled_argmax_rows(probability, self.thresholds)
        return argmax_rows(probability if self.route == "probability" else raw)

    def outputs(self, raw: Floats) -> tuple[Floats, Floats, Floats]:
        """Compute (raw, probability, prediction) of counts (rows, classes)."""
        probability = normalised(raw)
        return raw, probability, self.places(raw, probability)


def normalised(counts: Floats) -> Floats:
    """Divide each row of (rows, classes) by its sum, taken in order; a row that sums to 0 stays."""
    total = np.zeros(len(counts))
    for k in range(counts.shape[1]):
        total += counts[:, k]
    with np.errstate(all="ignore"):
        shares: Floats = counts / np.where(total == 0.0, 1.0, total)[:, None]
    return shares


def _shares(counts: list[float]) -> list[float]:
    total = 0.0
    for count in counts:
        total += count
    return [count / total for count in counts] if total != 0.0 else counts.copy()


# -- forests -------------------------------------------------------------------------------------------------


@stage(
    "org.apache.spark.ml.classification.RandomForestClassificationModel",
    inputs=("featuresCol",),
    outputs=CLASSES,
)
@dataclass(frozen=True, slots=True, eq=False)
class ForestClassifier(TreeStage):
    """Raw scores: the sum of the trees' shares of their leaves' counts."""

    rule: _Rule

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the nodes; all trees weigh the same."""
        nodes = read_ensemble(saved)
        rule = _Rule.of(saved, read_classes(saved, nodes))
        cover, forest = nodes.statistics.sum(axis=1), nodes.forest(normalised(nodes.statistics))
        del nodes  # they are large, and not read any more
        return cls(forest, trees(forest), bool(saved.text("leafCol", "")), cover, rule)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        classes = self.forest.width
        return vector(classes), vector(classes), number(), vector(self.forest.trees)

    def over_values(
        self,
    ) -> Callable[[Sequence[float]], tuple[list[float], list[float], float, list[float] | None]]:
        """Score the values of one row."""
        votes, leaves, place = self.kernel.row, self.leaves(), self.rule.place

        def score(values: Sequence[float]) -> tuple[list[float], list[float], float, list[float] | None]:
            raw = votes(values)
            probability = _shares(raw)
            return raw, probability, place(raw, probability), leaves(values)

        return score

    def outputs(self, matrix: Floats) -> Any:
        """Compute the outputs for the kernel's (rows, inputs)."""
        raw, probability, prediction = self.rule.outputs(self.kernel.batch(matrix))
        return (
            Vectors((Dense(raw),)),
            Vectors((Dense(probability),)),
            Numbers(prediction),
            self.leaf_rows(matrix),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Sum(TreeStage):
    """The sum over the trees, divided."""

    divisor: float

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return number(), vector(self.forest.trees)

    def over_values(self) -> Callable[[Sequence[float]], tuple[float, list[float] | None]]:
        """Score the values of one row."""
        total, leaves, divisor = self.kernel.number, self.leaves(), self.divisor

        def score(values: Sequence[float]) -> tuple[float, list[float] | None]:
            return total(values) / divisor, leaves(values)

        return score

    def outputs(self, matrix: Floats) -> Any:
        """Compute the outputs for the kernel's (rows, inputs)."""
        return Numbers(self.kernel.batch(matrix)[:, 0] / self.divisor), self.leaf_rows(matrix)


@stage(
    "org.apache.spark.ml.regression.RandomForestRegressionModel",
    inputs=("featuresCol",),
    outputs=("predictionCol", "leafCol"),
)
@dataclass(frozen=True, slots=True, eq=False)
class ForestRegressor(_Sum):
    """The mean of the trees' predictions."""

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the nodes."""
        nodes = read_ensemble(saved)
        cover, forest = nodes.counts, nodes.forest(nodes.prediction)
        del nodes  # they are large, and not read any more
        return cls(forest, trees(forest), bool(saved.text("leafCol", "")), cover, float(forest.trees))


# -- boosted trees -------------------------------------------------------------------------------------------


def _boosted(saved: Saved) -> tuple[Floats, Forest]:
    """Read the cover of boosted trees, and the trees: a leaf adds its prediction × the weight of its tree."""
    nodes = read_ensemble(saved)
    weights = read_weights(saved, len(nodes.sizes))
    return nodes.counts, nodes.forest(nodes.prediction * np.repeat(weights, nodes.sizes))


@stage(
    "org.apache.spark.ml.regression.GBTRegressionModel",
    inputs=("featuresCol",),
    outputs=("predictionCol", "leafCol"),
)
@dataclass(frozen=True, slots=True, eq=False)
class BoostedRegressor(_Sum):
    """The weighted sum of the trees' predictions."""

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the nodes and the weights of the trees."""
        cover, forest = _boosted(saved)
        return cls(forest, trees(forest), bool(saved.text("leafCol", "")), cover, 1.0)


@stage(
    "org.apache.spark.ml.classification.GBTClassificationModel",
    inputs=("featuresCol",),
    outputs=CLASSES,
)
@dataclass(frozen=True, slots=True, eq=False)
class BoostedClassifier(TreeStage):
    """Margin F, the weighted sum; raw [-F, F]; p0 = 1/(1+e^2F), p1 = 1 - p0 (logistic loss)."""

    rule: _Rule

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the nodes and the weights of the trees."""
        cover, forest = _boosted(saved)
        return cls(forest, trees(forest), bool(saved.text("leafCol", "")), cover, _Rule.of(saved, 2))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return vector(2), vector(2), number(), vector(self.forest.trees)

    def over_values(
        self,
    ) -> Callable[[Sequence[float]], tuple[list[float], list[float], float, list[float] | None]]:
        """Score the values of one row."""
        total, leaves, place = self.kernel.number, self.leaves(), self.rule.place

        def score(values: Sequence[float]) -> tuple[list[float], list[float], float, list[float] | None]:
            margin = total(values)
            zero = 1.0 / (1.0 + exp(2.0 * margin))
            raw, probability = [-margin, margin], [zero, 1.0 - zero]
            return raw, probability, place(raw, probability), leaves(values)

        return score

    def outputs(self, matrix: Floats) -> Any:
        """Compute the outputs for the kernel's (rows, inputs)."""
        margin = self.kernel.batch(matrix)[:, 0]
        with np.errstate(over="ignore"):
            zero = 1.0 / (1.0 + np.exp(2.0 * margin))
        raw, probability = _pair(-margin, margin), _pair(zero, 1.0 - zero)
        prediction = self.rule.places(raw, probability)
        return (
            Vectors((Dense(raw),)),
            Vectors((Dense(probability),)),
            Numbers(prediction),
            self.leaf_rows(matrix),
        )


def _pair(first: Floats, second: Floats) -> Floats:
    out = np.empty((len(first), 2))
    out[:, 0], out[:, 1] = first, second
    return out
