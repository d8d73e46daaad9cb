"""The lists of many users at once: filters and boosts are worked out once, and the model asked for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from policy.engine.ranking.order import factors
from policy.engine.ranking.ranking import Ranking

Head = list[tuple[Any, float]]  # (id, score), best first


def heads(ranking: Ranking, users: Sequence[Any], n: int, *, now: Any = None) -> list[Head]:
    """The list that each user gets in a request of nothing else, by the model alone: none for whom it does not know.

    Raises FactsError and NowNeededError, as `Ranking.row` does.
    """
    vectors = [_vector(ranking, user) for user in users]
    known = [place for place, vector in enumerate(vectors) if vector is not None]
    asked, values, at, _ = ranking.read({"n": n}, now, strict=False)
    found: list[Head] = [[] for _ in users]
    if ranking.seen is not None:  # each user has other items
        for place in known:
            found[place] = _alone(ranking, users[place], n, now)
        return found
    if not known:
        return found
    slots, boosts = ranking.items.slots, [(one.spec, one.mask.row(values)) for one in ranking.boosts]
    eligible = ranking.eligible(asked, values, at)[0][:slots]
    mask = None if eligible.all() else eligible
    multiply, add = factors(boosts, slots)
    size, ties = ranking.caps.ahead(asked.n), ranking.spec.ties
    together = np.stack([np.asarray(vectors[place]) for place in known])
    best = ranking.ranker.top_of_each(together, size, mask=mask, multiply=multiply, add=add, ties=ties)
    for place, rows, scores, count in zip(known, *best, strict=True):
        taken: Sequence[int] = range(count)
        if ranking.caps:
            taken = ranking.caps.start().taken(rows[:count].tolist(), asked.n)
        if len(taken) < asked.n and count == size:  # the caps make it look further down
            found[place] = _alone(ranking, users[place], n, now)
        else:
            ids, numbers = ranking.items.ids, scores.tolist()
            found[place] = [
                (ids[row], numbers[one]) for one, row in zip(taken, rows[taken].tolist(), strict=True)
            ]
    return found


def _vector(ranking: Ranking, user: Any) -> Any:
    """The factors of a user; None if the model does not know the user."""
    user_id = None if user is None else ranking.user_id(user)
    return None if user_id is None else ranking.ranker.user(user_id)


def _alone(ranking: Ranking, user: Any, n: int, now: Any) -> Head:
    return [(item.id, item.score) for item in ranking.live.row({"user": user, "n": n}, now=now).items]
