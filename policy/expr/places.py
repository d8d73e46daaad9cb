"""Where an expression stands: offsets in its text to places in a file."""

from __future__ import annotations

import re
from collections.abc import Callable

from policy.diagnostics import Diagnostic, Span
from policy.expr.problems import Problem

Place = Callable[[int, int], Span]

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def alone(source: str, file: str = "<expression>") -> Place:
    """The places of a text that is a file of its own."""

    def place(start: int, end: int) -> Span:
        breaks = [found.end() for found in _BREAK.finditer(source, 0, min(start, len(source)))]
        begin = breaks[-1] if breaks else 0
        following = _BREAK.search(source, begin)
        stop = following.start() if following else len(source)
        column = start - begin + 1
        last = max(min(end, stop) - begin, column - 1) + 1
        return Span(file, len(breaks) + 1, column, max(last, column + 1), source[begin:stop])

    return place


def embedded(span: Span, source: str) -> Place:
    """The places of a text inside a line of a file, such as a scalar of YAML at `span`.

    Exact where the line holds the text as it is; for a text of several lines, or one with escapes, the whole span.
    """
    at = span.text.find(source, max(span.column - 1, 0)) if source and not _BREAK.search(source) else -1
    if at < 0:
        return lambda _start, _end: span
    return lambda start, end: Span(
        span.file, span.line, at + start + 1, at + max(end, start + 1) + 1, span.text
    )


def diagnostic(problem: Problem, place: Place) -> Diagnostic:
    """The problem at its place."""
    span = place(problem.start, problem.end)
    return Diagnostic(problem.code, problem.message, span, problem.notes, problem.help, problem.severity)
