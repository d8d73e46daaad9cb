"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scorer.classes import Rule
from scorer.columns import Column, Rows
from scorer.errors import Invalid
from scorer.fields import Field, Kind, number, vector
from scorer.saved import Saved
from scorer.stage import Stage, map_rows, stage
from scorer.vectors import Floats, Vectors, dense

_SMALL = 2.0**-512
OUTPUTS = ("rawPredictionCol", "probabilityCol", "predictionCol")


@stage(
    "org.apache.spark.ml.classification.MultilayerPerceptronClassificationModel",
    inputs=("featuresCol",),
    outputs=OUTPUTS,
)
@dataclass(frozen=True, slots=True, eq=False)
class Perceptron(Stage):
    """Affine layers with a sigmoid between them and a softmax at the end. Source: ml.ann.Layer.

    `layers`: (weights (out, in), bias (out,)) of each.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    layers: tuple[tuple[Floats, Floats], ...]
    rule: Rule

    @property
    def sizes(self) -> Mapping[str, int]:
        """How much was fitted."""
        return {"layers": len(self.layers) + 1}

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the sizes (in the data before Spark 3.0, a parameter since) and the weights of all layers."""
        record = saved.record()
        sizes = [int(n) for n in record.get("layers") or saved.numbers("layers")]
        flat = np.array(dense(saved.vector(record["weights"], "weights")))
        layers, at = [], 0
        for rows, cols in zip(sizes[1:], sizes, strict=False):
            if rows < 1 or cols < 1 or at + rows * cols + rows > flat.size:
                raise saved.fail(f"holds {flat.size} weights for layers of {sizes}")
            weights = flat[at : at + rows * cols].reshape((rows, cols), order="F")
            layers.append((weights, flat[at + rows * cols : at + rows * cols + rows]))
            at += rows * cols + rows
        if at != flat.size or not layers:
            raise saved.fail(f"holds {flat.size} weights for layers of {sizes}")
        return cls(tuple(layers), _rule(saved, sizes[-1]))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return vector(self.rule.classes), vector(self.rule.classes), number()

    def row(self) -> Callable[[Any], tuple[list[float], list[float], float]]:
        """Score one vector."""
        layers, size, place = self.layers, self.layers[0][0].shape[1], self.rule.row()

        def score(value: Any) -> tuple[list[float], list[float], float]:
            if len(value) != size:
                raise Invalid(f"a vector of {len(value)} slots, where {size} were fitted")
            with np.errstate(all="ignore"):
                out = np.array([dense(value)])
                for weights, bias in layers[:-1]:
                    out = 1.0 / (1.0 + np.exp(-_affine(out, weights, bias)))
                scores = _affine(out, *layers[-1])
                probability: list[float] = _shares(scores)[0].tolist()
            raw: list[float] = scores[0].tolist()
            return raw, probability, place(raw, probability)

        return score

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Score a batch."""
        column: Vectors = columns[0]
        if column.valid is not None or column.size != self.layers[0][0].shape[1]:
            return map_rows(self, rows, columns)
        out = column.matrix()
        with np.errstate(all="ignore"):
            for weights, bias in self.layers[:-1]:
                out = 1.0 / (1.0 + np.exp(-_affine(out, weights, bias)))
            raw = _affine(out, *self.layers[-1])
            shares = _shares(raw)
        return self.rule.columns(raw, shares)


def _rule(saved: Saved, classes: int) -> Rule:
    """Read the rule; the prediction alone comes from the last layer, whatever the thresholds."""
    rule = Rule.of(saved, classes)
    return Rule(classes, None, "probability") if rule.route == "prediction" else rule


def _affine(x: Floats, weights: Floats, bias: Floats) -> Floats:
    """Return (rows, out): the bias, and slot after slot added to it, as Spark's product does.

    Java's fused multiply-add does not round a product, so only a sum of finite numbers becomes infinite.
    """
    out = np.repeat(bias[None, :], len(x), axis=0)
    for j in range(x.shape[1]):
        products = x[:, j, None] * weights[:, j]
        over = np.isinf(products) & np.isfinite(x[:, j, None])
        fused = (out * _SMALL + (x[:, j, None] * _SMALL) * weights[:, j]) / _SMALL
        out = np.where(over, fused, out + products)
    return out


def _shares(raw: Floats) -> Floats:
    """Return the softmax of each row; an infinite score leaves NaN. Source: ml.ann.SoftmaxLayerModel."""
    powers = np.exp(raw - np.fmax.reduce(raw, axis=1, initial=-np.inf)[:, None])
    total = np.zeros(len(raw))
    for k in range(raw.shape[1]):
        total += powers[:, k]
    shares: Floats = powers / total[:, None]
    return shares
