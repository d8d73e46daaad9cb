"""A whole decision policy: one block after the other, each in a file of its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from policy.diagnostics import Diagnostic, Span, errors
from policy.source import Mapping, Node, plain
from policy.spec.actions import ActionSpec, read_actions
from policy.spec.bands import BandSpec, read_bands
from policy.spec.cases import CaseSpec, read_cases
from policy.spec.inputs import InputSpec, read_inputs
from policy.spec.on_error import OnError, read_on_error
from policy.spec.reader import Reader
from policy.spec.score import ScoreSpec, read_score

REQUIRED = ("decision", "inputs", "score", "actions", "bands", "on_error")
KEYS = (
    "decision",
    "description",
    "inputs",
    "unknown_facts",
    "score",
    "actions",
    "bands",
    "on_error",
    "cases",
)
LATER = {
    "segments": "other bands for a part of the traffic",
    "rules": "conditions that change the action",
    "lists": "named lists for rules",
    "define": "named conditions",
    "tables": "decision tables",
    "rollout": "arms of an experiment",
    "ranking": "a policy that ranks items",
}

_UNKNOWN_FACTS = ("ignore", "refuse")
_FORMAT = "scoregate/1\n"  # begins what is hashed, so that a new meaning of the same text gives new versions


@dataclass(frozen=True, slots=True)
class DecisionSpec:
    """What a policy file says. `version` is "sha256:…" of all that can change a decision."""

    name: str
    description: str
    inputs: tuple[InputSpec, ...]
    unknown_facts: str
    score: ScoreSpec
    actions: tuple[ActionSpec, ...]
    bands: tuple[BandSpec, ...]
    on_error: OnError
    cases: tuple[CaseSpec, ...]
    version: str
    span: Span
    name_span: Span

    @property
    def ladder(self) -> tuple[str, ...]:
        """The names of the actions, mildest first."""
        return tuple(action.name for action in self.actions)


def read_decision(root: Node) -> tuple[DecisionSpec | None, list[Diagnostic]]:
    """The spec of a policy file, or None, and everything that is wrong with it."""
    reader = Reader()
    fields = {
        word: value for word, (_, value) in reader.record(root, "a policy", KEYS, REQUIRED, LATER).items()
    }
    name = reader.name(fields["decision"], "the name of a decision") if "decision" in fields else None
    description = reader.text(fields["description"], "`description`") if "description" in fields else None
    unknown = fields.get("unknown_facts")
    inputs = read_inputs(fields["inputs"], reader) if "inputs" in fields else ()
    actions = read_actions(fields["actions"], reader) if "actions" in fields else ()
    ladder = tuple(action.name for action in actions)
    by_name = {spec.name: spec for spec in inputs}
    spec = DecisionSpec(
        name=name or "",
        description=description or "",
        inputs=inputs,
        unknown_facts=(unknown and reader.choice(unknown, "`unknown_facts`", _UNKNOWN_FACTS)) or "ignore",
        score=read_score(fields["score"], by_name, reader) if "score" in fields else ScoreSpec(root.span),
        actions=actions,
        bands=read_bands(fields["bands"], ladder, reader) if "bands" in fields else (),
        on_error=read_on_error(fields["on_error"], ladder, reader) if "on_error" in fields else OnError(""),
        cases=read_cases(fields["cases"], ladder, reader) if "cases" in fields else (),
        version=content_hash(root),
        span=root.span,
        name_span=fields["decision"].span if "decision" in fields else root.span,
    )
    _check_score_name(spec, reader)
    return (None if errors(reader.found) else spec), reader.found


def _check_score_name(spec: DecisionSpec, reader: Reader) -> None:
    for one in spec.inputs:
        if one.name == "score" and spec.score.fact != "score":
            found = "in a condition `score` means the number that the bands divide"
            reader.note("E115", "`score` cannot name an input that is not the score", one.span, found)


def content_hash(root: Node) -> str:
    """The version of a policy: the hash of its parsed content, without descriptions and cases.

    Comments, quotes, indentation and 0.40 in place of 0.4 do not change it. The order of keys does, since
    the order of actions decides.
    """
    content = plain(root)
    if isinstance(root, Mapping):
        content = {key: value for key, value in content.items() if key not in ("description", "cases")}
        inputs = content.get("inputs")
        if isinstance(inputs, dict):
            content["inputs"] = {name: _without_description(one) for name, one in inputs.items()}
    text = json.dumps(_canonical(content), separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256((_FORMAT + text).encode()).hexdigest()


def _without_description(one: Any) -> Any:
    return (
        {key: value for key, value in one.items() if key != "description"} if isinstance(one, dict) else one
    )


def _canonical(value: Any) -> Any:
    """Numbers that are equal become the same text; keys become strings that tell their type."""
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else f"\0{type(key).__name__} {key}": _canonical(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
