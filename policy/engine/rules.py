"""What rules that fire do to an action: the first final one decides, else floors and ceilings add up.

A rule that fires or is unknown is a *hit*, the number `2 * place`, or `2 * place + 1` if its condition is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from policy.spec.rules import FIRE, SKIP, RuleSpec

Hits = tuple[int, ...]

_KEPT = 4_096  # settled combinations that are kept


class Effect(NamedTuple):
    """What a rule does: places on the ladder, -1 for none. `floor` and `ceiling` come from at_least and at_most."""

    name: str
    final: int = -1
    floor: int = -1
    ceiling: int = -1
    preview: bool = False


class Settled(NamedTuple):
    """The place of an action on the ladder, and the rule (its place) that brought it about, -1 for none."""

    action: int
    rule: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The effects of a policy's rules, in order; `unknown` those of rules whose condition is unknown, if any.

    after those of rules come those of the rows of decision tables.
    """

    effects: tuple[Effect, ...]
    unknown: tuple[Effect | None, ...]
    _memo: dict[tuple[int, Hits], Settled] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(cls, specs: Sequence[RuleSpec], ladder: Sequence[str], more: Iterable[Effect] = ()) -> Rules:
        """The rules of a policy; `more` are effects that something else than a rule brings about."""
        return cls(
            (*(_effect(spec, ladder) for spec in specs), *more),
            tuple(_when_unknown(spec, ladder) for spec in specs),
        )

    def settle(self, base: int, hits: Hits) -> Settled:
        """What becomes of an action."""
        key = base, hits
        settled = self._memo.get(key)
        if settled is None:
            if len(self._memo) >= _KEPT:
                self._memo.clear()
            settled = self._memo[key] = self._settled(base, hits, -1)
        return settled

    def would(self, base: int, hits: Hits, place: int) -> int:
        """The action (its place) had the rule in preview been enforced, too."""
        return self._settled(base, hits, place).action

    def effect(self, hit: int) -> Effect | None:
        """What a hit does; None for an unknown condition that is skipped."""
        place, unknown = divmod(hit, 2)
        return self.unknown[place] if unknown else self.effects[place]

    def _acting(self, hits: Hits, also: int) -> Iterator[tuple[int, Effect]]:
        for hit in sorted(hits):
            effect = self.effect(hit)
            if effect is not None and (not effect.preview or hit // 2 == also):
                yield hit // 2, effect

    def _settled(self, base: int, hits: Hits, also: int) -> Settled:
        floor = ceiling = -1
        floor_of = ceiling_of = -1
        for place, effect in self._acting(hits, also):
            if effect.final >= 0:
                return Settled(effect.final, place)
            if effect.floor > floor:
                floor, floor_of = effect.floor, place
            if effect.ceiling >= 0 and (ceiling < 0 or effect.ceiling < ceiling):
                ceiling, ceiling_of = effect.ceiling, place
        settled = Settled(ceiling, ceiling_of) if 0 <= ceiling < base else Settled(base, -1)
        return Settled(floor, floor_of) if floor > settled.action else settled


def _effect(spec: RuleSpec, ladder: Sequence[str]) -> Effect:
    final, floor, ceiling = (
        -1 if word is None else ladder.index(word) for word in (spec.action, spec.at_least, spec.at_most)
    )
    return Effect(spec.name, final, floor, ceiling, spec.preview)


def _when_unknown(spec: RuleSpec, ladder: Sequence[str]) -> Effect | None:
    if spec.on_unknown == SKIP:
        return None
    if spec.on_unknown == FIRE:
        return _effect(spec, ladder)
    return Effect(spec.name, floor=ladder.index(spec.on_unknown), preview=spec.preview)
