r"""Java's regular expressions: on RE2 what RE2 can say, the rest on `regex` with a limit of time.

RE2 runs in time linear in the text, so a hostile model cannot make it hang. It has no look-around, no
back-references, no possessive quantifiers, no intersections of classes; these backtrack, and a text on which
they take longer than LIMIT seconds is refused. Java's `\s` includes the vertical tab, RE2's does not; Java's
`\w`, `\d` and `\s` are ASCII, its `\b` (Java 8 to 18) is not.
Sources: java.util.regex.Pattern, github.com/google/re2/wiki/Syntax, pypi.org/project/regex.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import re2
import regex

from scorer.errors import Invalid

MAX_PATTERN = 10_000  # characters
LIMIT = 0.5  # seconds for one text

_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": "\\x00-\\x7f",
    "Alpha": "A-Za-z",
    "Digit": "0-9",
    "Alnum": "0-9A-Za-z",
    "Punct": "!-/:-@\\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": " \\t",
    "Cntrl": "\\x00-\\x1f\\x7f",
    "XDigit": "0-9A-Fa-f",
    "Space": " \\t\\n\\x0b\\f\\r",
    "javaWhitespace": "\\t-\\r\\x1c-\\x20\\x{1680}"
    "\\x{2000}-\\x{2006}\\x{2008}-\\x{200a}\\x{2028}\\x{2029}\\x{205f}\\x{3000}",
}
_NEGATED = {"Space": "\\x00-\\x08\\x0e-\\x1f\\x21-\\x{10ffff}"}
_HORIZONTAL = " \\t\\x{a0}\\x{1680}\\x{180e}\\x{2000}-\\x{200a}\\x{202f}\\x{205f}\\x{3000}"
_LEFT = r"(?<=[\p{L}\p{Nd}_]|[\p{L}\p{Nd}]\p{Mn}+)"  # a mark counts if a letter carries it
_RIGHT = r"(?:(?=[\p{L}\p{Nd}_])|(?<=[\p{L}\p{Nd}]\p{Mn}*)(?=\p{Mn}))"
_BOUND = f"(?:{_LEFT}(?!{_RIGHT})|(?!{_LEFT}){_RIGHT})"
_TOKEN = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|\Z)|\\[pP]\{(?P<posix>\w+)\}|\\(?P<escape>[\s\S])"
    r"|(?P<other>[\s\S])",
    re.DOTALL,
)

_ENDS = re.compile("[\n\r\x85\u2028\u2029]")  # of lines
_FLAGS = re.compile(r"\(\?[a-zA-Z]*[smd]")  # of patterns that set what lines are
_WIDE = {
    ".": r"[^\n\r\x85\u2028\u2029]",
    "$": r"(?<!\r(?=\n))(?=(?:\r\n|[\n\r\x85\u2028\u2029])?(?![\s\S]))",
}


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    r"""A compiled Java pattern: `linear` on RE2 if RE2 can say it; `general` backtracks under the limit of time.

    `bounds`: it has `\b`, which RE2 understands of ASCII texts only; `lines`: `.` or `$`, of texts of one line only.
    """

    linear: Any
    general: Any
    bounds: bool
    lines: bool = False
    empty: bool = False  # the empty pattern, which also splits the halves of a character

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the matches stand; raises Invalid if that takes too long."""
        if self._goes(text):
            before = None
            for found in self.linear.finditer(text):
                if found.span() != before:  # RE2's module finds an empty match at the end twice
                    yield found.span()
                before = found.span()
            return
        try:
            yield from (found.span() for found in self.general.finditer(text, timeout=LIMIT))
        except TimeoutError:
            raise Invalid(f"the pattern takes longer than {LIMIT} s on this text") from None

    def _goes(self, text: str) -> bool:
        """Tell whether RE2 understands the pattern as Java does for this text."""
        if self.linear is None or self.general is None:
            return self.linear is not None
        return not (self.bounds and not text.isascii()) and not (self.lines and _ENDS.search(text))

    @property
    def groups(self) -> int:
        """How many groups it has."""
        return int((self.linear if self.linear is not None else self.general).groups)

    def group(self, text: str, number: int) -> str | None:
        """Return a group of the first match; None without one; raises Invalid if that takes too long."""
        if self._goes(text):
            found = self.linear.search(text)
        else:
            try:
                found = self.general.search(text, timeout=LIMIT)
            except TimeoutError:
                raise Invalid(f"the pattern takes longer than {LIMIT} s on this text") from None
        return None if found is None else found.group(number)


def compile_java(pattern: str) -> Pattern:
    """Compile a Java pattern; raises ValueError for what neither engine can say."""
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"it has more than {MAX_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    text, bounds = _translated(pattern, wide=False), "\\b" in pattern or "\\B" in pattern
    linear, reason = None, ""
    try:
        linear = re2.compile(text.replace("(?<", "(?P<"), options)
    except re2.error as e:
        reason = _words(e)
    lines = "." in _outside(pattern) or "$" in _outside(pattern)
    if linear is not None and not bounds and not lines and not _differs(pattern):
        return Pattern(linear, None, bounds=False, empty=not pattern)
    linear = None if _differs(pattern) else linear
    try:
        general = regex.compile(
            re.sub(r"\\x\{([0-9a-fA-F]+)\}", _code, _translated(pattern, wide=True)), regex.VERSION1
        )
    except (regex.error, RecursionError, OverflowError) as e:
        if linear is not None and not bounds:
            return Pattern(linear, None, bounds=False)
        raise ValueError(f"no engine takes it ({reason or e})") from None
    return Pattern(linear, general, bounds=bounds, lines=lines)


def _outside(pattern: str) -> str:
    """Return the letters of a pattern that mean themselves or an operator, those of classes left out.

    Empty if the pattern sets what `.` and `$` mean: then both engines are told so.
    """
    out, depth = "", 0
    for found in _TOKEN.finditer(pattern) if _FLAGS.search(pattern) is None else ():
        letter = found["other"] or ""
        depth = max(0, depth + (letter == "[") - (letter == "]"))
        out += letter if not depth else ""
    return out


def _differs(pattern: str) -> bool:
    """Tell whether RE2 would take the pattern for another: `&&`, and `++` in places, mean something else there."""
    return "&&" in pattern or re.search(r"[*+?}]\+", pattern) is not None


def _code(found: re.Match[str]) -> str:
    return f"\\U{int(found[1], 16):08x}"


def _words(error: Exception) -> str:
    message = error.args[0] if error.args else error
    return message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)


def _translated(pattern: str, *, wide: bool) -> str:
    r"""Write the pattern for RE2, or, with `wide`, for `regex`: there `\b` also stands beside letters not ASCII."""
    out: list[str] = []
    depth = 0  # of classes
    for found in _TOKEN.finditer(pattern):
        inside = depth > 0
        kind, text = found.lastgroup, found.group()
        if kind == "quoted":
            out.append(re.escape(found["quoted"]))
        elif kind == "posix":
            out.append(_property(found["posix"], text, inside=inside))
        elif wide and found["escape"] in ("b", "B") and not inside:
            out.append(_BOUND if found["escape"] == "b" else f"(?!{_BOUND})")
        elif wide and text in _WIDE and not inside and _FLAGS.search(pattern) is None:
            out.append(_WIDE[text])
        elif kind == "escape":
            out.append(_escape(found["escape"], inside=inside))
        else:
            depth = max(0, depth + (text == "[") - (text == "]"))
            out.append(text)
    return "".join(out)


def _property(name: str, text: str, *, inside: bool) -> str:
    ranges = _POSIX.get(name)
    if ranges is None:
        return text.replace("Is", "", 1) if name.startswith("Is") else text
    if text[1] == "p":
        return ranges if inside else f"[{ranges}]"
    if inside:
        raise ValueError(f"{text} inside a class is not supported")
    return f"[^{ranges}]"


def _escape(letter: str, *, inside: bool) -> str:
    if letter == "s":
        return _POSIX["Space"] if inside else f"[{_POSIX['Space']}]"
    if letter == "S":
        return _NEGATED["Space"] if inside else f"[^{_POSIX['Space']}]"
    if letter == "h":
        return _HORIZONTAL if inside else f"[{_HORIZONTAL}]"
    if letter == "w":
        return "0-9A-Za-z_" if inside else "[0-9A-Za-z_]"
    if letter == "W" and not inside:
        return "[^0-9A-Za-z_]"
    if letter == "d":
        return "0-9" if inside else "[0-9]"
    if letter == "D" and not inside:
        return "[^0-9]"
    if letter == "z":
        return r"(?![\s\S])"
    if letter == "Z":
        raise ValueError(r"\Z is not supported; write \z")
    if letter == "e":
        return "\\x1b"
    return f"\\{letter}"


def split(pattern: Pattern, text: str) -> list[str]:
    """Split as java.lang.String.split does: empty texts at the end go, an empty match at the start splits nothing."""
    if pattern.empty:
        return _units(text)
    parts: list[str] = []
    start = 0
    for low, high in pattern.spans(text):
        if high == 0 or (low == high == len(text)):
            continue
        parts.append(text[start:low])
        start = high
    if not parts:
        return [text]
    parts.append(text[start:])
    while parts and not parts[-1]:
        parts.pop()
    return parts


def _units(text: str) -> list[str]:
    """Split between all of Java's characters; the halves of a wide one cannot be written, and read `?`."""
    return [unit for letter in text for unit in ("??" if letter > "\uffff" else letter)] or [""]
