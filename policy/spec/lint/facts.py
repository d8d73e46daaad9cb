"""What the names in conditions can be, for proofs: the types, ranges and enumerations of the inputs."""

from __future__ import annotations

import sys
from typing import Any

from policy.expr import Enum, Type
from policy.expr.machine import MistypedError, inward
from policy.expr.proof import Domain, Domains, among, between
from policy.expr.types import parse_type
from policy.spec.inputs import InputSpec

SCORE = "score"
_LARGEST = sys.float_info.max


def domains(inputs: tuple[InputSpec, ...]) -> Domains:
    """The domains of inputs, and of the score, which lies from 0 to 1 or is missing."""
    found = {one.name: _domain(one) for one in inputs if one.type != "unknown"}
    return {**found, SCORE: between(parse_type("double"), 0.0, 1.0, unknown=True)}


def _domain(one: InputSpec) -> Domain:
    unknown = one.optional and one.default is None
    if one.type == "string" and one.enum is not None:
        return among(Enum(one.enum), one.enum, unknown=unknown)
    type_ = parse_type(one.type)
    if one.enum is not None:
        return among(type_, tuple(_machine(type_, value) for value in one.enum), unknown=unknown)
    least, most = _machine(type_, one.minimum), _machine(type_, one.maximum)
    if one.type == "duration" and None in (least, most):  # beyond 292 years it is unknown to conditions
        unknown = True
    if one.type == "double":  # a fact is finite
        least, most = -_LARGEST if least is None else least, _LARGEST if most is None else most
    return between(type_, least, most, unknown=unknown)


def _machine(type_: Type, value: Any) -> Any:
    """The machine value of a limit; None without one, and for a duration that conditions cannot hold."""
    try:
        return None if value is None else inward(type_)(value)
    except MistypedError:
        return None
