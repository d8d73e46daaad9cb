"""Text to tokens, by the lexis of CEL's language definition. Every fault is noted, and reading goes on after it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from policy.expr import problems
from policy.expr.problems import Problem

Kind = Literal["int", "double", "string", "word", "operator", "end"]

_BLANK = re.compile(r"(?:[\t\n\f\r ]+|//[^\n]*)+")
_NUMBER = re.compile(r"(?a:0x[0-9a-fA-F]+|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?)")
_SUFFIX = re.compile(r"(?a:\w+)")
_WORD = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_OPERATOR = re.compile(r"&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]{}]")
_STRING = re.compile(r"([rRbB]{0,2})('''|\"\"\"|'|\")")
_ESCAPE = re.compile(
    r"""\\(?:([abfnrtv\\?"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))"""
)
_QUOTED = re.compile("[“”„«»][^“”„«»\n]*[“”„«»]|[‘’`][^‘’`\n]*[‘’`]")
_OTHER = re.compile(r"[^\x00-\x7f]+|.", re.DOTALL)
_SIMPLE = dict(zip("abfnrtv\\?\"'`", "\a\b\f\n\r\t\v\\?\"'`", strict=True))
UNREAD: Any = ...  # the value of a literal that is reported as wrong
_LARGEST = 2**63  # the magnitude of the least int; its sign is the parser's concern

# What people write by habit, and what it is called here.
_HABITS = {"===": "==", "!==": "!=", "<>": "!=", "=<": "<=", "=>": ">=", "=": "==", "&": "&&", "|": "||"}
_HABIT = re.compile(r"===|!==|<>|=<|=>|=(?!=)|&(?!&)|\|(?!\|)")
WORDS = {"and": "&&", "or": "||", "not": "!", "AND": "&&", "OR": "||", "NOT": "!"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text between two offsets. `value`: the number or string that it is, UNREAD if that is wrong."""

    kind: Kind
    text: str
    start: int
    end: int
    value: Any = None


class Tokenizer:
    """Reads one text. `tokens` ends with an `end` token; `problems` holds what is wrong."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens: list[Token] = []
        self.problems: list[Problem] = []
        at = 0
        while (at := self._skip(at)) < len(source):
            at = (
                self._string(at)
                or self._number(at)
                or self._word(at)
                or self._operator(at)
                or self._quoted(at)
                or self._other(at)
            )
        self.tokens.append(Token("end", "", at, at))

    def _skip(self, at: int) -> int:
        blank = _BLANK.match(self.source, at)
        return blank.end() if blank else at

    def _add(self, kind: Kind, start: int, end: int, value: Any = None) -> int:
        self.tokens.append(Token(kind, self.source[start:end], start, end, value))
        return end

    def _word(self, at: int) -> int:
        found = _WORD.match(self.source, at)
        return self._add("word", at, found.end()) if found else 0

    def _number(self, at: int) -> int:
        found = _NUMBER.match(self.source, at)
        if not found:
            return 0
        end, text = found.end(), found[0]
        if suffix := _SUFFIX.match(self.source, end):
            self.problems.append(problems.number_suffix(text, suffix[0], at, suffix.end()))
            return self._add("int", at, suffix.end(), UNREAD)
        if text[:2] == "0x" or text.isdigit():
            return self._int(text, at, end)
        value = float(text)
        if value == float("inf"):
            self.problems.append(problems.number_too_large(text, "double", at, end))
            value = UNREAD
        return self._add("double", at, end, value)

    def _int(self, text: str, start: int, end: int) -> int:
        value = int(text, 16 if text[:2] == "0x" else 10)
        if value > _LARGEST:
            self.problems.append(problems.number_too_large(text, "int", start, end))
            value = UNREAD
        return self._add("int", start, end, value)

    def _string(self, at: int) -> int:
        opening = _STRING.match(self.source, at)
        if not opening:
            return 0
        prefix, quote = opening[1].lower(), opening[2]
        raw, body = "r" in prefix, opening.end()
        end = self._closing(body, quote, raw=raw)
        if end < 0:
            stop = len(self.source) if len(quote) == 3 else self._line_end(body)
            self.problems.append(problems.string_not_closed(quote, at, opening.end()))
            return self._add("string", at, stop, UNREAD)
        text = self.source[body:end].replace("\r\n", "\n").replace("\r", "\n")  # as all implementations do
        after = end + len(quote)
        if "b" in prefix or prefix == "rr":
            wrong = problems.unexpected(self.source[at:after], at, after)
            self.problems.append(problems.unsupported("bytes", at, after) if "b" in prefix else wrong)
            return self._add("string", at, after, UNREAD)
        value = text if raw else self._unescape(text, body)
        return self._add("string", at, after, value)

    def _closing(self, at: int, quote: str, *, raw: bool) -> int:
        """Where the closing quote stands, -1 if the string has none."""
        source, single = self.source, len(quote) == 1
        while at < len(source):
            if source.startswith(quote, at):
                return at
            if single and source[at] in "\r\n":
                return -1
            at += 2 if source[at] == "\\" and not raw else 1
        return -1

    def _line_end(self, at: int) -> int:
        ends = [place for place in (self.source.find("\n", at), self.source.find("\r", at)) if place >= 0]
        return min(ends, default=len(self.source))

    def _unescape(self, text: str, offset: int) -> Any:
        pieces: list[str] = []
        at, before = 0, len(self.problems)
        while (slash := text.find("\\", at)) >= 0:
            pieces.append(text[at:slash])
            found = _ESCAPE.match(text, slash)
            at = found.end() if found else slash + 2
            value = _escaped(found) if found else None
            if value is None:
                self.problems.append(problems.bad_escape(text[slash:at], offset + slash, offset + at))
            pieces.append(value or "")
        return "".join([*pieces, text[at:]]) if len(self.problems) == before else UNREAD

    def _operator(self, at: int) -> int:
        if found := _HABIT.match(self.source, at):
            return self._habit(_HABITS[found[0]], at, found.end())
        found = _OPERATOR.match(self.source, at)
        return self._add("operator", at, found.end()) if found else 0

    def _habit(self, meant: str, start: int, end: int) -> int:
        self.problems.append(problems.unexpected(self.source[start:end], start, end, meant))
        self.tokens.append(Token("operator", meant, start, end))
        return end

    def _quoted(self, at: int) -> int:
        """A string in quotes that are none here."""
        found = _QUOTED.match(self.source, at)
        if not found:
            return 0
        self.problems.append(problems.other_quotes(at, found.end()))
        return self._add("string", at, found.end(), UNREAD)

    def _other(self, at: int) -> int:
        found = _OTHER.match(self.source, at)
        assert found
        self.problems.append(problems.unexpected(found[0], at, found.end()))
        return found.end()


def _escaped(found: re.Match[str]) -> str | None:
    simple, hexadecimal, short, long, octal = found.groups()
    if simple:
        return _SIMPLE[simple]
    point = int(octal, 8) if octal else int(hexadecimal or short or long, 16)
    return None if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF else chr(point)
