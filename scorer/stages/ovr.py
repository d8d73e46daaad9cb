"""OneVsRest: one binary model a class."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from scorer.classes import argmax
from scorer.errors import ColumnError
from scorer.fields import Field, Kind, number, vector
from scorer.saved import Saved
from scorer.stage import Stage, lookup, stage
from scorer.wiring import build


@stage(
    "org.apache.spark.ml.classification.OneVsRestModel",
    inputs=("featuresCol",),
    outputs=("rawPredictionCol", "predictionCol"),
)
@dataclass(frozen=True, slots=True)
class OneVsRest(Stage):
    """Raw score of class i: slot 1 of model i's raw scores; the first largest wins.

    Source: classification.OneVsRestModel. NaN never wins, and -1 is the answer if all are NaN; before Spark 4.1,
    NaN won in place 0. `raws` says at which place of its outputs each model has its raw scores.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    models: tuple[Stage, ...]
    raws: tuple[int, ...]
    skips_nan: bool = True

    @property
    def sizes(self) -> Mapping[str, int]:
        """How much was fitted."""
        return {"models": len(self.models)}

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the models, a folder each."""
        names = sorted((n for n in saved.folder.names() if n.startswith("model_")), key=lambda n: int(n[6:]))
        if not names or names != [f"model_{i}" for i in range(len(names))]:
            raise saved.fail("its folders model_0, model_1, … are not complete")
        if saved.extras.get("numClasses", len(names)) != len(names):
            raise saved.fail(
                f"its metadata give numClasses as {saved.extras['numClasses']!r}, but it holds {len(names)} models"
            )
        children = [saved.child(name) for name in names]
        entries = [lookup(child).outputs for child in children]
        if any("rawPredictionCol" not in outputs for outputs in entries):
            raise saved.fail("one of its models has no raw scores")
        wanted = saved.text("rawPredictionCol", "rawPrediction")
        named = {child.text("rawPredictionCol", "rawPrediction") for child in children}
        if wanted and named != {wanted}:
            raise ColumnError(
                f"stage {saved.uid}: Spark looks for the raw scores of its models in `{wanted}`, "
                f"but they name them {', '.join(f'`{name}`' for name in sorted(named))}"
            )
        places = tuple(outputs.index("rawPredictionCol") for outputs in entries)
        return cls(tuple(build(child) for child in children), places, saved.behaves >= (4, 1))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        del inputs
        return vector(len(self.models), declared=False), number()

    def row(self) -> Callable[[Any], tuple[list[float], float]]:
        """Score one vector."""
        functions = list(zip([model.row() for model in self.models], self.raws, strict=True))
        choose = _largest if self.skips_nan else argmax

        def score(features: Any) -> tuple[list[float], float]:
            raw = [function(features)[place][1] for function, place in functions]
            return raw, float(choose(raw))

        return score


def _largest(raw: list[float]) -> int:
    best, place = -math.inf, -1
    for i, x in enumerate(raw):
        if x > best:
            best, place = x, i
    return place
