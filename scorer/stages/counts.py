"""Counts of words and what they weigh: CountVectorizer, IDF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from scorer.columns import Column, Rows
from scorer.errors import Invalid, shown
from scorer.fields import Attribute, Field, Kind, of_texts, vector
from scorer.saved import Saved
from scorer.stage import Stage, map_rows, stage
from scorer.vectors import Dense, Rowwise, Sparse, Vector, Vectors, dense


@stage("org.apache.spark.ml.feature.CountVectorizerModel", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class CountVectorizer(Stage):
    """Counts of the vocabulary's words. Source: feature.CountVectorizerModel.

    A word counts if it comes at least `least` times; below 1, at least that share of all tokens.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("tokens",)
    vocabulary: tuple[str, ...]
    least: float
    binary: bool

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the vocabulary."""
        vocabulary = saved.record()["vocabulary"]
        if not all(isinstance(word, str) for word in vocabulary):
            raise saved.fail("its vocabulary is not a list of texts")
        return cls(tuple(vocabulary), saved.number("minTF", 1.0), saved.flag("binary", default=False))

    @property
    def size(self) -> int:
        """The number of slots."""
        return len(self.vocabulary)

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Refuse lists of numbers."""
        of_texts(inputs[0])
        return self

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: slots named by the words."""
        del inputs
        return (vector(slots=[Attribute(name=word) for word in self.vocabulary]),)

    def row(self) -> Callable[[Any], Sparse]:
        """Count one list."""
        places = {word: i for i, word in reversed(list(enumerate(self.vocabulary)))}
        size, least, binary = len(self.vocabulary), self.least, self.binary

        def count(value: Any) -> Sparse:
            if not isinstance(value, list | tuple):
                raise Invalid(f"{shown(value)} is no list of tokens")
            enough = least if least >= 1.0 else least * len(value)
            counts = Counter(places[word] for word in value if word in places)
            kept = sorted(i for i, times in counts.items() if times >= enough)
            return Sparse(size, kept, [1.0 if binary else float(counts[i]) for i in kept])

        return count


@stage("org.apache.spark.ml.feature.IDFModel", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class IDF(Stage):
    """Each slot times its inverse document frequency. Source: feature.IDFModel.

    As in Spark, a vector of fewer slots is weighed as far as it goes.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    slotwise: ClassVar[bool] = True
    weights: tuple[float, ...]

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the frequencies."""
        return cls(tuple(dense(saved.vector(saved.record()["idf"], "idf"))))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: Spark declares the size that was fitted, though another vector may come."""
        del inputs
        return (vector(len(self.weights)),)

    def row(self) -> Callable[[Any], Vector]:
        """Weigh one vector; a sparse one stays sparse."""
        weights, size = self.weights, len(self.weights)

        def weigh(value: Any) -> Vector:
            last = value.indices[-1] + 1 if isinstance(value, Sparse) and value.indices else 0
            if (last if isinstance(value, Sparse) else len(value)) > size:
                raise Invalid(f"a vector of {len(value)} slots, where {size} were fitted")
            if isinstance(value, Sparse):
                pairs = zip(value.indices, value.values, strict=True)
                return Sparse(value.size, value.indices, [x * weights[i] for i, x in pairs])
            return [x * w for x, w in zip(value, weights, strict=False)]

        return weigh

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Weigh a batch."""
        column: Vectors = columns[0]
        if column.valid is not None:
            rows.fail(~column.valid, lambda _: "null, where a value is needed")
        if column.size > len(self.weights):
            return map_rows(self, rows, columns)
        weights = np.array(self.weights[: column.size])
        if len(column.blocks) == 1 and isinstance(column.blocks[0], Rowwise):
            block = column.blocks[0]
            return Vectors((replace(block, values=block.values * weights[block.indices]),))
        return Vectors((Dense(column.matrix() * weights),))
