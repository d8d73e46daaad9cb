"""`segments:`, other thresholds for a part of the traffic; what a segment does not say is inherited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from policy.diagnostics import Span
from policy.source import Node
from policy.spec.bands import BandSpec, check_bands
from policy.spec.conditions import Condition, Names, read_condition
from policy.spec.reader import Reader
from policy.spec.rules import check_unique

MAX_SEGMENTS = 200
KEYS = ("name", "when", "bands", "description")


@dataclass(frozen=True, slots=True)
class SegmentSpec:
    """A part of the traffic with bands of its own: all of them, those inherited too."""

    name: str
    when: Condition
    bands: tuple[BandSpec, ...]
    span: Span
    name_span: Span
    description: str = ""


def read_segments(
    node: Node, bands: Sequence[BandSpec], ladder: Sequence[str], names: Names, reader: Reader
) -> tuple[SegmentSpec, ...]:
    """The block `segments:`; `bands` are those of the policy, which segments change."""
    items = reader.items(node, "`segments`")
    if len(items) > MAX_SEGMENTS:
        reader.note("E103", f"{len(items):,} segments, more than {MAX_SEGMENTS}", node.span)
        return ()
    found = [one for item in items if (one := _read_segment(item, bands, ladder, names, reader))]
    check_unique([(one.name, one.name_span) for one in found], "segment", reader)
    return tuple(found)


def _read_segment(
    node: Node, bands: Sequence[BandSpec], ladder: Sequence[str], names: Names, reader: Reader
) -> SegmentSpec | None:
    fields = reader.record(node, "a segment", KEYS, ("name", "when", "bands"))
    name_node = fields["name"][1] if "name" in fields else None
    name = None if name_node is None else reader.name(name_node, "the name of a segment")
    said = f"the condition of `{name}`" if name else "the condition of a segment"
    when = read_condition(fields["when"][1], names, reader, said) if "when" in fields else None
    changed = _changed(fields["bands"][1], bands, ladder, reader) if "bands" in fields else None
    described = reader.text(fields["description"][1], "`description`") if "description" in fields else None
    if name is None or name_node is None or when is None or changed is None:
        return None
    return SegmentSpec(name, when, changed, node.span, name_node.span, described or "")


def _changed(
    node: Node, bands: Sequence[BandSpec], ladder: Sequence[str], reader: Reader
) -> tuple[BandSpec, ...] | None:
    """The bands of the policy with the edges that the segment moves; a band may be new, or `~` to take it away."""
    merged = {band.action: band for band in bands}
    before = len(reader.found)
    fields = reader.fields(node, "`bands` of a segment")
    for key, value in fields.values():
        action = reader.choice(key, "the action of a band", ladder, code="E131")
        if action is None:
            continue
        if getattr(value, "value", 0) is None:
            merged.pop(action, None)
            continue
        lower = reader.number(value, f"the start of `{action}`")
        if lower is not None:
            known = merged.get(action)
            moved = BandSpec(action, lower, key.span, value.span)
            merged[action] = (
                moved if known is None else replace(known, lower=lower, span=key.span, number=value.span)
            )
    result = tuple(sorted(merged.values(), key=lambda band: ladder.index(band.action)))
    if len(reader.found) == before:
        check_bands(result, ladder, node, reader)
    return result if len(reader.found) == before else None
