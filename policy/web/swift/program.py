"""From the bytes of a request to a score and its band: one straight-line function a policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from policy.engine.decision import Decision
from policy.engine.lines import CONVERT, Rest, Source, optional
from policy.engine.outcome import Band, Outcome
from policy.spec.inputs import InputSpec
from policy.web.swift.facts import facts_type

Change = Callable[[Any], Any]
ByBand = tuple[msgspec.Struct, float, Band]
Decide = Callable[[bytes, int], ByBand | Outcome | None]

_WRONG = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)  # what decoding raises
_LEAVE = "return None"


def compile_bytes(decision: Decision, changes: Mapping[int, Change]) -> Decide:
    """The function (body, now) of a policy without a store; None leaves the request to the general way.

    Where the band alone decides, it gives the facts as the log holds them, the score and the band; else an Outcome.
    changes: by the place of an input what to do to its value before it is logged; now: a machine value.
    """
    source = Source()
    specs = decision.inputs.specs
    source.names.update(decode=msgspec.json.Decoder(facts_type(specs)).decode, wrong=_WRONG)
    values = [f"v{place}" if spec.type in CONVERT else f"facts.f{place}" for place, spec in enumerate(specs)]
    rest = Rest(
        *(decision.inputs, decision.bands, decision.origin, decision.scoring, decision.verdict),
        values=values,
        leave=_LEAVE,
    )
    source.lines += [
        "def decide(body, now):",
        "    try: facts = decode(body)",
        f"    except wrong: {_LEAVE}",
    ]
    for place, spec in enumerate(specs):
        if spec.type in CONVERT:
            source.lines += _converted(place, spec, source)
    source.lines += rest.lines(source)
    for place, (value, spec) in enumerate(zip(values, specs, strict=True)):
        logged = f"{source.constant(changes[place])}({value})" if place in changes else value
        if place in changes or spec.type in CONVERT:
            source.lines.append(f"    facts.f{place} = {logged}")
    source.lines.append("    return facts, number, band")
    function: Decide = source.function("policy over bytes")
    return function


def _converted(place: int, spec: InputSpec, source: Source) -> list[str]:
    """Lines that make the value of a text."""
    value, lines = f"v{place}", [f"    v{place} = facts.f{place}"]
    right = f"({value} := {source.constant(CONVERT[spec.type])}({value})) is not None"
    if spec.minimum is not None:
        right += f" and {value} >= {source.constant(spec.minimum)}"
    if spec.maximum is not None:
        right += f" and {value} <= {source.constant(spec.maximum)}"
    test = f"{value} is None or {right}" if optional(spec) else right
    return [*lines, f"    if not ({test}): {_LEAVE}"]
