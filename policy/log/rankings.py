"""The record of a ranking: what was asked, what was shown, and why. It stands in the same segments as decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from policy.engine.ranking.outcome import RankOutcome
from policy.errors import LogError
from policy.log.form import change
from policy.log.record import UNWRITABLE, json, moment, sealed, unsealed
from policy.spec.inputs import InputSpec

MARK = b'{"ranking_id"'  # how every such line begins


class RankingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One ranking; facts as the policy's inputs let the log hold them."""

    ranking_id: str
    at: str
    policy: str
    user: Any
    n: int
    facts: dict[str, Any]
    items: list[dict[str, Any]]
    filters: list[dict[str, Any]]
    plan: str
    reasons: list[dict[str, Any]]
    policy_version: str
    model_version: str


_decode = msgspec.json.Decoder(RankingRecord).decode


@dataclass(frozen=True, slots=True)
class RankingForm:
    """How the records of one ranking are written; `changes`: what to do to a fact first, by name."""

    changes: dict[str, Any]

    @classmethod
    def of(cls, inputs: Sequence[InputSpec], key: bytes) -> Self:
        """The form of a ranking with these inputs; `key` is that of the hashes."""
        made = {one.name: change(one, key) for one in inputs if one.log != "clear"}
        return cls({name: one for name, one in made.items() if one is not None})

    def line(self, outcome: RankOutcome, ranking_id: str, at: int) -> bytes:
        """The outcome's line; at: nanoseconds since 1970. Raises LogError if JSON cannot hold it."""
        facts = {
            name: self.changes[name](value) if name in self.changes else value
            for name, value in outcome.facts.items()
        }
        body = outcome.to_dict()
        record = RankingRecord(
            ranking_id=ranking_id,
            at=moment(at),
            policy=outcome.policy,
            user=outcome.user,
            n=outcome.n,
            facts={name: value for name, value in facts.items() if value is not msgspec.UNSET},
            items=body["items"],
            filters=body["filters"],
            plan=outcome.plan,
            reasons=body["reasons"],
            policy_version=outcome.policy_version,
            model_version=outcome.model_version,
        )
        try:
            return sealed(json(record)[:-1])
        except UNWRITABLE as error:
            raise LogError(f"ranking {ranking_id} cannot be written as JSON: {error}") from error


def decode_ranking(line: bytes) -> RankingRecord:
    """The record of a line. Raises LogError if it is torn or altered."""
    whole = unsealed(line)
    try:
        return _decode(whole)
    except msgspec.DecodeError as error:
        raise LogError(f"not a record of a ranking: {error}") from error
