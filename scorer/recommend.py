"""The ranking of a pipeline that holds an ALS model: which columns its ids come from, and their labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scorer.errors import Dropped, Invalid, ScorerError
from scorer.pipeline import Plan, Step
from scorer.ranker import Ranker
from scorer.stages.als import ALS
from scorer.stages.index import StringIndexer

UNSEEN = "__unknown"  # Spark's name for the place after the labels, where `keep` puts what was not seen


@dataclass(frozen=True, slots=True)
class Recommender:
    """A ranker, and the names of its users and items outside: ids (None), or the labels of the pipeline's indexers.

    index: the number of a user's label.
    """

    ranker: Ranker
    index: Callable[[Any], float] | None
    user: Sequence[str] | None
    item: Sequence[str] | None

    def best(self, user: Any, n: int) -> list[tuple[Any, float]]:
        """Return [(item, score), …], best first; none for a user that the model does not know."""
        vector = self.ranker.user(self.user_id(user))
        if vector is None:
            return []
        slots, scores = self.ranker.top(vector, n)
        ids = self.ranker.items[slots].tolist()
        names = ids if self.item is None else [_label(self.item, i) for i in ids]
        return list(zip(names, scores.tolist(), strict=True))

    def user_id(self, user: Any) -> Any:
        """Return the id that the model has for a user as the caller names them; None for one that it cannot know."""
        return _number(user) if self.index is None else self._indexed(self.index, user)

    @staticmethod
    def _indexed(index: Callable[[Any], float], label: Any) -> int | None:
        """Return the number that the indexer gives a label, None where it refuses or drops it."""
        try:
            return int(index(label))
        except (Dropped, Invalid):
            return None


def find_recommender(plan: Plan, ranker: Ranker) -> Recommender:
    """Find where the ids of a pipeline's ALS model come from; raises ScorerError if they cannot be named outside."""
    step = _als(plan)
    user, item = _indexer(plan, step, 0), _indexer(plan, step, 1)
    return Recommender(
        ranker,
        None if user is None else user.row(),
        None if user is None else user.labels,
        None if item is None else item.labels,
    )


def find_ranker(plan: Plan, version: str) -> Ranker:
    """Return the ranker of a pipeline's ALS model; raises ScorerError if there is none, or several."""
    als = _als(plan).stage
    assert isinstance(als, ALS)
    return Ranker(als.users, als.user_factors, als.items, als.item_factors, version)


def _als(plan: Plan) -> Step:
    steps = [step for step in plan.steps if isinstance(step.stage, ALS)]
    if len(steps) != 1:
        raise ScorerError(
            f"a ranking needs one ALS model; this pipeline of {len(plan.steps)} stages has {len(steps)}"
        )
    return steps[0]


def _indexer(plan: Plan, step: Step, position: int) -> StringIndexer | None:
    """Return the indexer that makes an id, None where the id is the caller's own."""
    value = step.inputs[position]
    maker = next((s for s in plan.steps if value in s.outputs), None)
    if maker is None:
        return None
    raws = {raw.value for raw in plan.raws.values()}
    if not isinstance(maker.stage, StringIndexer) or maker.inputs[0] not in raws:
        raise ScorerError(
            f"stage {step.uid}, column `{step.names[position]}`: the ids come from stage {maker.uid}; "
            "a ranking needs ids from a column of the input, as they are or by one StringIndexer"
        )
    return maker.stage


def _number(value: Any) -> Any:
    """Return the id that a caller means: Spark takes 3.0 for 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _label(labels: Sequence[str], number: int) -> str:
    return labels[number] if 0 <= number < len(labels) else UNSEEN
