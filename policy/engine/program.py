"""The fast row of a policy: one straight-line function for facts that are plainly right.

What it cannot settle at a glance (a missing fact, another class of value, a score out of range) it hands to
`slow`, the meaning.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from policy.engine.bands import Bands
from policy.engine.inputs import Inputs
from policy.engine.lines import CONVERT, Rest, Source, optional
from policy.engine.outcome import Origin, Outcome
from policy.engine.scoring import Scoring
from policy.engine.verdict import Verdict
from policy.spec.inputs import InputSpec
from policy.spec.values import INT64_MAX, INT64_MIN, encodable

Row = Callable[[Any, Any, Sequence[str], Any], Outcome]

_LARGEST = sys.float_info.max
LIMITS = {"int": (INT64_MIN, INT64_MAX), "double": (-_LARGEST, _LARGEST)}
_SLOW = "return slow(facts, score, completed, now)"


def compile_row(
    inputs: Inputs, bands: Bands, origin: Origin, scoring: Scoring, verdict: Verdict, slow: Row
) -> Row:
    """The function (facts, score, completed, now) -> Outcome; `slow`, of the same signature, decides the rest.

    now: a machine value, needed only if the verdict reads it.
    """
    source = Source()
    source.names.update(known=inputs.names, unknown=inputs.unknown, slow=slow)
    values = [f"v{number}" for number in range(len(inputs.specs))]
    rest = Rest(inputs, bands, origin, scoring, verdict, values, _SLOW)
    source.lines += [
        "def row(facts, score, completed, now):",
        f"    if facts.__class__ is not dict or completed: {_SLOW}",
    ]
    source.lines += _read(values, inputs, source)
    for value, spec in zip(values, inputs.specs, strict=True):
        source.lines.append(f"    if not ({_check(value, spec, source)}): {_SLOW}")
        if spec.type == "double":
            source.lines.append(f"    if {value}.__class__ is int: {value} = float({value})")
    source.lines += rest.lines(source, "score", "ignored")
    source.lines.append(f"    return {rest.outcome('ignored')}")
    return source.function("policy")


def _read(values: Sequence[str], inputs: Inputs, source: Source) -> list[str]:
    """Lines that take the facts by name, and look for unknown ones if a count cannot rule them out."""
    lines = ["    get = facts.get"]
    doubts = [f"len(facts) != {len(values)}"]
    for value, spec in zip(values, inputs.specs, strict=True):
        name = source.constant(spec.name)
        if spec.default is None:
            lines.append(f"    {value} = get({name})")
            doubts += [f"{value} is None"] if spec.optional else []
        else:
            default = source.constant(spec.default)
            lines.append(f"    {value} = get({name}, {default})")
            doubts.append(f"{value} is {default}")
    then = _SLOW if inputs.strict else "ignored = unknown(facts)"
    return [
        *lines,
        "    ignored = ()",
        f"    if ({' or '.join(doubts)}) and not facts.keys() <= known: {then}",
    ]


def _check(value: str, spec: InputSpec, source: Source) -> str:
    """The condition under which the value is plainly right."""
    test = " and ".join(_conditions(value, spec, source))
    return f"{value} is None or {test}" if optional(spec) else test


def _conditions(value: str, spec: InputSpec, source: Source) -> list[str]:
    if spec.enum is not None:
        kind = "str" if spec.type == "string" else "int"
        allowed = frozenset(word for word in spec.enum if spec.fault(word) is None)
        return [f"{value}.__class__ is {kind}", f"{value} in {source.constant(allowed)}"]
    if spec.type == "bool":
        return [f"{value}.__class__ is bool"]
    if spec.type == "string":
        length, utf8 = source.constant(spec.max_length), source.constant(encodable)
        return [
            f"{value}.__class__ is str",
            f"len({value}) <= {length}",
            f"({value}.isascii() or {utf8}({value}))",
        ]
    if spec.type == "int":
        return [f"{value}.__class__ is int", *_range(value, spec, source)]
    if spec.type == "double":
        return [f"({value}.__class__ is float or {value}.__class__ is int)", *_range(value, spec, source)]
    convert = source.constant(CONVERT[spec.type])
    return [f"({value} := {convert}({value})) is not None", *_range(value, spec, source)]


def _range(value: str, spec: InputSpec, source: Source) -> list[str]:
    low, high = LIMITS.get(spec.type, (None, None))
    low = low if spec.minimum is None else spec.minimum
    high = high if spec.maximum is None else spec.maximum
    tests = "" if low is None else f"{source.constant(low)} <= "
    tests += value if high is None else f"{value} <= {source.constant(high)}"
    return [] if tests == value else [tests]
