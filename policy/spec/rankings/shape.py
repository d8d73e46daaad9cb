"""The JSON Schema of a policy that ranks."""

from __future__ import annotations

from policy.spec import define
from policy.spec.decision import UNKNOWN_FACTS
from policy.spec.rankings import blocks, exclude, ids, items, logged
from policy.spec.rankings import ranking as block
from policy.spec.reader import IDENTIFIER, NAME
from policy.spec.shapes import A_NAME, CONDITION, TEXT, Schema, listed, named, record, says, whole, word
from policy.spec.store import shape as stored

_NUMBER: Schema = {"type": "number"}


def ranking(inputs: Schema) -> Schema:
    """The schema of the whole file; `inputs` is that of the block that decisions have, too."""
    return record("A policy that ranks items.", {**_BLOCKS, "inputs": inputs}, block.REQUIRED)


_ITEMS = record(
    "The table of the items: a CSV or Parquet file beside the policy.",
    {
        "file": says("The file, beside the policy or below it.", TEXT),
        "key": says("The column with the numbers that the model knows.", TEXT),
        "id": says("The column with the names that callers know.", TEXT),
        "columns": named("The types of the columns that are read.", IDENTIFIER, word("A type.", items.TYPES)),
    },
    ("file", "columns"),
)

_FILTER = record(
    "Items for which the condition is definitely true are kept.",
    {"name": A_NAME, "keep": CONDITION, "description": TEXT},
    ("name", "keep"),
)

_BOOST = record(
    "The score of an item, where the condition is definitely true, times `multiply` plus `add`.",
    {
        "name": A_NAME,
        "when": CONDITION,
        "multiply": {"type": "number", "minimum": 0},
        "add": _NUMBER,
        "description": TEXT,
    },
    ("name", "when"),
)

_CAP = record(
    "At most so many items with the same value of a column.",
    {"by": says("The column.", TEXT), "at_most": {"type": "number", "minimum": 1}},
    ("by", "at_most"),
)

_BLOCKS: dict[str, Schema] = {
    "ranking": {"type": "string", "pattern": whole(NAME), "description": "The name of the policy."},
    "description": TEXT,
    "unknown_facts": word("What to do with facts that are not declared.", UNKNOWN_FACTS, default="ignore"),
    "model": says("A saved ALS model: a path beside this file, or a URI.", TEXT),
    "ids": ids.shape(),
    "items": _ITEMS,
    "n": record(
        "How many items a request gets.",
        {"default": says("Without `n` in the request.", _NUMBER), "max": says("At most.", _NUMBER)},
    ),
    "define": named(
        "Expressions with a name, for conditions.",
        IDENTIFIER,
        {"type": ["string", "boolean", "number"]},
        maxProperties=define.MAX_DEFINITIONS,
    ),
    "filters": listed("Which items may be shown.", _FILTER),
    "exclude": exclude.shape(),
    "boosts": listed("What changes the scores before the best are chosen.", _BOOST),
    "caps": listed("How often a value may stand in the list.", _CAP),
    "ties": word("Which of two items with equal scores comes first, by key.", block.TIES, default="desc"),
    "fallback": listed(
        "What to try for a user whom the model does not know.", {"enum": list(blocks.SOURCES)}
    ),
    "fold_in": record(
        "The parameters with which the model was trained.",
        {
            "reg": {"type": "number", "minimum": 0},
            "alpha": {"type": "number", "minimum": 0},
            "implicit": {"type": "boolean"},
        },
        ("reg",),
    ),
    "popular": says("The column that orders items for a user of whom nothing is known.", TEXT),
    "score": record(
        "Where scores come from besides the model.",
        {"store": stored("Where lists computed beforehand are kept, by `scoregate precompute`.")},
        ("store",),
    ),
    "log": logged.shape(),
    "on_error": record(
        "What to do if the ranking cannot be logged.", {"log": word("What.", ("refuse", "serve"))}, ("log",)
    ),
}
