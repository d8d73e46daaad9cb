"""Containers opened: a pipeline, or the best model of a search, as the stages that it holds."""

from __future__ import annotations

from collections.abc import Iterable

from scorer.saved import Saved
from scorer.stage import Expansion, expansion
from scorer.wiring import damaged


def flatten(saved: Saved, depth: int = 0) -> Iterable[Saved]:
    """Yield the stages that score, containers opened, in order."""
    expand = expansion(saved.class_name)
    if expand is None:
        yield saved
        return
    if depth > 32:
        raise saved.fail("pipelines are nested more than 32 deep")
    for child in _expanded(expand, saved):
        if child.place == saved.place:
            yield child  # what a container does itself after its stages
        else:
            yield from flatten(child, depth + 1)


def children(saved: Saved) -> list[Saved] | None:
    """Return what a container holds, in order; None for a stage that scores by itself."""
    expand = expansion(saved.class_name)
    return None if expand is None else list(_expanded(expand, saved))


def _expanded(expand: Expansion, saved: Saved) -> Iterable[Saved]:
    """Open a container within `damaged`."""
    with damaged(saved):
        yield from expand(saved)
