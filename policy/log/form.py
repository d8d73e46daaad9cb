"""From an outcome to the record that a policy's inputs allow: each fact in the clear, hashed, or left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Self, cast

import msgspec
from msgspec import UNSET

from policy.engine.outcome import Outcome
from policy.log.frame import AT, DISTANCE, FACTS, ID, SCORE, cut
from policy.log.record import UNWRITABLE, LoggedBand, Record, encode, json, moment, sealed, unwritable
from policy.spec.inputs import InputSpec
from policy.spec.values import plain

WITHHELD = "withheld: it tells a fact that the log must not hold"
_MAX_FRAMES = 1_000
_TELLING = 4  # characters of a fact that give it away

Change = Callable[[Any], Any]
Frame = tuple[bytes, ...]  # the pieces of a line around its id, time, facts, score and distance


@dataclass(frozen=True, slots=True)
class Form:
    """How the records of one policy are written.

    facts: a Struct type with a field an input, which JSON writes faster than a dict and which leaves out
    what is UNSET; changes: by place, what to do to a value before it is written; masked: places whose
    values the log must not tell; frames: bands by identity, with what their lines share.
    """

    facts: type[msgspec.Struct]
    changes: tuple[tuple[int, Change], ...]
    masked: tuple[int, ...]
    frames: dict[int, tuple[Any, Frame]] = field(default_factory=dict)

    @classmethod
    def of(cls, inputs: Sequence[InputSpec], key: bytes) -> Self:
        """The form of a policy with these inputs; `key` is that of the hashes."""
        names = {f"f{place}": spec.name for place, spec in enumerate(inputs)}
        changes = ((place, change(spec, key)) for place, spec in enumerate(inputs))
        return cls(
            msgspec.defstruct("Facts", [(field, Any, UNSET) for field in names], rename=names, frozen=True),
            tuple((place, change) for place, change in changes if change is not None),
            tuple(place for place, spec in enumerate(inputs) if spec.log != "clear"),
        )

    def line(self, outcome: Outcome, decision_id: str, at: int, completed: Sequence[str] = ()) -> bytes:
        """The outcome's line; at: nanoseconds since 1970. Raises LogError if JSON cannot hold it."""
        values = outcome.values
        if self.changes:
            changed = list(values)
            for place, change in self.changes:
                changed[place] = change(changed[place])
            values = tuple(changed)
        facts = self.facts(*values)
        if outcome.by_band_alone and not completed:
            return self._fill(outcome, facts, decision_id, at)
        return encode(self._record(outcome, facts, decision_id, moment(at), completed))

    def _fill(self, outcome: Outcome, facts: msgspec.Struct, decision_id: str, at: int) -> bytes:
        """The line of an outcome that its band alone decided: but for five values, the same for all of them."""
        try:
            written, name = json(facts), json(decision_id)[1:-1]
        except UNWRITABLE as error:
            raise unwritable(decision_id, error) from error
        return fill(self.frame(outcome), name, at, written, json(outcome.score), json(outcome.distance))

    def frame(self, outcome: Outcome) -> Frame:
        """What all lines share whose outcomes the band of this one decides alone."""
        known = self.frames.get(id(outcome.band))
        return known[1] if known is not None and known[0] is outcome.band else self._learn(outcome)

    def _learn(self, outcome: Outcome) -> Frame:
        record = self._record(outcome, cast("Any", FACTS), ID, AT, ())
        reasons = ({**outcome.reasons[0], "distance": DISTANCE},)
        marked = msgspec.structs.replace(record, score=cast("Any", SCORE), reasons=reasons)
        if len(self.frames) >= _MAX_FRAMES:
            self.frames.clear()
        pieces = cut(json(marked)[:-1], (ID, AT, FACTS, SCORE, DISTANCE))
        self.frames[id(outcome.band)] = (outcome.band, pieces)  # it holds the band, so the id stays its own
        return pieces

    def _record(
        self, outcome: Outcome, facts: msgspec.Struct, decision_id: str, at: str, completed: Sequence[str]
    ) -> Record:
        reasons, degraded = outcome.reasons, outcome.degraded
        if degraded and self.masked:
            reasons, degraded = self._withhold(outcome, reasons), self._withhold(outcome, degraded)
        origin = outcome.origin
        return Record(
            decision_id=decision_id,
            at=at,
            policy=origin.policy,
            facts=cast("dict[str, Any]", facts),
            score=outcome.score,
            action=outcome.action,
            band=cast("LoggedBand | None", outcome.band),
            rule=outcome.rule,
            segment=outcome.segment,
            without_rules=outcome.without_rules,
            arm=outcome.arm,
            reasons=reasons,
            degraded=degraded,
            completed=tuple(completed),
            policy_version=origin.policy_version,
            model_version=origin.model_version,
        )

    def _withhold(self, outcome: Outcome, entries: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        """The entries without causes that quote a masked fact, as a model's errors do."""
        tells = [tell for place in self.masked for tell in _tells(outcome.values[place])]
        return tuple(
            {**entry, "cause": WITHHELD} if any(tell in entry.get("cause", "") for tell in tells) else entry
            for entry in entries
        )


def fill(frame: Frame, decision_id: bytes, at: int, facts: bytes, score: bytes, distance: bytes) -> bytes:
    """The line of a band's frame, sealed. facts, score, distance: as JSON; at: nanoseconds since 1970."""
    start, time, before, middle, reason, end = frame
    when = moment(at).encode()
    return sealed(
        b"".join((start, decision_id, time, when, before, facts, middle, score, reason, distance, end))
    )


def _tells(value: Any) -> tuple[str, ...]:
    """What a message that quotes the value would contain."""
    if value is UNSET or value is None or value == "":
        return ()
    text = str(plain(value))
    return (text[:_TELLING], repr(text)[1 : 1 + _TELLING])


def change(spec: InputSpec, key: bytes) -> Change | None:
    """What to do to a value of the input before it is written; None for nothing."""
    if spec.log == "drop":
        return lambda _: UNSET
    if spec.log == "hash":
        return hasher(key)
    return plain if spec.type in {"timestamp", "duration"} else None


def hasher(key: bytes) -> Change:
    """The hash of a value: "blake2b:" and 32 hexadecimal digits of the keyed BLAKE2b (RFC 7693) of its text.

    The text is the string itself, or else the JSON that a clear log would hold; null stays null. One key
    gives one hash for one text, in every input and policy, so that records can be joined on it:
    `hashlib.blake2b(b"203.0.113.9", key=key, digest_size=16).hexdigest()`.
    """
    keyed = blake2b(key=key, digest_size=16)

    def change(value: Any) -> Any:
        if value is None or value is UNSET:
            return value
        text = value if value.__class__ is str else plain(value)
        state = keyed.copy()
        state.update(text.encode() if isinstance(text, str) else msgspec.json.encode(text))
        return f"blake2b:{state.hexdigest()}"

    return change
