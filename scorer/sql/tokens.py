"""The text of a statement as tokens: bounded in size and depth, its string literals as Spark reads them.

Source: org.apache.spark.sql.catalyst.util.SparkParserUtils.unescapeSQLString.
"""

from __future__ import annotations

import re
from typing import Any

from scorer.sql import door

MAX_TEXT, MAX_TOKENS, MAX_NEST = 50_000, 5_000, 30
_PREFIX = {"NOT", "!", "-", "+", "~"}
_OPEN, _CLOSE = {"(", "[", "CASE"}, {")", "]", "END"}
_VALUES = {
    "VAR", "IDENTIFIER", "NUMBER", "STRING", "RAW_STRING", "R_PAREN", "R_BRACKET", "END", "NULL", "TRUE", "FALSE",
    "DOUBLE", "FLOAT", "BIGINT", "SMALLINT", "TINYINT", "DECIMAL",
}  # fmt: skip
_LETTERS = {
    "0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))")


def tokenize(text: str, *, doubled: bool) -> list[Any]:
    """Return sqlglot's tokens of Spark's dialect; `doubled`: two quotes in a literal are one (after Spark 4.0).

    Raises ValueError for what is too long, too deep or no text of tokens.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"the statement has more than {MAX_TEXT} characters")
    if not text.isascii() and any(0xD800 <= ord(letter) < 0xE000 for letter in text):
        raise ValueError("the statement holds half of a character")
    try:
        tokens: list[Any] = list(dialect().tokenize(text))
    except door.parser().errors.SqlglotError as e:
        raise ValueError(f"the statement is not SQL: {first_line(e)}") from None
    if len(tokens) > MAX_TOKENS:
        raise ValueError(f"the statement has more than {MAX_TOKENS} words")
    tokens = _whole_numbers(tokens, text)
    _check_depth(tokens)
    _check_signs(tokens)
    for token in tokens:
        if token.token_type.name == "STRING":
            token.text = unescaped(text[token.start + 1 : token.end])
    return _joined(tokens, text) if doubled else tokens


def dialect() -> Any:
    """Return sqlglot's dialect of Spark."""
    return door.parser().Dialect.get_or_raise("spark")


def first_line(error: Exception) -> str:
    """Return what an error of sqlglot says, without the text that it underlines."""
    return re.sub(r"\x1b\[\d*m", "", str(error)).partition("\n")[0][:200]


def _whole_numbers(tokens: list[Any], text: str) -> list[Any]:
    """Put a number and its suffix together, of which sqlglot makes a cast in three tokens of one place."""
    out: list[Any] = []
    for token in tokens:
        if out and token.start == out[-1].start and out[-1].token_type.name == "NUMBER":
            out[-1].text = text[token.start : token.end + 1]
        else:
            out.append(token)
    return out


def _check_depth(tokens: list[Any]) -> None:
    depth = run = 0
    for token in tokens:
        word = token.text.upper() if token.token_type.name != "STRING" else ""
        depth += (word in _OPEN) - (word in _CLOSE)
        run = run + 1 if word in _PREFIX else 0
        if depth + run > MAX_NEST:
            raise ValueError(f"the statement is nested more than {MAX_NEST} deep")


def _check_signs(tokens: list[Any]) -> None:
    """Refuse a plus before a value: sqlglot forgets it, and Spark has it in a column's name."""
    before = "COMMA"
    for token in tokens:
        kind = token.token_type.name
        if kind == "PLUS" and before not in _VALUES:
            raise ValueError("a + before a value is not supported")
        before = kind


def unescaped(raw: str) -> str:
    r"""Read the inside of a literal: `\n`, `\'`, `\u0041`, `\101`; `\%` and `\_` keep their backslash."""

    def letter(found: re.Match[str]) -> str:
        code, wide, octal, other = found.groups()
        if code or wide:
            number = int(code or wide, 16)
            return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
        return chr(int(octal, 8)) if octal else _LETTERS.get(other, other)

    return _ESCAPE.sub(letter, raw) if "\\" in raw else raw


def _joined(tokens: list[Any], text: str) -> list[Any]:
    """Join literals that stand without a blank between them, with the quote that both have there."""
    out: list[Any] = []
    end = -2
    for token in tokens:
        quote = text[token.start] if token.token_type.name == "STRING" else ""
        beside = bool(out) and token.start == end + 1 and out[-1].token_type.name == "STRING"
        if quote and beside and text[end] == quote:
            out[-1].text += quote + token.text
            end = token.end
            continue
        out.append(token)
        end = token.end
    return out
