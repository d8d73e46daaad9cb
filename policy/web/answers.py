"""The bytes of an answer. What all answers of a band share is encoded once; only the numbers are filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from policy.engine.decision import Decision
from policy.engine.outcome import Band, Outcome
from policy.log.frame import DISTANCE, ID, SCORE, cut

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Answers:
    """How the outcomes of one policy are written: `plain` holds a frame for each of its bands, by identity."""

    decision: Decision
    frames: dict[int, tuple[bytes, ...]] = field(init=False)

    def __post_init__(self) -> None:
        frames = {id(band): _frame(self.decision, band) for band in self.decision.bands.bands}
        object.__setattr__(self, "frames", frames)

    def encode(self, outcome: Outcome, decision_id: str) -> bytes:
        """The members of the outcome and its id, as JSON: the bytes that `members` has."""
        frame = self.frames.get(id(outcome.band))
        if frame is None or outcome.ignored or not outcome.by_band_alone:
            return _encode(members(outcome, decision_id))
        return fill(frame, decision_id.encode(), _encode(outcome.score), _encode(outcome.distance))


def fill(frame: tuple[bytes, ...], decision_id: bytes, score: bytes, distance: bytes) -> bytes:
    """The answer of a band's frame; score, distance: as JSON."""
    start, before, band, reason, end = frame
    return b"".join((start, decision_id, before, score, band, distance, reason, distance, end))


def members(outcome: Outcome, decision_id: str) -> dict[str, Any]:
    """The answer as plain data."""
    return {"decision_id": decision_id, **outcome.to_dict()}


def _frame(decision: Decision, band: Band) -> tuple[bytes, ...]:
    """The answer around the id, the score and the distance, which stands in the band and in the reason."""
    body = members(Outcome(decision.origin, band.action, band.lower, band, ()), ID)
    body["score"] = SCORE
    body["band"]["distance"] = body["reasons"][0]["distance"] = DISTANCE
    return cut(_encode(body), (ID, SCORE, DISTANCE, DISTANCE))
