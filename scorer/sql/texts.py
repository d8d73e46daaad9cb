"""What Spark's functions do to texts, which are UTF-8: lengths and places count characters.

Sources: org.apache.spark.unsafe.types.UTF8String, catalyst.expressions.stringExpressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from scorer.errors import Invalid
from scorer.javaregex import Pattern, compile_java
from scorer.sql.exprs import MistypedError, Op

MAX_MADE = 1 << 20  # characters of one text that padding or repeating makes


def substring(text: str, start: int, length: int) -> str:
    """Return a part; the first character is 1 (or 0), and a start below zero counts from the end."""
    size = len(text)
    low = start - 1 if start > 0 else size + start if start < 0 else 0
    high = size if length >= (1 << 31) - 1 - low else low + length
    if high <= low or low >= size:
        return ""
    return text[max(0, low) : max(0, high)]


def left(text: str, length: int) -> str:
    """Return the first characters."""
    return substring(text, 1, length) if length > 0 else ""


def right(text: str, length: int) -> str:
    """Return the last characters."""
    return "" if length <= 0 else text[-length:]


def place_of(text: str, part: str) -> int:
    """Return where a part stands, from 1; 0 if nowhere."""
    return text.find(part) + 1


def replace(text: str, old: str, new: str) -> str:
    """Replace every part; an empty one is nowhere."""
    return text.replace(old, new) if old else text


def translate(text: str, letters: str, others: str) -> str:
    """Replace letters by the others at their places, or take them away."""
    table: dict[int, str | None] = {}
    for i, letter in enumerate(letters):
        table.setdefault(ord(letter), others[i] if i < len(others) else None)
    return text.translate(table)


def repeat(text: str, count: int, place: int) -> str:
    """Return a text several times."""
    _check(len(text) * max(0, count), place)
    return text * max(0, count)


def padded(text: str, length: int, fill: str, place: int, *, at_left: bool) -> str:
    """Fill a text up to a length, or cut it to that."""
    _check(length, place)
    missing = max(0, length) - len(text)
    if missing <= 0 or not fill:
        return text[: max(0, length)]
    more = (fill * (missing // len(fill) + 1))[:missing]
    return more + text if at_left else text + more


def _check(size: int, place: int) -> None:
    if size > MAX_MADE:
        raise Invalid(f"a text of {size} characters is longer than {MAX_MADE}", place)


def joined(separator: str | None, *parts: str | None) -> str | None:
    """Join what is not null."""
    return None if separator is None else separator.join(part for part in parts if part is not None)


def code_of(text: str) -> int:
    """Return the code of the first character, 0 of none."""
    return ord(text[0]) if text else 0


# -- patterns ----------------------------------------------------------------------------------------------------


def like(pattern: str) -> Op:
    """Match LIKE with a pattern that is a literal: % is any text, _ one character, a backslash takes both literally."""
    out, place, plain = [], 0, "\\" not in pattern
    while place < len(pattern):
        letter = pattern[place]
        if letter == "\\":
            place += 1
            if place >= len(pattern) or pattern[place] not in "%_\\":
                raise MistypedError(
                    f"the pattern {pattern!r} of LIKE has a backslash before no %, _ or backslash"
                )
            out.append(re.escape(pattern[place]))
        else:
            out.append({"%": ".*", "_": "."}.get(letter) or re.escape(letter))
        place += 1
    if sum(part == ".*" for part in out) > 6:
        raise MistypedError(f"the pattern {pattern!r} of LIKE has more than 6 %")
    matches = re.compile("".join(out), re.DOTALL).fullmatch
    return Op(lambda text: matches(text) is not None, sql=f"({{0}} LIKE {quoted(pattern)})" if plain else "")


def quoted(text: str) -> str:
    """Write a text as a literal of DuckDB's, braces doubled for templates; a NUL cannot be written."""
    if "\0" in text:
        return ""
    return "'" + text.replace("'", "''").replace("{", "{{").replace("}", "}}") + "'"


def java_pattern(pattern: str) -> Pattern:
    """Compile a Java pattern that is a literal."""
    try:
        return compile_java(pattern)
    except ValueError as e:
        raise MistypedError(f"the pattern {pattern!r} is not supported: {e}") from None


def finds(pattern: str) -> Op:
    """Tell whether a Java pattern is found in a text."""
    compiled = java_pattern(pattern)
    return Op(_blaming(lambda text: next(compiled.spans(text), None) is not None), fails=True)


def replaces(pattern: str, new: str) -> Op:
    """Replace every match of a Java pattern by a literal."""
    if "\\" in new or "$" in new:
        raise MistypedError("regexp_replace with a group or a backslash in the replacement is not supported")
    compiled = java_pattern(pattern)

    def replaced(text: str) -> str:
        out, start = [], 0
        for low, high in compiled.spans(text):
            out += [text[start:low], new]
            start = high
        return "".join([*out, text[start:]])

    return Op(_blaming(replaced), fails=True)


def _blaming(function: Callable[[str], Any]) -> Callable[[str, int], Any]:
    def blamed(text: str, place: int) -> Any:
        try:
            return function(text)
        except Invalid as e:
            raise Invalid(e.reason, place) from None

    return blamed
