"""`matches`, on RE2: time linear in the text, whatever the pattern.

The pattern is a literal, read once. A pattern that only spells out text becomes a test without RE2; for others the last
answers are kept, as a call of RE2 costs a hundred times a look-up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2

from policy.expr.functions import RefusedError, function

MAX_MEMORY = 1 << 20  # bytes that RE2 may use for one pattern
KEPT = 4096  # answers kept for one pattern
KEPT_LENGTH = 256  # characters of a text whose answer is kept

_SPELLED = re.compile(r"(\^?)((?:[A-Za-z0-9 _@,:;/#%&=~!<>'\"-]|\\[.+*?()|\[\]{}^$\\/@-])*)(\$?)", re.ASCII)


class Matcher:
    """A compiled pattern; calling it tells whether the pattern occurs in a text."""

    __slots__ = ("_kept", "_search", "pattern", "simple")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._kept: dict[str, bool | None] = {}
        self._search = _compiled(pattern).search
        self.simple = _spelled(pattern)

    def __repr__(self) -> str:
        return f"Matcher({self.pattern!r})"

    def __call__(self, text: str) -> bool | None:
        """Whether the pattern occurs; None for text that is not Unicode."""
        if self.simple is not None:
            return self.simple(text)
        found = self._kept.get(text)
        return self._searched(text) if found is None else found

    def _searched(self, text: str) -> bool | None:
        try:
            found = self._search(text) is not None
        except UnicodeEncodeError:
            return None
        if len(text) <= KEPT_LENGTH:
            if len(self._kept) >= KEPT:
                self._kept = {}
            self._kept[text] = found
        return found


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else "it cannot be read"
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise RefusedError(
            f"not a pattern of RE2: {text}", "the syntax is github.com/google/re2/wiki/Syntax"
        ) from None


def _spelled(pattern: str) -> Callable[[str], bool] | None:
    """The test that a pattern without metacharacters comes down to."""
    found = _SPELLED.fullmatch(pattern)
    if not found:
        return None
    start, body, end = found.groups()
    text = re.sub(r"\\(.)", r"\1", body)
    if start and end:
        return text.__eq__
    if start:
        return lambda given: given.startswith(text)
    return (lambda given: given.endswith(text)) if end else (lambda given: text in given)


@function(
    "matches",
    "(string, string) -> bool",
    "string.(string) -> bool",
    doc="True if the pattern of RE2 occurs in the text; `^` and `$` tie it to the ends. The pattern is a literal.",
    examples=["'tor-exit-7'.matches('^tor-.*[0-9]$')", "matches('grey', 'gr(a|e)y')"],
    literal={1: "the pattern"},
    partial=True,
)
def matches(text: str, pattern: Matcher) -> bool | None:
    return pattern(text)


@matches.prepare
def _(pattern: str) -> Matcher:
    return Matcher(pattern)


@matches.batch
def _(text: pa.Array, pattern: Matcher) -> Any:
    try:
        return pc.match_substring_regex(text, pattern.pattern)
    except pa.ArrowInvalid:  # its own limits differ from ours
        return np.array([pattern(each) for each in text.to_pylist()], bool)
