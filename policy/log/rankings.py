"""The record of a ranking: what was asked, what was shown, and why. It stands in the same segments as decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import msgspec
from msgspec import UNSET, UnsetType

from policy.engine.ranking.outcome import RankOutcome, Reason
from policy.errors import LogError
from policy.log.form import Change, change, hasher
from policy.log.record import UNWRITABLE, json, moment, sealed, unsealed
from policy.spec.rankings.ranking import RankingSpec

MARK = b'{"ranking_id"'  # how every such line begins
_MOST = 2**63 - 1  # of a number that every reader of JSON takes


class RankingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One ranking.

    user, history, exclude, facts: exactly what was ranked by, in the clear, or as a hash ("blake2b:…"), or left out,
    as the policy's `log` and inputs say; history: items, or {item, rating} where the rating is not 1; of hashed items
    no ratings. n: at most the policy's most; wanted: what the request asked for, if that was more. With all in the
    clear, `request` repeats the ranking, but for what a store held at that time.
    """

    ranking_id: str
    at: str
    policy: str
    user: Any = UNSET
    n: int
    wanted: int | UnsetType = UNSET
    history: list[Any] | UnsetType = UNSET
    exclude: list[Any] | UnsetType = UNSET
    facts: dict[str, Any]
    items: list[dict[str, Any]]
    filters: list[dict[str, Any]]
    plan: str
    reasons: list[dict[str, Any]]
    policy_version: str
    model_version: str

    def request(self) -> dict[str, Any]:
        """The request, as far as the log may hold it."""
        n = self.n if self.wanted is UNSET else self.wanted
        own = {"user": self.user, "n": n, "history": self.history, "exclude": self.exclude}
        return {name: value for name, value in own.items() if value is not UNSET} | self.facts


_decode = msgspec.json.Decoder(RankingRecord).decode


@dataclass(frozen=True, slots=True)
class RankingForm:
    """How the records of one ranking are written.

    facts: what to do to a fact first, by name; user, history, exclude: likewise, to the user and to each item, None for
    nothing and UNSET to leave it out.
    """

    facts: dict[str, Change]
    user: Change | UnsetType | None
    history: Change | UnsetType | None
    exclude: Change | UnsetType | None

    @classmethod
    def of(cls, spec: RankingSpec, key: bytes) -> Self:
        """The form of a ranking; `key` is that of the hashes."""
        facts = {one.name: change(one, key) for one in spec.inputs if one.log != "clear"}
        ways = {"clear": None, "hash": hasher(key), "drop": UNSET}
        logged = spec.logged
        return cls(
            {name: one for name, one in facts.items() if one is not None},
            *(ways[word] for word in (logged.user, logged.history, logged.exclude)),
        )

    def line(self, outcome: RankOutcome, ranking_id: str, at: int) -> bytes:
        """The outcome's line; at: nanoseconds since 1970. Raises LogError if JSON cannot hold it."""
        facts = {
            name: self.facts[name](value) if name in self.facts else value
            for name, value in outcome.facts.items()
        }
        user, body = _changed([outcome.user], self.user), outcome.to_dict()
        record = RankingRecord(
            ranking_id=ranking_id,
            at=moment(at),
            policy=outcome.policy,
            user=UNSET if user is UNSET else user[0],
            n=outcome.n,
            wanted=min(outcome.wanted, _MOST) if outcome.wanted > outcome.n else UNSET,
            history=self._history(outcome),
            exclude=_changed(outcome.exclude, self.exclude),
            facts={name: value for name, value in facts.items() if value is not UNSET},
            items=[self._item(one) for one in body["items"]],
            filters=body["filters"],
            plan=outcome.plan,
            reasons=self._reasons(body["reasons"]),
            policy_version=outcome.policy_version,
            model_version=outcome.model_version,
        )
        try:
            return sealed(json(record)[:-1])
        except UNWRITABLE as error:
            raise LogError(f"ranking {ranking_id} cannot be written as JSON: {error}") from error

    def _history(self, outcome: RankOutcome) -> list[Any] | UnsetType:
        if self.history is not None:
            return _changed([item for item, _ in outcome.history], self.history)
        return [
            item if rating == 1.0 else {"item": item, "rating": rating} for item, rating in outcome.history
        ]

    def _item(self, item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "reasons": self._reasons(item["reasons"])} if item["reasons"] else item

    def _reasons(self, reasons: Sequence[Reason]) -> list[Reason]:
        """The reasons without the items that they name, where these may be of a history that is not logged."""
        if self.history is None and self.exclude is None:
            return list(reasons)
        return [{word: said for word, said in one.items() if word != "items"} for one in reasons]


def _changed(values: Sequence[Any], how: Change | UnsetType | None) -> list[Any] | UnsetType:
    if isinstance(how, UnsetType):
        return UNSET
    return list(values) if how is None else [how(value) for value in values]


def decode_ranking(line: bytes) -> RankingRecord:
    """The record of a line. Raises LogError if it is torn or altered."""
    whole = unsealed(line)
    try:
        return _decode(whole)
    except msgspec.DecodeError as error:
        raise LogError(f"not a record of a ranking: {error}") from error
