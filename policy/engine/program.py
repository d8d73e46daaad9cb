"""The fast row of a policy: one straight-line function for facts that are plainly right.

Its source holds generated names only; names, limits and texts of the policy are constants of its namespace.
What it cannot settle at a glance (a missing fact, another class of value, a score out of range) it hands to
`slow`, the meaning. The source stays in `linecache`, so that a traceback shows it.
"""

from __future__ import annotations

import linecache
import sys
import weakref
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from types import CodeType, FunctionType
from typing import Any

from policy.engine.bands import Bands
from policy.engine.inputs import Inputs
from policy.engine.machine import converter
from policy.engine.outcome import Origin, Outcome
from policy.engine.scoring import Argument, Scoring
from policy.engine.verdict import Verdict
from policy.spec.conditions import NOW, SCORE
from policy.spec.inputs import InputSpec
from policy.spec.values import INT64_MAX, INT64_MIN, duration, encodable, ip, timestamp

Row = Callable[[Any, Any, Sequence[str], Any], Outcome]

_LARGEST = sys.float_info.max
_LIMITS = {"int": (INT64_MIN, INT64_MAX), "double": (-_LARGEST, _LARGEST)}
_CONVERT = {"ip": ip, "timestamp": timestamp, "duration": duration}
_SLOW = "return slow(facts, score, completed, now)"
_serial = count()


@dataclass(slots=True)
class _Source:
    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)

    def constant(self, value: Any) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name


def compile_row(
    inputs: Inputs, bands: Bands, origin: Origin, scoring: Scoring, verdict: Verdict, slow: Row
) -> Row:
    """The function (facts, score, completed, now) -> Outcome; `slow`, of the same signature, decides the rest.

    now: a machine value, needed only if the verdict reads it.
    """
    source = _Source()
    source.names.update(
        known=inputs.names,
        unknown=inputs.unknown,
        slow=slow,
        score_of=scoring.function,
        errors=scoring.errors,
        Outcome=Outcome,
        origin=origin,
        bisect=bisect_right,
        edges=bands.edges,
        bands=bands.bands,
    )
    values = [f"v{number}" for number in range(len(inputs.specs))]
    machine, names = _machine(values, inputs, verdict, source)
    arguments = ", ".join(_argument(one, inputs.specs, names, source) for one in scoring.arguments)
    facts = f"({''.join(f'{value}, ' for value in values)})"
    source.lines += [
        "def row(facts, score, completed, now):",
        f"    if facts.__class__ is not dict or completed: {_SLOW}",
    ]
    source.lines += _read(values, inputs, source)
    for value, spec in zip(values, inputs.specs, strict=True):
        source.lines.append(f"    if not ({_check(value, spec, source)}): {_SLOW}")
        if spec.type == "double":
            source.lines.append(f"    if {value}.__class__ is int: {value} = float({value})")
    source.lines += [
        *machine,
        "    number = score",
        "    if number is None:",
        *_asked(scoring, arguments),
        f"    if number.__class__ is not float or not 0.0 <= number <= 1.0: {_SLOW}",
        *_conclude(values, names, verdict, source),
        f"    return Outcome(origin, band.action, number, band, {facts}, ignored)",
    ]
    return _function(source, f"<policy {next(_serial)}>")


def _asked(scoring: Scoring, arguments: str) -> list[str]:
    """Lines that ask for the score. What a store says of a record stands in its outcome: that is for the meaning."""
    if scoring.kept is not None:
        return [f"        {_SLOW}"]
    return [f"        try: number = score_of({arguments})", f"        except errors: {_SLOW}"]


def _conclude(
    values: Sequence[str], names: Mapping[str, str], verdict: Verdict, source: _Source
) -> list[str]:
    """Lines that find the band, and leave where a segment, a rule or a need has a say."""
    if not verdict:
        return ["    band = bands[bisect(edges, number) - 1]"]
    lines: list[str] = []
    segments, judge, needs = verdict.segments, verdict.judge, verdict.needs
    if segments.names:
        called = f"{source.constant(segments.function)}({', '.join(names[name] for name in segments.reads)})"
        several = source.constant(tuple((one.edges, one.bands) for one in segments.bands))
        lines += [
            f"    segment = {called}",
            "    if segment < 0: band = bands[bisect(edges, number) - 1]",
            "    else:",
            f"        own_edges, own_bands = {several}[segment]",
            "        band = own_bands[bisect(own_edges, number) - 1]",
        ]
    else:
        lines.append("    band = bands[bisect(edges, number) - 1]")
    lines.append(
        f"    hits = {source.constant(judge.function)}({', '.join(names[name] for name in judge.names)})"
    )
    doubts = ["hits"] + (["segment >= 0"] if segments.names else [])
    if needs.actions:
        doubts.append(f"band.action in {source.constant(frozenset(needs.actions))}")
    given = "".join(f"{source.constant(name)}: {names[name]}, " for name in needs.reads)
    segment = "segment" if segments.names else "-1"
    finished = (
        f"Outcome(origin, band.action, number, band, ({''.join(f'{value}, ' for value in values)}), ignored)"
    )
    apply = source.constant(verdict.apply)
    lines.append(f"    if {' or '.join(doubts)}: return {apply}({finished}, {segment}, hits, {{{given}}})")
    return lines


def _machine(
    values: Sequence[str], inputs: Inputs, verdict: Verdict, source: _Source
) -> tuple[list[str], dict[str, str]]:
    """Lines that make the machine values of what conditions read, and their local names."""
    lines, names = [], {SCORE: "number", NOW: "now"}
    for number, (value, spec) in enumerate(zip(values, inputs.specs, strict=True)):
        names[spec.name] = value
        convert = converter(spec)
        if convert is not None and spec.name in verdict.reads:
            names[spec.name] = f"m{number}"
            made = f"{source.constant(convert)}({value})"
            lines.append(
                f"    m{number} = {made if not _optional(spec) else f'None if {value} is None else {made}'}"
            )
    if not verdict.lists.reads_now:
        views = verdict.lists.at()
        return lines, {**names, **{name: source.constant(views[name]) for name in verdict.read_lists}}
    if verdict.read_lists:
        lines.append(f"    lists = {source.constant(verdict.lists.at)}(now // 1000)")
    for number, name in enumerate(verdict.read_lists):
        names[name] = f"l{number}"
        lines.append(f"    l{number} = lists[{source.constant(name)}]")
    return lines, names


def _optional(spec: InputSpec) -> bool:
    return spec.optional and spec.default is None


def _read(values: Sequence[str], inputs: Inputs, source: _Source) -> list[str]:
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


def _check(value: str, spec: InputSpec, source: _Source) -> str:
    """The condition under which the value is plainly right."""
    test = " and ".join(_conditions(value, spec, source))
    return f"{value} is None or {test}" if spec.optional and spec.default is None else test


def _conditions(value: str, spec: InputSpec, source: _Source) -> list[str]:
    if spec.enum is not None:
        kind = "str" if spec.type == "string" else "int"
        tests = [f"{value}.__class__ is {kind}", f"{value} in {source.constant(frozenset(spec.enum))}"]
        return (
            tests if spec.minimum is None and spec.maximum is None else [*tests, *_range(value, spec, source)]
        )
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
    convert = source.constant(_CONVERT[spec.type])
    return [f"({value} := {convert}({value})) is not None", *_range(value, spec, source)]


def _range(value: str, spec: InputSpec, source: _Source) -> list[str]:
    low, high = _LIMITS.get(spec.type, (None, None))
    low = low if spec.minimum is None else spec.minimum
    high = high if spec.maximum is None else spec.maximum
    tests = "" if low is None else f"{source.constant(low)} <= "
    tests += value if high is None else f"{value} <= {source.constant(high)}"
    return [] if tests == value else [tests]


def _argument(
    argument: Argument, specs: Sequence[InputSpec], names: Mapping[str, str], source: _Source
) -> str:
    formula = argument.formula
    if formula is not None:
        return f"{source.constant(formula.function)}({', '.join(names[name] for name in formula.reads)})"
    value, spec = f"v{argument.place}", specs[argument.place]
    if not argument.as_double:
        return value
    double = f"{value} + 0.0"
    return f"None if {value} is None else {double}" if spec.optional and spec.default is None else double


def _function(source: _Source, name: str) -> Row:
    text = "\n".join(source.lines) + "\n"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    code = next(one for one in compile(text, name, "exec").co_consts if isinstance(one, CodeType))
    row = FunctionType(code, source.names)
    weakref.finalize(row, linecache.cache.pop, name, None)
    return row
