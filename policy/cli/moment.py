"""The time of a decision on the command line: told, or the clock's."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from policy.spec.values import timestamp


def time_of(text: str | None) -> datetime:
    """The time that the text means, now without one. Raises click.ClickException."""
    if text is None:
        return datetime.now(UTC)
    found = timestamp(text if "T" in text or "t" in text else f"{text}T00:00:00Z")
    if found is None:
        raise click.ClickException(f"`{text}` is no time; write it as 2026-01-31 or 2026-01-31T12:00:00Z")
    return found
