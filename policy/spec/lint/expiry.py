"""Entries of lists that no longer count at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from policy.diagnostics import Diagnostic
from policy.spec.decision import DecisionSpec
from policy.spec.entries import Entry, ListSpec
from policy.spec.lists import expired
from policy.spec.values import plain

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def expiries(spec: DecisionSpec, at: datetime) -> list[Diagnostic]:
    """A warning for every entry that is past its expiry at a time."""
    now = (at - _EPOCH) // _MICROSECOND
    return [_warning(one, entry) for one in spec.lists for entry in expired(one, now)]


def _warning(one: ListSpec, entry: Entry) -> Diagnostic:
    until = plain(_EPOCH + (entry.expires_us or 0) * _MICROSECOND)
    owner = f"; {entry.owner} owns it" if entry.owner else ""
    reason = f"; {entry.reason}" if entry.reason else ""
    return Diagnostic(
        "W425",
        f"an entry of `{one.name}` has expired",
        entry.span,
        (f"it counts until {until}{owner}{reason}",),
        ("remove it, or give it a later `expires`",),
        "warning",
    )
