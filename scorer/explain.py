"""Why this score: what each input column contributes to the number that a model decides by.

Linear models: coefficient × value, and the offset of a generalised one. Trees: Shapley values of the path-dependent
expectation (S. Lundberg, G. Erion, S. Lee, "Consistent individualized feature attribution for tree ensembles", 2018,
algorithm 2), with the training data's own counts as weights. The base and the contributions add up to the number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, nan
from typing import Any

from scorer.classes import argmax
from scorer.compile import compile_row
from scorer.dot import Weights
from scorer.errors import ColumnError, UnsupportedError
from scorer.pipeline import Plan, Step, select
from scorer.shapley import shapley
from scorer.stage import Stage
from scorer.stages.assemble import VectorAssembler
from scorer.stages.boosted import BoostedClassifier
from scorer.stages.forest import ForestClassifier, ForestRegressor
from scorer.stages.glm import GeneralizedLinearRegression, LinearRegression, LinearSVC
from scorer.stages.linear import Binomial, Multinomial
from scorer.stages.ovr import OneVsRest
from scorer.stages.select import Selector, VectorSlicer
from scorer.stages.tree import TreeClassifier
from scorer.treestage import TreeStage
from scorer.vectors import Vector, dense, vector_of


@dataclass(frozen=True, slots=True)
class Explanation:
    """`base` + the sum of `contributions` (by input column, the largest first) = `margin`, the number `of` a model.

    Several columns that enter a slot together share one entry, their names joined by " & ".
    """

    of: str
    base: float
    contributions: Mapping[str, float]
    margin: float


def explain(plan: Plan, facts: Mapping[str, Any], slot: int | None = None) -> Explanation | None:
    """Explain one row; None if the row is dropped.

    `slot` chooses the class: by default 1 of two, and of more classes the one that is predicted. Raises
    UnsupportedError if the last model of the pipeline is neither linear nor made of trees, ColumnError for a slot that
    it does not have, RowError as `row`.
    """
    head = next((step for step in reversed(plan.steps) if _explainable(step.stage)), None)
    if head is None:
        last = (
            f"its last stage is {plan.steps[-1].spark.rpartition('.')[2]}"
            if plan.steps
            else "it has no stage"
        )
        raise UnsupportedError(f"this model cannot be explained: {last}; what can be are {_KNOWN}")
    _check_slot(head.stage, slot)
    read = [next((n for n, v in plan.produced.items() if v == value), None) for value in head.inputs]
    made = next((n for n, v in plan.produced.items() if v in head.outputs), None)
    row = compile_row(select(plan, [n for n in (*read, made) if n is not None]))(facts)
    if row is None:
        return None
    features = _given(facts, head) if read[0] is None else row[read[0]]
    of, base, shares, margin = _shares(head.stage, features, slot)
    behind = origins(plan, head.inputs[0], len(features))
    if len(head.inputs) > 1:
        offset = _offset(facts.get(head.names[1]) if read[1] is None else row[read[1]])
        shares, margin = [*shares, offset], margin + offset
        behind += origins(plan, head.inputs[1], 1)
    contributions: dict[str, float] = {}
    for share, names in zip(shares, behind, strict=True):
        if share:
            key = " & ".join(names)
            contributions[key] = contributions.get(key, 0.0) + share
    ordered = dict(
        sorted(contributions.items(), key=lambda item: -abs(item[1]) if item[1] == item[1] else -inf)
    )
    return Explanation(of, base, ordered, margin)


_RAW = (Binomial, Multinomial, LinearSVC, BoostedClassifier)  # what is explained of them are raw scores
_LINEAR = (*_RAW, LinearRegression, GeneralizedLinearRegression)
_KNOWN = (
    "linear models (LogisticRegression, LinearSVC, LinearRegression, GeneralizedLinearRegression), trees (single, "
    "forests, boosted) and OneVsRest over models with raw scores of these"
)


def _explainable(stage: Stage) -> bool:
    if isinstance(stage, OneVsRest):
        return all(isinstance(model, _RAW) for model in stage.models)
    return isinstance(stage, (*_LINEAR, TreeStage))


def _check_slot(stage: Stage, slot: int | None) -> None:
    if slot is None:
        return
    if isinstance(stage, Multinomial):
        classes = len(stage.intercepts)
    elif isinstance(stage, OneVsRest):
        classes = len(stage.models)
    elif isinstance(stage, TreeClassifier):
        classes = stage.probability.shape[1]
    elif isinstance(stage, ForestClassifier):
        classes = stage.forest.payload.shape[1]
    else:
        classes = 2 if isinstance(stage, Binomial | LinearSVC | BoostedClassifier) else 0
    if isinstance(slot, bool) or not isinstance(slot, int) or not 0 <= slot < classes:
        there = (
            f"the classes are 0 to {classes - 1}" if classes else "a regression has no classes: leave it out"
        )
        raise ColumnError(f"the slot {slot!r} cannot be explained; {there}")


def _given(facts: Mapping[str, Any], head: Step) -> Vector:
    try:
        return vector_of(facts.get(head.names[0]))
    except (TypeError, ValueError, LookupError):
        raise ColumnError(f"column `{head.names[0]}` should hold a vector to be explained") from None


def _offset(value: Any) -> float:
    """Return the offset of a row that the model takes; where it is null, so is the link prediction."""
    return nan if value is None else float(value)


Shares = tuple[str, float, list[float], float]


def _shares(stage: Stage, features: Vector, slot: int | None) -> Shares:
    if isinstance(stage, OneVsRest):
        place = int(stage.row()(features)[1]) if slot is None else slot
        return f"rawPrediction[{place}]", *_shares(stage.models[place], features, 1)[1:]
    numbers = dense(features)
    if isinstance(stage, Multinomial):
        raw = [_linear(w, b, numbers) for w, b in zip(stage.weights, stage.intercepts, strict=True)]
        place = argmax([margin for _, margin in raw]) if slot is None else slot
        return f"rawPrediction[{place}]", stage.intercepts[place], *raw[place]
    if isinstance(stage, Binomial | LinearSVC):
        shares, margin = _linear(stage.weights, stage.intercept, numbers)
        return _of_two(stage.intercept, shares, margin, slot)
    if isinstance(stage, LinearRegression | GeneralizedLinearRegression):
        of = "prediction" if isinstance(stage, LinearRegression) else "linkPrediction"
        return of, stage.intercept, *_linear(stage.weights, stage.intercept, numbers)
    assert isinstance(stage, TreeStage)
    return _trees(stage, numbers, slot)


def _linear(weights: Weights, intercept: float, numbers: list[float]) -> tuple[list[float], float]:
    shares = [0.0] * len(numbers)
    total = 0.0
    for i in weights.slots:
        shares[i] = numbers[i] * weights.values[i]
        total += shares[i]
    return shares, total + intercept


def _trees(stage: TreeStage, numbers: list[float], slot: int | None) -> Shares:
    forest, divisor = stage.forest, 1.0
    payload = forest.payload
    if isinstance(stage, TreeClassifier):
        payload = stage.probability
    elif isinstance(stage, ForestClassifier | ForestRegressor):
        divisor = float(forest.trees)
    classes = isinstance(stage, TreeClassifier | ForestClassifier)
    if classes and slot is None:
        slot = 1 if payload.shape[1] == 2 else int(stage.row()(numbers)[2])
    place = (slot or 0) if classes else 0
    base, shares = shapley(forest, payload[:, place] / divisor, stage.cover, numbers)
    if isinstance(stage, BoostedClassifier):
        return _of_two(base, shares, base + sum(shares), slot)
    return f"probability[{place}]" if classes else "prediction", base, shares, base + sum(shares)


def _of_two(base: float, shares: list[float], margin: float, slot: int | None) -> Shares:
    """Return the shares of one of two classes: what speaks for one speaks against the other."""
    if slot == 0:
        return "rawPrediction[0]", -base, [-share for share in shares], -margin
    return "rawPrediction[1]", base, shares, margin


def origins(plan: Plan, value: int, size: int) -> list[tuple[str, ...]]:
    """Return the input columns behind each slot of a vector."""
    raws = {raw.value: raw.name for raw in plan.raws.values()}
    makers = {v: step for step in plan.steps for v in step.outputs if v is not None}
    if value in raws:
        return [(raws[value],)] * size
    step = makers[value]
    if isinstance(step.stage, VectorAssembler):
        widths = [plan.fields[v].width for v in step.inputs]
        known = sum(w for w in widths if w is not None)
        rest = [w for w in widths if w is None]
        sizes = [size - known if w is None and len(rest) == 1 else w for w in widths]
        if all(w is not None for w in sizes) and sum(w or 0 for w in sizes) == size:
            return [o for v, w in zip(step.inputs, sizes, strict=True) for o in origins(plan, v, w or 0)]
    elif isinstance(step.stage, Selector | VectorSlicer):
        below = origins(plan, step.inputs[0], plan.fields[step.inputs[0]].size or _end(step.stage.indices))
        if len(step.stage.indices) == size and _end(step.stage.indices) <= len(below):
            return [below[i] for i in step.stage.indices]
    elif len(step.inputs) == 1 and step.stage.slotwise and plan.fields[step.inputs[0]].size in (None, size):
        return origins(plan, step.inputs[0], size)
    names = dict.fromkeys(n for v in step.inputs for o in origins(plan, v, 1) for n in o)
    return [tuple(names)] * size


def _end(slots: Sequence[int]) -> int:
    return max(slots, default=-1) + 1
