"""The request of a ranking: the user, how many items, a history, items to leave out, and the facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from policy.errors import FactsError, Problem
from policy.spec.rankings.blocks import MOST, Limits
from policy.spec.rankings.ranking import OWN
from policy.spec.values import describe

MAX_HISTORY = 10_000  # items of a history, and of `exclude`
MAX_ID = 1_000  # characters of a user or an item
_INT32 = 2**31


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked.

    n: at most the policy's most; wanted: as the request has it; history: (item, rating) pairs; facts: the other
    members.
    """

    user: Any
    n: int
    wanted: int
    history: tuple[tuple[Any, float], ...]
    exclude: tuple[Any, ...]
    facts: dict[str, Any]


def read_request(body: Any, limits: Limits) -> tuple[Request, list[Problem]]:
    """The request in a JSON object, and what is wrong with its own members; `n` above the most is the most.

    null is like nothing, in every place, as in a table.

    Raises FactsError if it is no object.
    """
    if not isinstance(body, Mapping):
        raise FactsError([_problem("", "object", body)])
    problems: list[Problem] = []
    user = body.get("user")
    if not _is_id(user) and user is not None:
        problems.append(_problem("/user", "string or int", user))
    n = body.get("n")
    n = limits.default if n is None else n
    if isinstance(n, bool) or not isinstance(n, int):
        problems.append(_problem("/n", "int of at least 0", n))
        n = 0
    elif n < 0:
        got = str(n) if n >= -(2**63) else describe(n)
        problems.append(Problem("/n", f"expected int of at least 0, got {got}", "int of at least 0", got))
        n = 0
    history = _history(body.get("history"), problems)
    exclude = _ids(body.get("exclude"), problems)
    facts = {name: value for name, value in body.items() if name not in OWN}
    return Request(user, min(n, limits.max), n, history, exclude, facts), problems


def _history(value: Any, problems: list[Problem]) -> tuple[tuple[Any, float], ...]:
    found = []
    for place, entry in enumerate(_list(value, "/history", problems)):
        item, rating = (
            (entry.get("item"), entry.get("rating")) if isinstance(entry, Mapping) else (entry, None)
        )
        rating = 1.0 if rating is None else rating
        number = isinstance(rating, int | float) and not isinstance(rating, bool)
        if not _is_id(item):
            problems.append(_problem(f"/history/{place}", "an item, or {item, rating}", entry))
        elif not number or not isfinite(rating) or abs(rating) > MOST:
            problems.append(
                _problem(f"/history/{place}/rating", f"number from {-MOST:g} to {MOST:g}", rating)
            )
        else:
            found.append((item, float(rating)))
    return tuple(found)


def _ids(value: Any, problems: list[Problem]) -> tuple[Any, ...]:
    found = []
    for place, item in enumerate(_list(value, "/exclude", problems)):
        if _is_id(item):
            found.append(item)
        else:
            problems.append(_problem(f"/exclude/{place}", "string or int", item))
    return tuple(found)


def _list(value: Any, pointer: str, problems: list[Problem]) -> Sequence[Any]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or len(value) > MAX_HISTORY:
        problems.append(_problem(pointer, f"array of at most {MAX_HISTORY:,} items", value))
        return ()
    return value


def _is_id(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_ID
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _problem(pointer: str, expected: str, value: Any) -> Problem:
    got = describe(value)
    if isinstance(value, str) and len(value) > MAX_ID:
        expected, got = f"{expected} of at most {MAX_ID:,} characters", f"{len(value):,} characters"
    if isinstance(value, list | tuple) and len(value) > MAX_HISTORY:
        got = f"{len(value):,} items"
    return Problem(pointer, f"expected {expected}, got {got}", expected, got)


def as_user(value: Any) -> Any:
    """The user id as the model has it: a whole number, also as text."""
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) <= 11:
        value = int(value)
    return value if isinstance(value, int) and -_INT32 <= value < _INT32 else None
