"""The bytes of an answer. What all answers of a band share is encoded once; only the numbers are filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from policy.engine.decision import Decision
from policy.engine.outcome import Band, Outcome

_encode = msgspec.json.Encoder().encode
_ID, _SCORE, _DISTANCE = "\0id", "\0score", "\0distance"


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
        if frame is None or not _plain(outcome):
            return _encode(members(outcome, decision_id))
        start, score, band, reason, end = frame
        far = _encode(outcome.distance)
        return b"".join(
            (start, decision_id.encode(), score, _encode(outcome.score), band, far, reason, far, end)
        )


def members(outcome: Outcome, decision_id: str) -> dict[str, Any]:
    """The answer as plain data."""
    return {"decision_id": decision_id, **outcome.to_dict()}


def _plain(outcome: Outcome) -> bool:
    """Whether nothing but the band decided."""
    return not (
        outcome.ignored
        or outcome.degraded
        or outcome.notes
        or outcome.completed is not None
        or outcome.rule is not None
        or outcome.arm is not None
        or outcome.band is None
        or outcome.action != outcome.band.action
    )


def _frame(decision: Decision, band: Band) -> tuple[bytes, ...]:
    """The answer's bytes around the id, the score and the distance, which stands in the band and in the reason."""
    body = members(Outcome(decision.origin, band.action, band.lower, band, ()), _ID)
    body["score"] = _SCORE
    body["band"]["distance"] = body["reasons"][0]["distance"] = _DISTANCE
    text = _encode(body)
    pieces = []
    for mark in (_ID, _SCORE, _DISTANCE, _DISTANCE):
        before, _, text = text.partition(_encode(mark))
        pieces.append(before)
    pieces[0], pieces[1] = pieces[0] + b'"', b'"' + pieces[1]  # the id keeps its quotes
    return (*pieces, text)
