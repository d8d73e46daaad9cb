"""`bands:`, the score at which each action starts.

Bands are half-open, the last one closed; gaps and overlaps cannot be written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from policy.diagnostics import Span
from policy.source import Mapping, Node, Scalar
from policy.spec.reader import Reader, place


@dataclass(frozen=True, slots=True)
class BandSpec:
    """An action and the score at which it starts."""

    action: str
    lower: float
    span: Span  # of the action
    number: Span  # of the score


def read_bands(node: Node, actions: Sequence[str], reader: Reader) -> tuple[BandSpec, ...]:
    """The block `bands:`; `actions` is the ladder, mildest first."""
    if isinstance(node, Mapping) and not node.entries:
        reader.note("E132", "`bands` must hold at least one band, which starts at 0", node.span)
    fields = reader.fields(node, "`bands`").values()
    bands = [band for key, value in fields if (band := _read_band(key, value, actions, reader))]
    if bands and len(bands) == len(fields):
        _check_start(bands[0], reader)
    for before, after in pairwise(bands):
        _check_pair(before, after, actions, reader)
    return tuple(bands)


def check_bands(bands: Sequence[BandSpec], actions: Sequence[str], node: Node, reader: Reader) -> None:
    """Note whatever keeps bands that were put together from tiling 0 to 1 in the order of the ladder."""
    for band in bands:
        if not 0.0 <= band.lower <= 1.0:
            reader.note("E134", f"the start of `{band.action}` must lie between 0 and 1", band.number)
            return
    if not bands:
        reader.note("E132", "at least one band must be left, which starts at 0", node.span)
        return
    _check_start(bands[0], reader)
    for before, after in pairwise(bands):
        _check_pair(before, after, actions, reader)


def _read_band(key: Scalar, node: Node, actions: Sequence[str], reader: Reader) -> BandSpec | None:
    action = reader.choice(key, "the action of a band", actions, code="E131")
    lower = reader.number(node, f"the start of `{key.value}`")
    if lower is not None and not 0.0 <= lower <= 1.0:
        hints = (f"write {lower / 100:g} for {lower:g} %",) if 1.0 < lower <= 100.0 else ()
        message = f"the start of `{key.value}` must lie between 0 and 1"
        reader.note("E134", message, node.span, hints=hints)
        return None
    return None if action is None or lower is None else BandSpec(action, lower, key.span, node.span)


def _check_start(first: BandSpec, reader: Reader) -> None:
    if first.lower != 0.0:
        found = f"scores below {first.lower} would have no action"
        reader.note("E132", "the first band must start at 0", first.number, found)


def _check_pair(before: BandSpec, after: BandSpec, actions: Sequence[str], reader: Reader) -> None:
    if after.lower <= before.lower:
        found = f"`{before.action}`, above it, starts at {before.lower} ({place(before.number)})"
        message = f"`{after.action}` must start above {before.lower}"
        reader.note("E133", message, after.number, found, hints=("write the bands from the lowest score up",))
    if actions.index(after.action) < actions.index(before.action):
        found = f"`{before.action}` has lower scores ({place(before.span)}) but is the stricter action"
        message = f"`{after.action}` is milder than `{before.action}`, and cannot follow it"
        hints = ("the order of `actions` is the ladder, mildest first",)
        reader.note("E135", message, after.span, found, hints=hints)
