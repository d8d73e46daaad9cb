"""What a policy decided for one record, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import UNSET, Struct
from msgspec.structs import replace

from policy.spec.values import plain

_DIGITS = 1e12  # distances are shown to twelve digits: without the last bits of a subtraction


def _shown(distance: float) -> float:
    """A distance of at most 1 to twelve digits; `round` with digits goes by way of decimal text, four times slower."""
    return round(distance * _DIGITS) / _DIGITS


class Band(Struct, frozen=True):
    """An interval of scores and its action: from `lower` to below `upper`, or to `upper` if `closed`."""

    action: str
    lower: float
    upper: float
    closed: bool

    def distance(self, score: float) -> float | None:
        """How far the score is from the nearest edge beyond which another band begins; None without one."""
        below, above = score - self.lower, self.upper - score
        if self.lower <= 0.0:
            return None if self.closed else _shown(above)
        return _shown(below if self.closed or below < above else above)

    def to_dict(self, distance: float | None) -> dict[str, Any]:
        """The band and how far the score is from leaving it, ready for JSON."""
        return {
            "action": self.action,
            "lower": self.lower,
            "upper": self.upper,
            "closed": self.closed,
            "distance": distance,
        }


class Origin(Struct, frozen=True):
    """What all outcomes of one policy share: its names and versions."""

    policy: str
    policy_version: str
    model_version: str | None
    facts: tuple[str, ...]  # names of the inputs, in the order of Outcome.values
    data: dict[str, dict[str, Any]]  # what an action carries for the caller
    explain: Callable[[Outcome], list[dict[str, Any]]] | None = None  # the reasons that rules give


class Outcome(Struct, frozen=True):
    """An action with its reasons. Cheap to build: what can be derived is computed when it is asked for.

    action: what to do; score: the number it follows from, None without one; band: where the score lies;
    values: the facts scored, typed, in the order of the policy's inputs (UNSET where refused); ignored: names
    of facts that the policy does not know; degraded: what went wrong, as {"cause", "pointer"}; completed: the
    action that the user had already passed; rule, arm: the rule and the arm of a rollout that decided; notes:
    further reasons; segment: whose bands counted, None for the policy's own; hits: the rules that fired or were
    unknown, as `policy.engine.rules` numbers them; replaced: actions whose needs were not met, each with the one
    in its place; ruleless: the action if the policy had no rules, where it is another; store: what a store said of the
    score, as a reason, None if it was not asked.
    """

    origin: Origin
    action: str
    score: float | None
    band: Band | None
    values: tuple[Any, ...]
    ignored: tuple[str, ...] = ()
    degraded: tuple[dict[str, str], ...] = ()
    completed: str | None = None
    rule: str | None = None
    arm: str | None = None
    notes: tuple[dict[str, Any], ...] = ()
    segment: str | None = None
    hits: tuple[int, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    ruleless: str | None = None
    store: dict[str, Any] | None = None

    @property
    def policy(self) -> str:
        """The policy's name."""
        return self.origin.policy

    @property
    def policy_version(self) -> str:
        """Content hash of the policy, "sha256:…"."""
        return self.origin.policy_version

    @property
    def model_version(self) -> str | None:
        """Content hash of the model; None if the policy has none."""
        return self.origin.model_version

    @property
    def versions(self) -> dict[str, str | None]:
        """The content hashes of the `policy` and of the `model`."""
        return {"policy": self.policy_version, "model": self.model_version}

    @property
    def facts(self) -> dict[str, Any]:
        """The facts that were scored, after defaults, ready for JSON; a refused fact is left out."""
        pairs = zip(self.origin.facts, self.values, strict=False)
        return {name: plain(value) for name, value in pairs if value is not UNSET}

    @property
    def data(self) -> Mapping[str, Any]:
        """What the action carries for the caller."""
        return MappingProxyType(self.origin.data.get(self.action, {}))

    @property
    def by_band_alone(self) -> bool:
        """Whether nothing but the band decided, and nothing went wrong."""
        return not (
            self.degraded
            or self.notes
            or self.store is not None
            or self.hits
            or self.replaced
            or self.segment is not None
            or self.completed is not None
            or self.rule is not None
            or self.arm is not None
            or self.band is None
            or self.action != self.band.action
        )

    @property
    def distance(self) -> float | None:
        """From the score to the nearest edge beyond which the band changes."""
        return None if self.band is None or self.score is None else self.band.distance(self.score)

    @property
    def without_rules(self) -> str:
        """The action if the policy had no rules."""
        return self.action if self.ruleless is None else self.ruleless

    @property
    def reasons(self) -> tuple[dict[str, Any], ...]:
        """Why this action, most telling last; at least one, each with a `code`, ready for JSON."""
        return tuple(self._reasons(self.distance))

    def _reasons(self, distance: float | None) -> list[dict[str, Any]]:
        reasons: list[dict[str, Any]] = [] if self.store is None else [self.store]
        reasons += [{"code": "on_error", **cause} for cause in self.degraded]
        if (band := self.band) is not None:
            edges = {"lower": band.lower, "upper": band.upper, "distance": distance}
            reasons.append({"code": "band", "band": band.action, **edges})
        if self.segment is not None:
            reasons.append({"code": "segment", "segment": self.segment})
        if self.hits and self.origin.explain is not None:
            reasons += self.origin.explain(self)
        reasons += [{"code": "needs", "action": action, "else": other} for action, other in self.replaced]
        if self.completed is not None:
            reasons.append({"code": "completed", "action": self.completed})
        reasons += self.notes
        return reasons

    def fallback(self, action: str, cause: str, pointer: str = "") -> Outcome:
        """The same record with another action, for a cause that arose later, such as a full disk."""
        return replace(self, action=action, degraded=(*self.degraded, {"cause": cause, "pointer": pointer}))

    def to_dict(self) -> dict[str, Any]:
        """The body of an answer, ready for JSON."""
        distance = self.distance
        body: dict[str, Any] = {
            "action": self.action,
            "score": self.score,
            "band": None if self.band is None else self.band.to_dict(distance),
            "rule": self.rule,
            "segment": self.segment,
            "arm": self.arm,
            "without_rules": self.without_rules,
            "reasons": self._reasons(distance),
        }
        if data := self.origin.data.get(self.action):
            body["data"] = dict(data)
        if self.degraded:
            body["degraded"] = list(self.degraded)
        if self.ignored:
            body["ignored_facts"] = list(self.ignored)
        body["policy"] = self.origin.policy
        body["policy_version"] = self.origin.policy_version
        body["model_version"] = self.origin.model_version
        return body
