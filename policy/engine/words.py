"""Reasons in words, for people."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def in_words(reason: dict[str, Any]) -> str:
    """One reason in words; one of a later kind as its members."""
    words = _WORDS.get(reason["code"])
    return json.dumps(reason, ensure_ascii=False) if words is None else words(reason)


def _rule(reason: dict[str, Any]) -> str:
    effects = {"action": "decides", "at_least": "asks for at least", "at_most": "allows at most"}
    said = " and ".join(f"{word} `{reason[key]}`" for key, word in effects.items() if key in reason)
    values = ", ".join(
        f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in reason["values"].items()
    )
    idle = "" if reason["acted"] else ", which changes nothing here"
    return f"the rule `{reason['rule']}` {said}{idle}" + (f" ({values})" if values else "")


def _unknown(reason: dict[str, Any]) -> str:
    why = f"without {', '.join(reason['facts'])}" if reason["facts"] else "something cannot be computed"
    did = {"skip": "is skipped", "fire": "fires"}.get(reason["did"], f"asks for at least `{reason['did']}`")
    return f"the rule `{reason['rule']}` is unknown ({why}), and {did}"


def _on_error(reason: dict[str, Any]) -> str:
    place = f" ({reason['pointer']})" if reason.get("pointer") else ""
    return f"degraded: {reason['cause']}{place}"


def _store(reason: dict[str, Any]) -> str:
    if "missing" in reason:
        return f"the store has no score: {reason['missing']}"
    return f"the score was computed beforehand, at {reason['at']}"


_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "band": lambda reason: f"the score lies in the band `{reason['band']}`",
    "segment": lambda reason: f"the bands are those of the segment `{reason['segment']}`",
    "rule": _rule,
    "unknown": _unknown,
    "preview": lambda reason: (
        f"in preview, not applied: with `{reason['rule']}` it would be `{reason['would']}`"
    ),
    "needs": lambda reason: f"what `{reason['action']}` needs is not so: `{reason['else']}` in its place",
    "on_error": _on_error,
    "store": _store,
    "completed": lambda reason: f"`{reason['action']}` is completed, and counts as allow",
}
