"""A whole decision policy: one block after the other, each in a file of its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from policy.diagnostics import Diagnostic, Span, errors
from policy.source import Mapping, Node, plain
from policy.spec.actions import ActionSpec, ladder_of, read_actions
from policy.spec.bands import BandSpec, read_bands
from policy.spec.beside import Files, filled_lists, filled_tables
from policy.spec.cases import CaseSpec, Words, names_in, read_cases
from policy.spec.conditions import names_of
from policy.spec.define import Definition, read_definitions
from policy.spec.entries import ListSpec
from policy.spec.inputs import InputSpec, read_inputs
from policy.spec.lists import contents as list_contents
from policy.spec.lists import read_lists, variables
from policy.spec.on_error import OnError, read_on_error
from policy.spec.reader import Reader
from policy.spec.rules import RuleSpec, read_rules
from policy.spec.score import ScoreSpec, read_score
from policy.spec.segments import SegmentSpec, read_segments
from policy.spec.tables import TableSpec, read_tables
from policy.spec.tables import contents as table_contents

REQUIRED = ("decision", "inputs", "score", "actions", "bands", "on_error")
KEYS = (
    "decision",
    "description",
    "inputs",
    "unknown_facts",
    "score",
    "actions",
    "bands",
    "lists",
    "define",
    "segments",
    "rules",
    "tables",
    "on_error",
    "cases",
)
LATER = {
    "rollout": "arms of an experiment",
    "ranking": "a policy that ranks items",
}

UNKNOWN_FACTS = ("ignore", "refuse")
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
    lists: tuple[ListSpec, ...] = ()
    definitions: tuple[Definition, ...] = ()
    segments: tuple[SegmentSpec, ...] = ()
    rules: tuple[RuleSpec, ...] = ()
    tables: tuple[TableSpec, ...] = ()
    used: frozenset[str] = frozenset()  # the names that conditions read, definitions too

    @property
    def ladder(self) -> tuple[str, ...]:
        """The names of the actions, mildest first."""
        return tuple(action.name for action in self.actions)


def read_decision(root: Node, files: Files | None = None) -> tuple[DecisionSpec | None, list[Diagnostic]]:
    """The spec of a policy file, or None, and everything that is wrong with it.

    files: what the files hold that lists and tables name, see `policy.spec.beside.paths`.
    """
    reader, beside = Reader(), files or {}
    fields = {
        word: value for word, (_, value) in reader.record(root, "a policy", KEYS, REQUIRED, LATER).items()
    }
    name = reader.name(fields["decision"], "the name of a decision") if "decision" in fields else None
    description = reader.text(fields["description"], "`description`") if "description" in fields else None
    unknown = fields.get("unknown_facts")
    inputs = read_inputs(fields["inputs"], reader) if "inputs" in fields else ()
    names = names_of(inputs)
    lists = filled_lists(read_lists(fields["lists"], reader), beside, reader) if "lists" in fields else ()
    names.variables |= variables(lists)
    definitions = read_definitions(fields["define"], names, reader) if "define" in fields else ()
    actions = read_actions(fields["actions"], names, reader) if "actions" in fields else ()
    ladder = ladder_of(fields["actions"]) if "actions" in fields else ()
    bands = read_bands(fields["bands"], ladder, reader) if "bands" in fields else ()
    segments: tuple[SegmentSpec, ...] = ()
    rules: tuple[RuleSpec, ...] = ()
    if "segments" in fields:
        segments = read_segments(fields["segments"], bands, ladder, names, reader)
    if "rules" in fields:
        rules = read_rules(fields["rules"], ladder, names, reader)
    tables = read_tables(fields["tables"], ladder, names, reader) if "tables" in fields else ()
    tables = filled_tables(tables, beside, ladder, names, reader)
    words = Words(ladder, *(names_in(fields.get(block)) for block in ("rules", "tables", "segments")))
    by_name = {spec.name: spec for spec in inputs}
    spec = DecisionSpec(
        name=name or "",
        description=description or "",
        inputs=inputs,
        unknown_facts=(unknown and reader.choice(unknown, "`unknown_facts`", UNKNOWN_FACTS)) or "ignore",
        score=read_score(fields["score"], by_name, names, reader)
        if "score" in fields
        else ScoreSpec(root.span),
        actions=actions,
        bands=bands,
        on_error=read_on_error(fields["on_error"], ladder, reader) if "on_error" in fields else OnError(""),
        cases=read_cases(fields["cases"], words, reader) if "cases" in fields else (),
        version=content_hash(root, {**list_contents(lists), **table_contents(tables)}),
        span=root.span,
        name_span=fields["decision"].span if "decision" in fields else root.span,
        lists=lists,
        definitions=definitions,
        segments=segments,
        rules=rules,
        tables=tables,
        used=frozenset(names.used),
    )
    _check_score_name(spec, reader)
    return (None if errors(reader.found) else spec), reader.found


def model_of(root: Node) -> ScoreSpec | None:
    """The block `score` of a policy file that does not load; None if it names no model."""
    reader = Reader()  # what is wrong here, `read_decision` has told
    fields = reader.record(root, "a policy", KEYS, REQUIRED, LATER)
    if "score" not in fields:
        return None
    score = read_score(fields["score"][1], {}, names_of(()), reader)
    return None if score.model is None else score


def words(spec: DecisionSpec) -> Words:
    """The names that the cases of a policy may use."""
    return Words(
        spec.ladder,
        [rule.name for rule in spec.rules],
        [table.name for table in spec.tables],
        [segment.name for segment in spec.segments],
    )


def _check_score_name(spec: DecisionSpec, reader: Reader) -> None:
    for one in spec.inputs:
        if one.name == "score" and spec.score.fact != "score":
            found = "in a condition `score` means the number that the bands divide"
            reader.note("E115", "`score` cannot name an input that is not the score", one.span, found)


def content_hash(root: Node, beside: dict[str, Any] | None = None) -> str:
    """The version of a policy: the hash of its parsed content, without descriptions and cases.

    beside: what of the files of lists and tables can change a decision, as plain data.

    Comments, quotes, indentation and 0.40 in place of 0.4 do not change it. The order of keys does, since
    the order of actions decides.
    """
    content = plain(root)
    if isinstance(root, Mapping):
        content = {key: value for key, value in content.items() if key not in ("description", "cases")}
        inputs = content.get("inputs")
        if isinstance(inputs, dict):
            content["inputs"] = {name: _without_description(one) for name, one in inputs.items()}
    if beside:
        content = [content, beside]
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
