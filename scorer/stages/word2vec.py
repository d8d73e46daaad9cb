"""Word2Vec: the mean of the vectors of a text's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from scorer.chunks import joined
from scorer.errors import Invalid, shown
from scorer.fields import Field, Kind, of_texts, vector
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import Sparse, Vector


@stage("org.apache.spark.ml.feature.Word2VecModel", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True, eq=False)
class Word2Vec(Stage):
    """Sum of the known words' vectors × 1 / number of all words. Source: feature.Word2VecModel."""

    accepts: ClassVar[tuple[Kind, ...]] = ("tokens",)
    words: dict[str, int]
    vectors: npt.NDArray[np.float32]  # (words, size); added as doubles
    size: int

    @property
    def sizes(self) -> Mapping[str, int]:
        """How much was fitted."""
        return {"words": len(self.words)}

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the vectors: since Spark 2.2 one row a word, before one row of all."""
        table = saved.table()
        size = saved.whole("vectorSize", 100)
        if "wordIndex" in table.column_names:
            record = table.to_pylist()[0]
            words = dict(record["wordIndex"])
            flat = np.array(record["wordVectors"], dtype=np.float32)
        else:
            words = {word: i for i, word in enumerate(table["word"].to_pylist())}
            chunks = [chunk.flatten() for chunk in table["vector"].chunks]
            del table  # what is copied need not stay
            flat = joined(chunks, np.float32)
        if size < 1 or flat.size != len(words) * size or not all(0 <= i < len(words) for i in words.values()):
            raise saved.fail(f"holds {flat.size} numbers for {len(words)} words of {size}")
        return cls(words, flat.reshape(len(words), size), size)

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Refuse lists of numbers."""
        of_texts(inputs[0])
        return self

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        return (vector(self.size),)

    def row(self) -> Callable[[Any], Vector]:
        """Average one list; an empty one gives zeros."""
        words, vectors, size = self.words, self.vectors, self.size

        def mean(value: Any) -> Vector:
            if not isinstance(value, list | tuple):
                raise Invalid(f"{shown(value)} is no list of words")
            if not value:
                return Sparse(size, (), ())
            total = np.zeros(size)
            for word in value:
                at = words.get(word)
                if at is not None:
                    total += vectors[at]
            out: list[float] = (total * (1.0 / len(value))).tolist()
            return out

        return mean
