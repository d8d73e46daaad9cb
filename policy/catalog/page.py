"""The page of a diagnostic's code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """What a code means, why it is one, what to do instead.

    example: the least that produces it: blocks of a policy file whose other blocks are sound, or a call in Python.
    """

    title: str
    what: str
    why: str
    instead: str
    example: str
