"""Pieces of a JSON Schema (draft 7): mappings of known keys, of names, lists, words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policy.spec.reader import NAME

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
ANY: Schema = {}
ACTION: Schema = {"$ref": "#/definitions/action"}
A_NAME: Schema = {"type": "string", "pattern": f"^(?:{NAME})$"}
CONDITION: Schema = {"$ref": "#/definitions/condition"}


def whole(pattern: str) -> str:
    """The pattern of a whole text."""
    return f"^(?:{pattern})$"


def record(text: str, keys: Mapping[str, Schema], required: Sequence[str] = ()) -> Schema:
    """A mapping with these keys only."""
    return {
        "type": "object",
        "description": text,
        "properties": dict(keys),
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
    }


def named(text: str, pattern: str, value: Schema, **more: Any) -> Schema:
    """A mapping from names to values."""
    return {
        "type": "object",
        "description": text,
        "propertyNames": {"pattern": whole(pattern)},
        "additionalProperties": value,
        **more,
    }


def listed(text: str, item: Schema, most: int | None = None) -> Schema:
    """A list, of so many items at most."""
    limit = {} if most is None else {"maxItems": most}
    return {"type": "array", "description": text, "items": item, **limit}


def says(text: str, of: Schema) -> Schema:
    """A schema with a description; draft 7 ignores what stands beside `$ref`."""
    return {"allOf": [of], "description": text} if "$ref" in of else {**of, "description": text}


def word(text: str, options: Sequence[str], **more: Any) -> Schema:
    """One of a few words."""
    return {"enum": list(options), "description": text, **more}
