"""Counts as they are said."""

from __future__ import annotations


def many(count: int, noun: str) -> str:
    """Say how many there are: `1 stage`, `2,000 stages`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
