"""What no case covers: the model, a band, a rule."""

from __future__ import annotations

from policy.spec.decision import DecisionSpec
from policy.spec.reader import Reader


def check_model_runs(spec: DecisionSpec, label: str | None, reader: Reader) -> None:
    """Note a model that no case runs; `label` is the class whose probability its output is, if known."""
    score = spec.score
    if score.model is None or any(case.score is None for case in spec.cases):
        return
    output = f"`{score.output}`"
    note = f"{output} may silently be the probability of the other class"
    if label is not None:
        note = f"by the model's labels {output} is the probability of `{label}`"
    hints = ("add a case with the facts of a known record and without `score`",)
    span = score.output_span or score.span
    reader.note("W401", "no case runs the model", span, note, hints=hints, severity="warning")


def check_bands_covered(spec: DecisionSpec, reader: Reader) -> None:
    """Note bands that no case expects or lies in."""
    if not spec.cases:
        return
    covered = {case.expected.band or case.expected.action for case in spec.cases}
    for case in spec.cases:
        if case.score is not None:
            covered.update([band.action for band in spec.bands if band.lower <= case.score][-1:])
    for band in spec.bands:
        if band.action not in covered:
            hints = (f"add a case with `score: {band.lower:g}`",)
            reader.note(
                "W402", f"no case covers the band `{band.action}`", band.span, hints=hints, severity="note"
            )
