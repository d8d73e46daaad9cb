"""What a plain scalar means by the core schema of YAML 1.2.2 (section 10.3.2)."""

from __future__ import annotations

import re
from typing import Any

MAX_DIGITS = 400  # of a number: more than a double can tell apart

_INT = re.compile(r"[-+]?[0-9]+").fullmatch
_OCTAL = re.compile(r"0o[0-7]+").fullmatch
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+").fullmatch
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?").fullmatch
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("null", "Null", "NULL", "~", "")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


def resolve(text: str) -> Any:
    """None, a bool, an int or a double; or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    value = _number(text)
    return text if value is None else value


def is_endless(text: str) -> bool:
    """Whether the text is a number of more digits than are read."""
    return len(text) > MAX_DIGITS and bool(_FLOAT(text) or _HEXADECIMAL(text) or _OCTAL(text))


def _number(text: str) -> int | float | None:
    if len(text) > MAX_DIGITS:
        return None
    if _INT(text):
        return int(text)
    if _FLOAT(text):
        return float(text)
    if _OCTAL(text):
        return int(text, 8)
    return int(text, 16) if _HEXADECIMAL(text) else None
