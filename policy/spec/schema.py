"""The JSON Schema of a policy file (draft 7, which editors know best), made of what the spec reads.

An editor that speaks to a YAML language server completes and checks with it; what needs more than a shape (types of
conditions, order of bands) only `scoregate check` knows. Every policy that loads is valid.
"""

from __future__ import annotations

from policy.spec import decision, define, entries, inputs, lists, rules, segments, tables
from policy.spec.actions import MAX_ACTIONS, REFUSE
from policy.spec.rankings import shape
from policy.spec.reader import IDENTIFIER, NAME
from policy.spec.shapes import (
    A_NAME,
    ACTION,
    ANY,
    CONDITION,
    TEXT,
    Schema,
    listed,
    named,
    record,
    says,
    whole,
    word,
)
from policy.spec.store import shape as stored
from policy.spec.values import CONVERT, INT64_MAX, INT64_MIN

DRAFT = "http://json-schema.org/draft-07/schema#"
FILE = "policy.schema.json"  # beside the policies

_VALUES: dict[str, Schema] = {
    "bool": {"type": "boolean"},
    "int": {"type": "integer", "minimum": INT64_MIN, "maximum": INT64_MAX},
    "double": {"type": "number"},
    "string": TEXT,
    "timestamp": TEXT,
    "duration": TEXT,
    "ip": TEXT,
}


def schema() -> Schema:
    """The schema as JSON data."""
    return {
        "$schema": DRAFT,
        "title": "A Scoregate policy",
        "type": "object",
        "if": {"required": ["ranking"]},
        "then": shape.ranking(INPUTS),
        "else": record("A policy that decides.", BLOCKS, decision.REQUIRED),
        "definitions": {
            "action": {"type": "string", "pattern": whole(NAME), "description": "The name of an action."},
            "condition": {
                "type": ["string", "boolean"],
                "description": 'An expression of the type bool: `risk > 0.5 && country == "NO"`.',
            },
        },
    }


# --- blocks ---

_INPUT = {
    **record(
        "One fact of a request.",
        {
            "type": word("The type of the fact.", tuple(CONVERT)),
            "min": says("The least value, included.", ANY),
            "max": says("The greatest value, included.", ANY),
            "enum": {"type": "array", "description": "All values that it may have.", "minItems": 1},
            "max_length": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1_000_000,
                "default": inputs.MAX_LENGTH,
                "description": "Characters that a string may have.",
            },
            "optional": {"type": "boolean", "default": False, "description": "Whether it may be missing."},
            "default": says("The value if it is missing.", ANY),
            "log": word("What the decision log keeps of it.", inputs.LOG, default="clear"),
            "description": TEXT,
        },
        ("type",),
    ),
    "allOf": [
        {
            "if": {"properties": {"type": {"const": name}}},
            "then": {
                "properties": {
                    word: False if name not in inputs.FITS.get(word, (name,)) else value
                    for word, value in (
                        ("min", _VALUES[name]),
                        ("max", _VALUES[name]),
                        ("default", _VALUES[name]),
                        ("enum", {"items": _VALUES[name]}),
                        ("max_length", ANY),
                    )
                    if value or name not in inputs.FITS.get(word, (name,))
                }
            },
        }
        for name in CONVERT
    ],
}

_SCORE: Schema = {
    **record(
        "Where the score comes from: a model, a store, or a fact.",
        {
            "model": says("A saved Spark pipeline: a path beside this file, or a URI.", TEXT),
            "output": {
                "type": "string",
                "default": "probability[1]",
                "description": "The number of the model that is the score.",
            },
            "inputs": {
                "type": "object",
                "description": "The model's names of facts, where they differ.",
                "additionalProperties": TEXT,
            },
            "input": says("The fact that is the score, in place of a model.", TEXT),
            "store": stored(
                "Where scores computed beforehand are kept, by `scoregate precompute`.", keyed=True
            ),
        },
    ),
    "oneOf": [{"anyOf": [{"required": ["model"]}, {"required": ["store"]}]}, {"required": ["input"]}],
}

_CASE = record(
    "An example with what is expected of it.",
    {
        "name": TEXT,
        "facts": {
            "type": ["object", "string"],
            "description": "The facts, or the path of a JSON file of facts beside this file.",
        },
        "score": {"type": "number", "description": "The score, in place of the model's."},
        "at": says("The time of the decision: 2026-01-31T12:00:00Z.", TEXT),
        "completed": listed("Actions that the user had already passed.", ACTION),
        "expect": {
            "description": "The action, or more of the outcome.",
            "oneOf": [
                ACTION,
                record(
                    "What the outcome must have.",
                    {
                        "action": ACTION,
                        "band": ACTION,
                        "rule": {
                            "type": ["string", "null"],
                            "description": "The rule that decides; null: none.",
                        },
                        "segment": {"type": ["string", "null"], "description": "The segment; null: none."},
                        "degraded": {"type": "boolean", "description": "Whether `on_error` spoke."},
                    },
                ),
            ],
        },
    },
    ("facts", "expect"),
)

_SEGMENT = record(
    "Other thresholds for a part of the traffic; what it does not say is inherited.",
    {
        "name": A_NAME,
        "when": CONDITION,
        "bands": named(
            "The scores at which actions start in this segment; null takes a band away.",
            NAME,
            {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        ),
        "description": TEXT,
    },
    ("name", "when", "bands"),
)

_CELL: Schema = {
    "description": "A value, `a, b`, `>= 3`, `[0.4, 0.6)`, `lists.x`, `not …`; `-` for anything.",
    "type": ["string", "number", "boolean", "null", "array"],
}

_TABLE: Schema = {
    **record(
        "A decision table, here or in a CSV beside this file.",
        {
            "name": A_NAME,
            "columns": listed("Inputs or expressions, and `action`, `at_least`, `at_most`, `name`.", _CELL),
            "rows": {
                "type": "array",
                "description": "Rows of cells: lists, or mappings by the heads of columns.",
                "items": {"type": ["array", "object"], "items": _CELL, "additionalProperties": _CELL},
            },
            "file": says("A CSV file beside this one or below it, with the heads in its first row.", TEXT),
            "mode": word("Whether it acts, or is only counted.", rules.MODES, default="enforce"),
            "description": TEXT,
        },
        ("name",),
    ),
    "oneOf": [{"required": ["file"]}, {"required": ["columns", "rows"]}],
}

_RULE: Schema = {
    **record(
        "A condition that changes the action.",
        {
            "name": A_NAME,
            "when": CONDITION,
            "action": says("The action, for good: the first rule that matches decides.", ACTION),
            "at_least": says("A floor: the action is at least this strict.", ACTION),
            "at_most": says("A ceiling: the action is at most this strict.", ACTION),
            "mode": word("Whether it acts, or is only counted.", rules.MODES, default="enforce"),
            "on_unknown": says(
                "If the condition is unknown: `skip` the rule (the default), `fire` it, or a floor.", ACTION
            ),
            "description": TEXT,
        },
        ("name", "when"),
    ),
    "oneOf": [
        {"required": ["action"], "not": {"anyOf": [{"required": ["at_least"]}, {"required": ["at_most"]}]}},
        {"anyOf": [{"required": ["at_least"]}, {"required": ["at_most"]}], "not": {"required": ["action"]}},
    ],
}

_VALUE: Schema = {"type": ["string", "number"]}

_ENTRIES = listed(
    "The values; one may have an end, an owner and a reason.",
    {
        "oneOf": [
            _VALUE,
            record(
                "An entry.",
                {
                    "value": _VALUE,
                    "expires": says("When it ends to count: a day, or a time with its zone.", TEXT),
                    "owner": TEXT,
                    "reason": TEXT,
                },
                ("value",),
            ),
        ]
    },
)

_LIST: Schema = {
    "oneOf": [
        _ENTRIES,
        record(
            "Values with a name, for conditions: `ip in lists.office`.",
            {
                "type": word("The type of the values.", entries.TYPES, default="string"),
                "entries": _ENTRIES,
                "file": says("A text or CSV file beside the policy, with more entries.", TEXT),
                "require": listed("What every entry must say.", {"enum": list(entries.REQUIRABLE)}),
                "description": TEXT,
            },
        ),
    ]
}

INPUTS: Schema = named(
    "The facts that a request brings.", IDENTIFIER, _INPUT, maxProperties=inputs.MAX_INPUTS
)

BLOCKS: dict[str, Schema] = {
    "decision": {"type": "string", "pattern": whole(NAME), "description": "The name of the policy."},
    "description": TEXT,
    "inputs": INPUTS,
    "unknown_facts": word(
        "What to do with facts that are not declared.", decision.UNKNOWN_FACTS, default="ignore"
    ),
    "score": _SCORE,
    "actions": named(
        "What can be done, mildest first; each may carry data for the caller.",
        NAME,
        {
            "type": ["object", "null"],
            "description": "Data for the caller, and what the action needs.",
            "properties": {
                "needs": says("What must be true for the action to be taken.", CONDITION),
                "else": says("The action in its place otherwise.", ACTION),
            },
            "dependencies": {"needs": ["else"], "else": ["needs"]},
        },
        minProperties=1,
        maxProperties=MAX_ACTIONS,
    ),
    "bands": named(
        "The score at which each action starts, the first at 0.",
        NAME,
        {"type": "number", "minimum": 0, "maximum": 1},
        minProperties=1,
    ),
    "define": named(
        "Expressions with a name, for conditions.",
        IDENTIFIER,
        {"type": ["string", "boolean", "number"]},
        maxProperties=define.MAX_DEFINITIONS,
    ),
    "lists": named("Named values for conditions.", IDENTIFIER, _LIST, maxProperties=lists.MAX_LISTS),
    "segments": listed("Other bands for a part of the traffic.", _SEGMENT, segments.MAX_SEGMENTS),
    "rules": listed("Conditions that change the action, in order.", _RULE, rules.MAX_RULES),
    "tables": listed("Decision tables: the first row that matches acts.", _TABLE, tables.MAX_TABLES),
    "on_error": record(
        "What to do when something is missing or broken.",
        {
            "score": says("The action without a score.", ACTION),
            "facts": says(f"The action if facts are wrong, or `{REFUSE}`.", ACTION),
            "log": says(f"The action if the decision cannot be logged, or `{REFUSE}`.", ACTION),
        },
        ("score",),
    ),
    "cases": listed("Examples that `scoregate check` decides.", _CASE),
}
