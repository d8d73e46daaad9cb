"""TargetEncoder: a category becomes the mean of the target where it was seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scorer.errors import Invalid, shown
from scorer.fields import Attribute, Field, number
from scorer.saved import Saved
from scorer.stage import Stage, stage

NULL, ALL = -1.0, 2147483647.0  # the categories under which Spark saves null and the whole


@stage(
    "org.apache.spark.ml.feature.TargetEncoderModel", inputs=("inputCol",), outputs=("outputCol",), each=True
)
@dataclass(frozen=True, slots=True, eq=False)
class TargetEncoder(Stage):
    """The target's mean in the category, drawn to the mean of all by `smoothing`. Source: feature.TargetEncoderModel.

    Unseen categories are errors, or have the mean of all (`keep`); so has null, if it was not seen. The numbers
    under which Spark saves null and the whole are no categories.
    """

    encodings: dict[float, float]
    null: float | None  # None: null was not seen
    whole: float | None  # of unseen categories; None: they are errors
    count: int  # of different encodings, all that were fitted

    @classmethod
    def read(cls, saved: Saved) -> Sequence[Stage]:
        """Read one stage a column: counts and target statistics of each category."""
        keep = saved.choice("handleInvalid", "error", ("error", "keep")) == "keep"
        binary = saved.choice("targetType", "binary", ("binary", "continuous")) == "binary"
        smoothing = saved.number("smoothing", 0.0)
        stages = []
        for row in sorted(saved.table().to_pylist(), key=lambda row: int(row["index"])):
            stats = zip(row["categories"], zip(row["counts"], row["stats"], strict=True), strict=True)
            encodings = _encodings(dict(stats), smoothing, binary=binary)
            count = len(set(encodings.values()))
            whole, null = encodings.pop(ALL), encodings.pop(NULL, None)
            stages.append(cls(encodings, null, whole if keep else None, count))
        return stages

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: Spark calls the encodings the labels of a nominal number, which it is not."""
        del inputs
        return (number(Attribute("nominal", count=self.count)),)

    def row(self) -> Callable[[Any], float]:
        """Encode one category."""
        find, null, whole = self.encodings.get, self.null, self.whole

        def encode(value: Any) -> float:
            found = null if value is None else find(float(value))
            if found is not None:
                return found
            if whole is None:
                raise Invalid(
                    f'{shown(value)} was not seen at fit; handleInvalid "keep" would give it the mean of all'
                )
            return whole

        return encode


def _encodings(
    stats: dict[float, tuple[float, float]], smoothing: float, *, binary: bool
) -> dict[float, float]:
    total, whole = stats[ALL]
    prior = whole / total if binary else whole
    out: dict[float, float] = {}
    for category, (count, value) in stats.items():
        weight = count / (count + smoothing)
        out[category] = weight * (value / count if binary else value) + (1.0 - weight) * prior
    return out
