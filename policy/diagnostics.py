"""Problems with their place in a file: what is wrong, what was expected, what to do.

A diagnostic is a value. `render` makes text with a caret of it, `to_json` plain data, `github` annotations
for a pull request. What a code means stands in `policy.catalog`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from msgspec import Struct

Severity = Literal["error", "warning", "note"]
Style = Callable[
    [str, str], str
]  # (role, text) -> text; roles: place, error, warning, note, caret, gutter, help

_WIDTH = 120  # the widest piece of a source line that is shown
_COMPARED = 300  # words that a wrong one is compared with


class Span(Struct, frozen=True):
    """A place in a file: line and column from 1, `end` the column after the last character on that line."""

    file: str
    line: int
    column: int
    end: int
    text: str = ""  # the source line

    def __repr__(self) -> str:
        return f"<{self.file}:{self.line}:{self.column}>"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem at one place. `notes` say what was expected and what came, `help` the way out."""

    code: str
    message: str
    span: Span
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    severity: Severity = "error"


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Source order, each problem once."""
    unique = dict.fromkeys(diagnostics)
    return sorted(unique, key=lambda d: (d.span.file, d.span.line, d.span.column, d.code))


def errors(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those that keep a policy from loading."""
    return [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error"]


def did_you_mean(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """A help line that names the known word nearest to a wrong one; nothing if none is near.

    At most a few hundred words are compared, for whoever sends the wrong one may choose how often.
    """
    words = [word for word in islice(known, _COMPARED) if len(word) <= _WIDTH]
    near = difflib.get_close_matches(name[:_WIDTH], words, n=1, cutoff=0.65)
    return (f"did you mean `{near[0]}`?",) if near else ()


def render(diagnostics: Iterable[Diagnostic], style: Style | None = None) -> str:
    """The diagnostics in source order as text with carets; `style` may colour the parts."""
    paint = style or (lambda _role, text: text)
    return "\n".join(_text(diagnostic, paint) for diagnostic in in_order(diagnostics))


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as plain data, for scripts."""
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_column": span.end,
        "notes": list(diagnostic.notes),
        "help": list(diagnostic.help),
    }


def github(diagnostics: Iterable[Diagnostic]) -> str:
    """The diagnostics in source order as GitHub workflow commands, a line each."""
    return "\n".join(_annotation(diagnostic) for diagnostic in in_order(diagnostics))


def printable(text: str) -> str:
    """The text with control characters spelled out, so that a hostile name cannot steer a terminal."""
    return text if text.isprintable() else "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode()


def _text(diagnostic: Diagnostic, paint: Style) -> str:
    span = diagnostic.span
    place = paint("place", f"{printable(span.file)}:{span.line}:{span.column}:")
    kind = "" if diagnostic.severity == "error" else f"{diagnostic.severity}: "
    head = paint(diagnostic.severity, f"{diagnostic.code} {kind}{printable(diagnostic.message)}")
    gutter = " " * len(str(span.line))
    lines = [f"{place} {head}"]
    if span.text.strip():
        source, caret = _excerpt(span)
        bar = paint("gutter", f"{gutter} |")
        number = paint("gutter", f"{span.line} |")
        lines += [bar, f"{number} {source}", f"{bar} {paint('caret', caret)}"]
    mark = paint("gutter", f"{gutter} =")
    lines += [f"{mark} {printable(note)}" for note in diagnostic.notes]
    lines += [f"{mark} {paint('help', 'help:')} {printable(text)}" for text in diagnostic.help]
    return "\n".join(lines)


def _excerpt(span: Span) -> tuple[str, str]:
    """The source line, cut to a readable width around the place, and the carets under it."""
    first, last = span.column - 1, max(span.end - 1, span.column)
    start = 0 if last <= _WIDTH else max(0, first - _WIDTH // 3)
    piece = span.text[start : start + _WIDTH]
    last = min(last, start + max(len(piece), first - start + 1))
    before = ("…" if start else "") + _flat(piece[: first - start])
    marked = _flat(piece[first - start : last - start])
    after = _flat(piece[last - start :]) + ("…" if start + _WIDTH < len(span.text) else "")
    return before + marked + after, " " * _columns(before) + "^" * max(1, _columns(marked))


def _flat(text: str) -> str:
    return "".join(
        char if char.isprintable() else " " if char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    )


def _columns(text: str) -> int:
    """Columns of a terminal: East Asian wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) != 0 for char in text)


def _annotation(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    kind = "notice" if diagnostic.severity == "note" else diagnostic.severity
    body = "\n".join([diagnostic.message, *diagnostic.notes, *(f"help: {text}" for text in diagnostic.help)])
    place = f"file={_property(span.file)},line={span.line},col={span.column},endColumn={span.end}"
    return f"::{kind} {place},title={diagnostic.code}::{_escape(body)}"


def _escape(text: str) -> str:
    spelled = "".join(char if char in "\r\n" else _visible(char) for char in text)
    return re.sub(r"[%\r\n]", lambda found: f"%{ord(found[0]):02X}", spelled)


def _property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
