"""Strings: tests, parts and changes of case. Characters are Unicode code points, from 0."""

from __future__ import annotations

import string
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from policy.expr.functions import function
from policy.expr.machine import MAX_LIST, MAX_TEXT

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)
_QUOTED = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}

# The code points with the Unicode property White_Space, which `trim` removes.
WHITE = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)


@function(
    "contains",
    "string.(string) -> bool",
    doc="True if the text holds the part.",
    examples=["'login'.contains('gi')"],
    template="{1} in {0}",
)
def contains(text: str, part: str) -> bool:
    return part in text


@contains.batch
def _(text: pa.Array, part: str) -> Any:
    return pc.match_substring(text, part)


@function(
    "startsWith",
    "string.(string) -> bool",
    doc="True if the text begins with the prefix.",
    examples=["'login'.startsWith('log')"],
    template="{0}.startswith({1})",
)
def starts_with(text: str, prefix: str) -> bool:
    return text.startswith(prefix)


@starts_with.batch
def _(text: pa.Array, prefix: str) -> Any:
    return pc.starts_with(text, prefix)


@function(
    "endsWith",
    "string.(string) -> bool",
    doc="True if the text ends with the suffix.",
    examples=["'login'.endsWith('in')"],
    template="{0}.endswith({1})",
)
def ends_with(text: str, suffix: str) -> bool:
    return text.endswith(suffix)


@ends_with.batch
def _(text: pa.Array, suffix: str) -> Any:
    return pc.ends_with(text, suffix)


@function(
    "size",
    "(string) -> int",
    "string.() -> int",
    doc="The number of characters.",
    examples=["size('πέντε') == 5", "'login'.size() == 5"],
    template="len({0})",
)
def size(text: str) -> int:
    return len(text)


@size.batch
def _(text: pa.Array) -> Any:
    return pc.utf8_length(text)


@function(
    "lowerAscii",
    "string.() -> string",
    doc="The text with A to Z in lower case; other letters stay.",
    examples=["'Straße TÜR'.lowerAscii() == 'straße tÜr'"],
)
def lower_ascii(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_LOWER)


@lower_ascii.batch
def _(text: pa.Array) -> Any:
    return pc.ascii_lower(text)


@function(
    "upperAscii",
    "string.() -> string",
    doc="The text with a to z in upper case; other letters stay.",
    examples=["'Straße'.upperAscii() == 'STRAßE'"],
)
def upper_ascii(text: str) -> str:
    return text.upper() if text.isascii() else text.translate(_UPPER)


@upper_ascii.batch
def _(text: pa.Array) -> Any:
    return pc.ascii_upper(text)


@function(
    "trim",
    "string.() -> string",
    doc="The text without white space at both ends.",
    examples=["'  a b '.trim() == 'a b'"],
)
def trim(text: str) -> str:
    return text.strip(WHITE)


@function(
    "charAt",
    "string.(int) -> string",
    partial=True,
    doc="The character at a place, empty right after the last; unknown further out.",
    examples=["'login'.charAt(0) == 'l'", "'login'.charAt(5) == ''"],
)
def char_at(text: str, place: int) -> str | None:
    return text[place : place + 1] if 0 <= place <= len(text) else None


@function(
    "indexOf",
    "string.(string) -> int",
    "string.(string, int) -> int",
    partial=True,
    doc="The first place of the part, at or after a place if one is given; -1 if there is none, unknown for a place "
    "outside of the text.",
    examples=["'banana'.indexOf('an') == 1", "'banana'.indexOf('an', 2) == 3", "'banana'.indexOf('x') == -1"],
)
def index_of(text: str, part: str, place: int = 0) -> int | None:
    return text.find(part, place) if 0 <= place <= len(text) else None


@function(
    "lastIndexOf",
    "string.(string) -> int",
    "string.(string, int) -> int",
    partial=True,
    doc="The last place of the part, at or before a place if one is given; -1 if there is none, unknown for a place "
    "outside of the text.",
    examples=["'banana'.lastIndexOf('an') == 3", "'banana'.lastIndexOf('an', 2) == 1"],
)
def last_index_of(text: str, part: str, place: int | None = None) -> int | None:
    if place is None:
        return text.rfind(part)
    return text.rfind(part, 0, place + len(part)) if 0 <= place <= len(text) else None


@function(
    "substring",
    "string.(int) -> string",
    "string.(int, int) -> string",
    partial=True,
    doc="The text from a place, up to before another if one is given; unknown if a place lies outside of the text.",
    examples=["'banana'.substring(2) == 'nana'", "'banana'.substring(2, 4) == 'na'"],
)
def substring(text: str, start: int, end: int | None = None) -> str | None:
    stop = len(text) if end is None else end
    return text[start:stop] if 0 <= start <= stop <= len(text) else None


@function(
    "replace",
    "string.(string, string) -> string",
    "string.(string, string, int) -> string",
    partial=True,
    doc=f"The text with every part, or the first so many, replaced; unknown beyond {MAX_TEXT:,} characters.",
    examples=["'banana'.replace('an', 'o') == 'booa'", "'banana'.replace('an', 'o', 1) == 'boana'"],
)
def replace(text: str, old: str, new: str, limit: int = -1) -> str | None:
    found = text.count(old) if limit < 0 else min(limit, text.count(old))
    if len(text) + found * (len(new) - len(old)) > MAX_TEXT:
        return None
    return text.replace(old, new, found)


@function(
    "split",
    "string.(string) -> list(string)",
    "string.(string, int) -> list(string)",
    partial=True,
    doc=f"The pieces between separators, at most so many if a number is given; an empty separator splits characters. "
    f"Unknown beyond {MAX_LIST:,} pieces.",
    examples=["'a,b,c'.split(',') == ['a', 'b', 'c']", "'a,b,c'.split(',', 2) == ['a', 'b,c']"],
)
def split(text: str, separator: str, limit: int = -1) -> tuple[str, ...] | None:
    if limit == 0:
        return ()
    most = min(limit, MAX_LIST + 1) if limit > 0 else MAX_LIST + 1
    if separator:
        pieces = text.split(separator, most - 1)
    else:
        pieces = [*text[: most - 1], *([text[most - 1 :]] if len(text) >= most or not text else [])]
    return tuple(pieces) if len(pieces) <= MAX_LIST else None


@function(
    "join",
    "list(string).() -> string",
    "list(string).(string) -> string",
    partial=True,
    doc=f"The items one after the other, with a separator between them if one is given; unknown if an item is, or "
    f"beyond {MAX_TEXT:,} characters.",
    examples=["['a', 'b'].join('-') == 'a-b'"],
)
def join(items: tuple[str | None, ...], separator: str = "") -> str | None:
    known = [item for item in items if item is not None]
    length = sum(map(len, known)) + len(separator) * max(len(items) - 1, 0)
    return separator.join(known) if len(known) == len(items) and length <= MAX_TEXT else None


@function(
    "reverse",
    "string.() -> string",
    doc="The characters in the opposite order.",
    examples=["'gums'.reverse() == 'smug'"],
)
def reverse(text: str) -> str:
    return text[::-1]


@function(
    "strings.quote",
    "(string) -> string",
    partial=True,
    doc="The text in double quotes, with the escapes of a literal.",
    examples=["strings.quote('a\"b') == '\"a\\\\\"b\"'"],
)
def quote(text: str) -> str | None:
    quoted = "".join(_QUOTED.get(char, char) for char in text)
    return f'"{quoted}"' if len(quoted) <= MAX_TEXT else None
