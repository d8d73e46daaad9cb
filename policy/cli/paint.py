"""Colours for a terminal, and only there."""

from __future__ import annotations

import os
from typing import IO, Any

import click

from policy.diagnostics import Style

_ROLES: dict[str, dict[str, Any]] = {
    "place": {"bold": True},
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "note": {"fg": "cyan", "bold": True},
    "caret": {"fg": "red", "bold": True},
    "gutter": {"fg": "blue"},
    "help": {"fg": "cyan"},
    "good": {"fg": "green", "bold": True},
}


def coloured(stream: IO[str]) -> bool:
    """Whether the stream is a terminal whose user has not asked for plain text (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def painter(stream: IO[str]) -> Style:
    """A style for text that goes to the stream: colours by role, or none."""
    if not coloured(stream):
        return lambda _role, text: text
    return lambda role, text: click.style(text, **_ROLES.get(role, {}))
