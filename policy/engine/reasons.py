"""The reasons that rules give, worked out when they are asked for: what fired, on which values, what was unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from policy.engine.outcome import Outcome
from policy.engine.rules import Effect, Rules
from policy.expr.typed import Typed, inputs
from policy.spec.conditions import SCORE
from policy.spec.decision import DecisionSpec
from policy.spec.values import plain

Reason = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Explainer:
    """Turns the hits of an outcome into reasons.

    reads: by the place of each effect the names that its condition reads. Values of inputs that the log must not
    hold in clear are null.
    """

    spec: DecisionSpec
    rules: Rules
    reads: Sequence[tuple[str, ...]]

    def __call__(self, outcome: Outcome) -> list[Reason]:
        """The reasons: what was unknown, what is in preview, then the rules that fired, in their order."""
        values = self._values(outcome)
        hits = sorted(outcome.hits)
        unknown = [self._unknown(hit, values) for hit in hits if hit % 2]
        previews = [self._preview(hit, outcome) for hit in hits if self._acts(hit, preview=True)]
        fired = [self._fired(hit, values, outcome) for hit in hits if self._acts(hit, preview=False)]
        return [*unknown, *previews, *fired]

    def _acts(self, hit: int, *, preview: bool) -> bool:
        effect = self.rules.effect(hit)
        return effect is not None and effect.preview is preview

    def _unknown(self, hit: int, values: Mapping[str, Any]) -> Reason:
        rule = self.spec.rules[hit // 2]
        missing = [name for name in self.reads[hit // 2] if name in values and values[name] is UNSET]
        return {"code": "unknown", "rule": rule.name, "facts": missing, "did": rule.on_unknown}

    def _preview(self, hit: int, outcome: Outcome) -> Reason:
        ladder = self.spec.ladder
        base = self.spec.on_error.score if outcome.band is None else outcome.band.action
        would = self.rules.would(ladder.index(base), outcome.hits, hit // 2)
        return {"code": "preview", "rule": self.rules.effects[hit // 2].name, "would": ladder[would]}

    def _fired(self, hit: int, values: Mapping[str, Any], outcome: Outcome) -> Reason:
        """A rule that holds. acted: whether the action is what it is because of it; another may have masked it."""
        effect = self.rules.effect(hit)
        assert effect is not None
        shown = {
            name: None if values[name] is UNSET else values[name]
            for name in self.reads[hit // 2]
            if name in values
        }
        acted = effect.name == outcome.rule
        said = words(effect, self.spec.ladder)
        return {"code": "rule", "rule": effect.name, **said, "acted": acted, "values": shown}

    def _values(self, outcome: Outcome) -> dict[str, Any]:
        """Values by name, ready for JSON; UNSET for what is missing, None for what may not be shown."""
        found: dict[str, Any] = {SCORE: UNSET if outcome.score is None else outcome.score}
        for one, value in zip(self.spec.inputs, outcome.values, strict=False):
            missing = value is None or value is UNSET
            found[one.name] = UNSET if missing else plain(value) if one.log == "clear" else None
        return found


def words(effect: Effect, ladder: Sequence[str]) -> dict[str, str]:
    """What an effect does, in the words of the policy file."""
    places = {"action": effect.final, "at_least": effect.floor, "at_most": effect.ceiling}
    return {word: ladder[place] for word, place in places.items() if place >= 0}


def reads_of(trees: Sequence[Typed]) -> list[tuple[str, ...]]:
    """The names that each condition reads."""
    return [tuple(inputs(tree)) for tree in trees]
