"""Topics: the shares that LDA's topics have in a bag of words.

Source: clustering.LDAModel, mllib.clustering.OnlineLDAOptimizer: the variational inference of Hoffman, Blei and Bach,
"Online Learning for Latent Dirichlet Allocation" (2010), algorithm 2. Spark starts every document from the same draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow.compute as pc

from scorer.digamma import digamma
from scorer.errors import Invalid
from scorer.fields import Field, Kind, vector
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.twister import gamma_draws
from scorer.vectors import MAX_DENSE, Floats, Ints, Sparse, Vector, dense

SEED = 1421925485  # Java's hash of the class's name: Spark sets it after it has read a save, whatever `seed` it holds
MAX_TOPICS = 1 << 16
SETTLED = 1e-3  # the mean step of a topic's share, in words, at which the inference ends
STEPS = 50_000  # after which it is given up
UNSETTLED = "the topics of these counts do not settle"
FEW, DEEPEST = 1000, -4000.0  # likewise with counts below zero, of most of which Spark never comes to an end


@dataclass(frozen=True, slots=True, eq=False)
class Topics(Stage):
    """Each topic's share. A bag without words has none: zeros."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    weights: Floats  # (words, topics): exp of the expected logarithm of a word's share in a topic
    prior: Floats  # (topics,)
    start: Floats  # (topics,): where every document starts

    @classmethod
    def of(cls, saved: Saved, weights: Floats, prior: Vector, shape: float) -> Self:
        """Build the stage; refuses what does not fit the number of topics."""
        topics = weights.shape[1]
        if not 1 <= topics <= MAX_TOPICS or len(prior) != topics:
            raise saved.fail(f"its {len(prior)} concentrations do not fit {topics} topics")
        if not 1.0 <= shape < np.inf:
            raise saved.fail(f"`gammaShape` should be 1 or more, not {shape!r}; Spark saves 100")
        return cls(weights, np.array(dense(prior)), gamma_draws(SEED, shape, topics))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        return (vector(len(self.prior)),)

    def row(self) -> Callable[[Any], list[float]]:
        """Find the shares of one bag of words; its vector may be shorter than the vocabulary."""
        words, topics = self.weights.shape
        zeros, start = [0.0] * topics, _expected(self.start)

        def shares(value: Any) -> list[float]:
            counts, slots, last = _stored(value)
            held = np.flatnonzero(counts)
            if not len(held):
                return list(zeros)
            if last >= words:
                raise Invalid(f"slot {last} of the vector is none of the {words} words")
            chosen = held if slots is None else slots[held]
            with np.errstate(all="ignore"):
                found = self._inferred(self.weights[chosen], counts[held], start)
                total = float(np.abs(found).sum())
                answer: list[float] = (found / total if total != 0.0 else found).tolist()
            return answer

        return shares

    def _inferred(self, weights: Floats, counts: Floats, theta: Floats) -> Floats:
        """Return how many words each topic has, plus its prior."""
        gamma, across, prior = self.start, weights.T, self.prior
        norm = weights @ theta + 1e-100
        for _ in range(FEW if min(counts.min(), prior.min()) < 0.0 else STEPS):
            last, gamma = gamma, theta * (across @ (counts / norm)) + prior
            theta = _expected(gamma)
            norm = weights @ theta + 1e-100
            if not float(np.abs(gamma - last).sum()) / len(prior) > SETTLED:
                return gamma
        raise Invalid(UNSETTLED)


def _weights(saved: Saved, counts: Floats) -> Floats:
    """Return `Topics.weights` from how much of each word is in each topic, (words, topics)."""
    with np.errstate(all="ignore"):
        totals = counts.sum(axis=0)
    if not (counts.min(initial=0.0) >= 0.0 and np.isfinite(totals).all()):
        raise saved.fail("a word has less than nothing in a topic, or too much")
    held, weights = np.nonzero(counts), np.zeros(counts.shape)
    weights[held] = np.exp(digamma(counts[held]) - digamma(totals)[held[1]])
    return weights


def _stored(value: Vector) -> tuple[Floats, Ints | None, int]:
    """Return the numbers that a vector stores, their slots (None: all, in order), and the last slot."""
    if isinstance(value, Sparse):
        slots = np.array(value.indices, dtype=np.int32)
        return np.array(value.values, dtype=np.float64), slots, int(slots[-1]) if len(slots) else -1
    return np.array(value, dtype=np.float64), None, len(value) - 1


def _expected(gamma: Floats) -> Floats:
    """Return exp of the expected logarithm of each topic's share; Spark's stack has no room for one far below zero."""
    every = np.append(gamma, gamma.sum())
    if float(np.fmin.reduce(every)) < DEEPEST and (np.isfinite(every) & (every < DEEPEST)).any():
        raise Invalid(UNSETTLED)
    found = digamma(every)
    return np.asarray(np.exp(found[:-1] - found[-1]))


@stage(
    "org.apache.spark.ml.clustering.LocalLDAModel", inputs=("featuresCol",), outputs=("topicDistributionCol",)
)
@dataclass(frozen=True, slots=True, eq=False)
class LocalLDA(Topics):
    """Topics from a matrix of all words. Source: clustering.LocalLDAModel."""

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the matrix and the concentrations."""
        record = saved.record()
        counts = saved.matrix(record["topicsMatrix"], "topicsMatrix").values
        prior = saved.vector(record["docConcentration"], "docConcentration")
        return cls.of(saved, _weights(saved, counts), prior, float(record["gammaShape"]))


@stage(
    "org.apache.spark.ml.clustering.DistributedLDAModel",
    inputs=("featuresCol",),
    outputs=("topicDistributionCol",),
)
@dataclass(frozen=True, slots=True, eq=False)
class DistributedLDA(Topics):
    """Topics from the graph of words and documents. Source: clustering.DistributedLDAModel.

    Spark starts from a draw that is another each time it reads the save; this is what its `toLocal` model answers.
    """

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the vertices of words, which are numbered -1, -2, …; the documents', from 0 on, are not needed."""
        meta = saved.inner("oldModel")
        words, topics = int(meta["vocabSize"]), int(meta["k"])
        prior = saved.numbers_in("docConcentration", meta["docConcentration"])
        if words < 0 or not 0 < topics <= MAX_TOPICS or words * topics > MAX_DENSE:
            raise saved.fail(f"it claims {words} words in {topics} topics")
        table = saved.nested("oldModel", "data", "topicCounts")
        rows = table.filter(pc.less(table.column("id"), 0)).to_pylist()
        if len(rows) > words:
            raise saved.fail(f"it claims {words} words but holds {len(rows)}")
        counts = np.zeros((len(rows), topics))
        for place, row in enumerate(rows):
            shares = saved.vector(row["topicWeights"], "topicWeights")
            if len(shares) != topics or row["id"] < -words:
                raise saved.fail(f"the word {-row['id'] - 1} does not fit {words} words in {topics} topics")
            counts[place] = dense(shares)
        weights = np.zeros((words, topics))
        weights[[-1 - row["id"] for row in rows]] = _weights(saved, counts)
        return cls.of(saved, weights, list(prior), float(meta["gammaShape"]))
