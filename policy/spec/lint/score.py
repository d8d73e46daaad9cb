"""The axis of the score: what bands ask for, and bands that no score reaches."""

from __future__ import annotations

from collections.abc import Sequence

from policy import expr
from policy.diagnostics import Span
from policy.expr import Variable
from policy.expr.proof import Claim, Either
from policy.expr.typed import Typed
from policy.expr.types import DOUBLE
from policy.spec.bands import BandSpec
from policy.spec.decision import DecisionSpec
from policy.spec.lint.facts import SCORE
from policy.spec.lint.proofs import Proofs, in_segment, named, stands_by
from policy.spec.reader import Reader
from policy.spec.rules import RuleSpec
from policy.spec.segments import SegmentSpec

_NAMES = {SCORE: Variable(DOUBLE)}


def below(spec: DecisionSpec, rank: int) -> tuple[tuple[Claim, ...], ...]:
    """The ways in which the score, or its absence, asks for an action that stands below a place on the ladder."""
    options: list[tuple[Claim, ...]] = []
    for segment in (*spec.segments, None):
        edges = [band.lower for band in _bands(spec, segment) if spec.ladder.index(band.action) >= rank]
        under: list[Claim] = (
            [(_score(f"score < {edges[0]!r}"), "true")] if edges else [(_score("has(score)"), "true")]
        )
        options.append((*in_segment(spec, segment), *under))
    if spec.ladder.index(spec.on_error.score) < rank:
        options.append(((_score("has(score)"), "false"),))
    return tuple(options)


def check_bands(spec: DecisionSpec, proofs: Proofs, reader: Reader) -> None:
    """Note bands whose action no score brings about, for a rule always decides otherwise."""
    enforced = [rule for rule in spec.rules if rule.mode == "enforce"]
    if not enforced:
        return
    places: dict[Span, list[tuple[BandSpec, Sequence[Claim | Either]]]] = {}
    for segment in (None, *spec.segments):
        bands = _bands(spec, segment)
        for place, band in enumerate(
            bands
        ):  # a band that segments inherit must be out of reach in each of them
            claims = _lies_in(band, bands[place + 1 : place + 2], in_segment(spec, segment))
            places.setdefault(band.span, []).append((band, claims))
    for found in places.values():
        _check_band(found, enforced, proofs, reader)


def _lies_in(band: BandSpec, following: Sequence[BandSpec], segment: Sequence[Claim]) -> list[Claim | Either]:
    text = f"score >= {band.lower!r}" + "".join(f" && score < {one.lower!r}" for one in following)
    return [(_score(text), "true"), *segment]


def _check_band(
    found: Sequence[tuple[BandSpec, Sequence[Claim | Either]]],
    enforced: Sequence[RuleSpec],
    proofs: Proofs,
    reader: Reader,
) -> None:
    masks: dict[str, RuleSpec] = {}
    band = found[0][0]
    others = [one for one in enforced if _changes(one, band, proofs.spec)]
    for _, claims in found:
        if proofs.impossible(claims):
            continue  # a segment that can never apply, which is told there
        culprits = proofs.culprits(claims, others, lambda one: [stands_by(one)])
        if culprits is None:
            return
        masks |= {one.name: one for one in culprits}
    if masks:
        verb = "decides" if len(masks) == 1 else "decide"
        note = f"wherever the score lies in it, {named(list(masks.values()))} {verb} otherwise"
        message = f"no score brings about `{band.action}` by its band"
        reader.note("W424", message, band.span, note, severity="warning")


def _changes(rule: RuleSpec, band: BandSpec, spec: DecisionSpec) -> bool:
    """Whether a rule that acts takes the band's action away."""
    rank = spec.ladder.index(band.action)
    if rule.action is not None:
        return True
    stricter = rule.at_least is not None and spec.ladder.index(rule.at_least) > rank
    milder = rule.at_most is not None and spec.ladder.index(rule.at_most) < rank
    return stricter or milder


def _bands(spec: DecisionSpec, segment: SegmentSpec | None) -> Sequence[BandSpec]:
    return spec.bands if segment is None else segment.bands


def _score(text: str) -> Typed:
    return expr.compile(text, _NAMES).tree
