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
MAX_GROWN = 1 << 22  # characters of one text that other functions make
MAX_PATTERN = 1_000  # characters of a pattern of LIKE


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


def located(part: str, text: str, start: int) -> int:
    """Return where a part stands at or after a place, from 1; 0 if nowhere, or the place is below 1."""
    return 0 if start < 1 else 1 if not part else text.find(part, start - 1) + 1


def initials(text: str, *, several: bool) -> str:
    """Make the first letter of each word, which blanks part, a title letter, and the others small.

    `several`: one letter may become several, as it does after Spark 3.5.
    """
    titles = ((word[:1].title(), word) for word in text.lower().split(" "))
    return " ".join((title if several or len(title) == 1 else word[:1]) + word[1:] for title, word in titles)


def replace(text: str, old: str, new: str, place: int) -> str:
    """Replace every part; an empty one is nowhere."""
    if not old:
        return text
    if len(new) > len(old):
        _check(len(text) + text.count(old) * (len(new) - len(old)), place, MAX_GROWN)
    return text.replace(old, new)


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


def _check(size: int, place: int, most: int = MAX_MADE) -> None:
    if size > most:
        raise Invalid(f"a text of {size} characters is longer than {most}", place)


def concat(*parts: Any) -> str:
    """Join texts; the last argument is the place to blame."""
    *texts, place = parts
    _check(sum(map(len, texts)), place, MAX_GROWN)
    return "".join(texts)


def joined(separator: str | None, *parts: Any) -> str | None:
    """Join what is not null; the last argument is the place to blame."""
    if separator is None:
        return None
    *texts, place = parts
    texts = [text for text in texts if text is not None]
    _check(sum(map(len, texts)) + len(separator) * len(texts), place, MAX_GROWN)
    return separator.join(texts)


def code_of(text: str) -> int:
    """Return the code of the first character, 0 of none."""
    return ord(text[0]) if text else 0


# -- patterns ----------------------------------------------------------------------------------------------------


def like(pattern: str) -> Op:
    """Match LIKE with a pattern that is a literal: % is any text, _ one character, a backslash takes both literally."""
    if len(pattern) > MAX_PATTERN:
        raise MistypedError(f"a pattern of LIKE has more than {MAX_PATTERN} characters")
    pieces, place, plain = [""], 0, "\\" not in pattern
    while place < len(pattern):
        letter = pattern[place]
        if letter == "%":
            pieces.append("")
        elif letter == "\\":
            place += 1
            if place >= len(pattern) or pattern[place] not in "%_\\":
                raise MistypedError(
                    f"the pattern {pattern!r} of LIKE has a backslash before no %, _ or backslash"
                )
            pieces[-1] += re.escape(pattern[place])
        else:
            pieces[-1] += "." if letter == "_" else re.escape(letter)
        place += 1
    quick = plain and (
        "_" not in pattern or len(pieces) <= 2
    )  # DuckDB tries every place of every other pattern
    return Op(_pieces_found(pieces), sql=f"({{0}} LIKE {quoted(pattern)})" if quick else "")


def _pieces_found(pieces: list[str]) -> Callable[[str], bool]:
    """Find pieces of fixed length one after the other, each at its first place: that is enough, and never goes back."""
    heads = [re.compile(piece, re.DOTALL) for piece in pieces[:-1]]
    last = re.compile(f"(?:{pieces[-1]})\\Z", re.DOTALL)
    size = len(re.sub(r"\\(.)", r"\1", pieces[-1], flags=re.DOTALL))

    def found(text: str) -> bool:
        end = 0
        for number, piece in enumerate(heads):
            there = piece.search(text, end) if number else piece.match(text)
            if there is None:
                return False
            end = there.end()
        start = len(text) - size if heads else 0
        return start >= end and last.match(text, start) is not None

    return found


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
        out, start, more = [], 0, 0
        for low, high in compiled.spans(text):
            more += len(new) - (high - low)
            _check(len(text) + more, 0, max(MAX_GROWN, len(text)))
            out += [text[start:low], new]
            start = high
        return "".join([*out, text[start:]])

    return Op(_blaming(replaced), fails=True)


def splits(pattern: str, limit: int, *, ends: bool) -> Op:
    """Split a text at the matches of a Java pattern: at most `limit` parts, if it is above zero.

    `ends`: an empty pattern leaves an empty part at the end of a text, too (SPARK-40194).
    """
    compiled = java_pattern(pattern)
    if compiled.empty and limit > 0:
        raise MistypedError("split by an empty pattern with a limit is not supported: take the limit away")

    def parts(text: str) -> list[str]:
        if compiled.empty:
            return [*text, ""] if ends and text else list(text) or [""]
        out: list[str] = []
        start = 0
        for low, high in compiled.spans(text):
            if limit > 0 and len(out) == limit - 1:
                break
            if high == 0:
                continue
            out.append(text[start:low])
            start = high
        return [*out, text[start:]]

    return Op(_blaming(parts), fails=True)


def item(*, ansi: bool) -> Op:
    """Return one of several texts, the first of which is 0; out of range it is null, or raises under ANSI mode."""
    if not ansi:
        return Op(lambda texts, number: texts[number] if 0 <= number < len(texts) else None)

    def checked(texts: list[str], number: int, place: int) -> str:
        if not 0 <= number < len(texts):
            raise Invalid(f"there is no [{number}] of {len(texts)} texts", place)
        return texts[number]

    return Op(checked, fails=True)


def extracts(pattern: str, group: int) -> Op:
    """Return a group of the first match of a Java pattern, an empty text if there is none."""
    compiled = java_pattern(pattern)
    if not 0 <= group <= compiled.groups:
        raise MistypedError(f"the pattern {pattern!r} has {compiled.groups} groups, and no group {group}")
    return Op(_blaming(lambda text: compiled.group(text, group) or ""), fails=True)


def _blaming(function: Callable[[str], Any]) -> Callable[[str, int], Any]:
    def blamed(text: str, place: int) -> Any:
        try:
            return function(text)
        except Invalid as e:
            raise Invalid(e.reason, place) from None

    return blamed
