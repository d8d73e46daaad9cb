"""Lines of generated rows, for functions that take the facts in different forms and then do the same.

A line holds generated names only; names, limits and texts of the policy are constants of its namespace. The source
stays in `linecache`, so that a traceback shows it.
"""

from __future__ import annotations

import linecache
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
from policy.spec.values import duration, ip, timestamp

CONVERT: Mapping[str, Callable[[Any], Any]] = {"ip": ip, "timestamp": timestamp, "duration": duration}

_serial = count()


@dataclass(slots=True)
class Source:
    """A function under way: its lines, and the values that its names stand for."""

    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)

    def constant(self, value: Any) -> str:
        """The name of a value."""
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def function(self, name: str) -> Callable[..., Any]:
        """The function that the lines define; name: of the source, in tracebacks."""
        name = f"<{name} {next(_serial)}>"
        text = "\n".join(self.lines) + "\n"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        code = next(one for one in compile(text, name, "exec").co_consts if isinstance(one, CodeType))
        row = FunctionType(code, self.names)
        weakref.finalize(row, linecache.cache.pop, name, None)
        return row


@dataclass(frozen=True, slots=True)
class Rest:
    """What follows once the facts are read, whatever form they came in: machine values, score, band, rules.

    values: for each input the text of its value; leave: the statement for what cannot be settled here. The lines leave
    `number`, the score, and `band`; they need `now` if the verdict reads it.
    """

    inputs: Inputs
    bands: Bands
    origin: Origin
    scoring: Scoring
    verdict: Verdict
    values: Sequence[str]
    leave: str

    def lines(self, source: Source, given: str | None = None, ignored: str = "()") -> list[str]:
        """The lines; given: the name of a score that replaces the model's; ignored: of the names of unknown facts."""
        source.names.update(
            score_of=self.scoring.function,
            errors=self.scoring.errors,
            Outcome=Outcome,
            origin=self.origin,
            bisect=bisect_right,
            edges=self.bands.edges,
            bands=self.bands.bands,
        )
        machine, names = self._machine(source)
        asked = self._asked(names, source)
        if given is not None:
            asked = [f"    number = {given}", "    if number is None:", *(f"    {line}" for line in asked)]
        return [
            *machine,
            *asked,
            f"    if number.__class__ is not float or not 0.0 <= number <= 1.0: {self.leave}",
            *self._conclude(names, source, self.outcome(ignored)),
        ]

    def outcome(self, ignored: str) -> str:
        """The text of what the band alone makes of the record."""
        facts = "".join(f"{value}, " for value in self.values)
        return f"Outcome(origin, band.action, number, band, ({facts}), {ignored})"

    def _machine(self, source: Source) -> tuple[list[str], dict[str, str]]:
        """Lines that make the machine values of what conditions read, and their local names."""
        lines, names = [], {SCORE: "number", NOW: "now"}
        lists = self.verdict.lists
        for number, (value, spec) in enumerate(zip(self.values, self.inputs.specs, strict=True)):
            names[spec.name] = value
            convert = converter(spec)
            if convert is not None and spec.name in self.verdict.reads:
                names[spec.name] = f"m{number}"
                made = f"{source.constant(convert)}({value})"
                known = made if not optional(spec) else f"None if {value} is None else {made}"
                lines.append(f"    m{number} = {known}")
        if not lists.reads_now:
            views = lists.at()
            return lines, {
                **names,
                **{name: source.constant(views[name]) for name in self.verdict.read_lists},
            }
        if self.verdict.read_lists:
            lines.append(f"    lists = {source.constant(lists.at)}(now // 1000)")
        for number, name in enumerate(self.verdict.read_lists):
            names[name] = f"l{number}"
            lines.append(f"    l{number} = lists[{source.constant(name)}]")
        return lines, names

    def _asked(self, names: Mapping[str, str], source: Source) -> list[str]:
        """Lines that ask for the score. What a store says stands in the outcome: that is for the meaning."""
        if self.scoring.kept is not None:
            return [f"    {self.leave}"]
        arguments = ", ".join(self._argument(one, names, source) for one in self.scoring.arguments)
        return [f"    try: number = score_of({arguments})", f"    except errors: {self.leave}"]

    def _argument(self, argument: Argument, names: Mapping[str, str], source: Source) -> str:
        formula = argument.formula
        if formula is not None:
            return f"{source.constant(formula.function)}({', '.join(names[name] for name in formula.reads)})"
        value = self.values[argument.place]
        if not argument.as_double:
            return value
        double = f"{value} + 0.0"
        return (
            f"None if {value} is None else {double}"
            if optional(self.inputs.specs[argument.place])
            else double
        )

    def _conclude(self, names: Mapping[str, str], source: Source, finished: str) -> list[str]:
        """Lines that find the band, and leave where a segment, a rule or a need has a say."""
        found = "band = bands[bisect(edges, number) - 1]"
        verdict = self.verdict
        if not verdict:
            return [f"    {found}"]
        segments, judge, needs = verdict.segments, verdict.judge, verdict.needs
        lines = self._segmented(names, source, found) if segments.names else [f"    {found}"]
        asked = ", ".join(names[name] for name in judge.names)
        lines.append(f"    hits = {source.constant(judge.function)}({asked})")
        doubts = ["hits"] + (["segment >= 0"] if segments.names else [])
        if needs.actions:
            doubts.append(f"band.action in {source.constant(frozenset(needs.actions))}")
        given = "".join(f"{source.constant(name)}: {names[name]}, " for name in needs.reads)
        segment = "segment" if segments.names else "-1"
        apply = source.constant(verdict.apply)
        lines.append(
            f"    if {' or '.join(doubts)}: return {apply}({finished}, {segment}, hits, {{{given}}})"
        )
        return lines

    def _segmented(self, names: Mapping[str, str], source: Source, found: str) -> list[str]:
        segments = self.verdict.segments
        called = f"{source.constant(segments.function)}({', '.join(names[name] for name in segments.reads)})"
        several = source.constant(tuple((one.edges, one.bands) for one in segments.bands))
        return [
            f"    segment = {called}",
            f"    if segment < 0: {found}",
            "    else:",
            f"        own_edges, own_bands = {several}[segment]",
            "        band = own_bands[bisect(own_edges, number) - 1]",
        ]


def optional(spec: InputSpec) -> bool:
    """Whether the value of an input can be None."""
    return spec.optional and spec.default is None
