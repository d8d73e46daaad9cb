"""What is declared and read by nothing: inputs, lists, definitions."""

from __future__ import annotations

from collections.abc import Collection

from policy.spec.conditions import LISTS
from policy.spec.decision import DecisionSpec
from policy.spec.reader import Reader


def check_unused(spec: DecisionSpec, read: Collection[str], reader: Reader) -> None:
    """Note what is read by nothing; `read` are the names that the model and all conditions read.

    Where a policy has neither a model nor conditions, its inputs are for the log.
    """
    reading = bool(spec.used) or (spec.score.model is not None and bool(read))
    for one in spec.inputs:
        if reading and one.name not in read and not one.logged:
            hints = ("remove it; if only the log needs it, say so with `log: clear`",)
            reader.note(
                "W410", f"nothing reads the input `{one.name}`", one.span, hints=hints, severity="note"
            )
    for listed in spec.lists:
        if f"{LISTS}{listed.name}" not in read:
            hints = (f"write `… in {LISTS}{listed.name}` in a condition, or remove the list",)
            message = f"no condition reads the list `{listed.name}`"
            reader.note("W411", message, listed.span, hints=hints, severity="warning")
    for definition in spec.definitions:
        if definition.name not in read:
            hints = (f"write `{definition.name}` in a condition, or remove the definition",)
            message = f"no condition reads the definition `{definition.name}`"
            reader.note("W412", message, definition.span, hints=hints, severity="warning")
