"""The facts of a request against the inputs of a policy: typed values, or every problem with its pointer.

`Inputs.read` is the meaning. The compiled row (`policy.engine.program`) takes it over only for facts that
are plainly right; `policy.engine.columns` is its twin for columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from msgspec import UNSET

from policy.diagnostics import did_you_mean
from policy.errors import Problem
from policy.spec.inputs import InputSpec
from policy.spec.values import describe

MISSING = UNSET  # the value of a fact that is not there

_HINTS = 5  # unknown facts for which a known one is proposed
_MAX_IGNORED = 100  # names of unknown facts that an outcome holds, and characters of each


@dataclass(frozen=True, slots=True)
class Reading:
    """Values in the order of the inputs, UNSET where a problem is; names of facts that no input declares."""

    values: tuple[Any, ...]
    ignored: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of a policy. `strict` takes an unknown fact for a problem."""

    specs: tuple[InputSpec, ...]
    strict: bool
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(spec.name for spec in self.specs))

    def read(self, facts: Any, *, strict: bool = False) -> Reading:
        """The values of the facts, converted and with defaults; all problems in the order of the inputs."""
        if not isinstance(facts, Mapping):
            problem = Problem("", f"expected object, got {describe(facts)}", "object", describe(facts))
            return Reading((UNSET,) * len(self.specs), (), (problem,))
        read = [accept(spec, facts.get(spec.name, MISSING)) for spec in self.specs]
        problems = [problem for _, problem in read if problem is not None]
        ignored = self.unknown(facts)
        if strict or self.strict:
            problems += self.refused(ignored)
            ignored = ()
        return Reading(tuple(value for value, _ in read), ignored, tuple(problems))

    def unknown(self, facts: Mapping[Any, Any]) -> tuple[str, ...]:
        """Names of facts that no input declares, the first hundred."""
        unknown = (name for name in facts if name not in self.names)
        return tuple(_short(name) for name, _ in zip(unknown, range(_MAX_IGNORED), strict=False))

    def refused(self, names: Sequence[str]) -> list[Problem]:
        """A problem for each unknown fact."""
        return [self._refused(name, hinted=place < _HINTS) for place, name in enumerate(names)]

    def _refused(self, name: str, *, hinted: bool) -> Problem:
        near = did_you_mean(name, sorted(self.names)) if hinted else ()
        hint = "".join(f"; {text}" for text in near)
        return Problem(pointer(name), f"is not an input of this policy{hint}", "no such fact", "a fact")


def accept(spec: InputSpec, value: Any) -> tuple[Any, Problem | None]:
    """The value of one fact as the input has it, or UNSET and what is wrong; null takes the default."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is MISSING:
        if spec.default is not None or spec.optional:
            return spec.default, None
        if value is None:
            return UNSET, _problem(spec, spec.form, "null")
        return UNSET, Problem(pointer(spec.name), f"is missing; expected {spec.form}", spec.form, "nothing")
    converted = spec.convert(value)
    if converted is None:
        return UNSET, _problem(spec, spec.form, describe(value))
    if fault := spec.fault(converted):
        hint = ""
        if spec.enum is not None and spec.log == "clear" and isinstance(converted, str):
            hint = "".join(f"; {text}" for text in did_you_mean(converted, [str(word) for word in spec.enum]))
        return UNSET, _problem(spec, *fault, hint)
    return converted, None


def _problem(spec: InputSpec, expected: str, got: str, hint: str = "") -> Problem:
    return Problem(pointer(spec.name), f"expected {expected}, got {got}{hint}", expected, got)


def unknown_actions(completed: Sequence[str], ladder: Sequence[str]) -> list[Problem]:
    """A problem for each action said to be completed that the policy does not have."""
    if isinstance(completed, str):
        return [Problem("/completed", "expected a list of actions, got string", "list", "string")]
    wanted = f"one of {', '.join(ladder)}"
    names = [_short(name) for name in completed if name not in ladder]
    return [Problem("/completed", f"expected {wanted}, got `{name}`", wanted, name) for name in names]


def pointer(name: str) -> str:
    """The JSON pointer (RFC 6901) of a member of the facts."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _short(name: Any) -> str:
    return str(name)[:_MAX_IGNORED].encode(errors="backslashreplace").decode()
