"""`ids:`, where the names of users and items are, if a model knows numbers: saved StringIndexers, or tables."""

from __future__ import annotations

from dataclasses import dataclass

from policy.diagnostics import Span
from policy.source import Node, Scalar
from policy.spec.reader import Reader
from policy.spec.shapes import TEXT, Schema, record, says

KEYS = ("user", "item")
_TABLE = ("file", "id", "number")


@dataclass(frozen=True, slots=True)
class NamesSpec:
    """Where names and numbers stand side by side.

    Either `model`, a saved StringIndexer, whose labels are numbered from 0; or `file`, a table with the column `id` of
    names and the column `number` of numbers.
    """

    span: Span
    model: str | None = None
    file: str | None = None
    id: str = "id"
    number: str = "number"


@dataclass(frozen=True, slots=True)
class IdsSpec:
    """The names of users and of items; None where callers say the numbers themselves."""

    user: NamesSpec | None = None
    item: NamesSpec | None = None


def read_ids(node: Node, reader: Reader) -> IdsSpec:
    """The block `ids:`."""
    fields = reader.record(node, "`ids`", KEYS)
    found = {word: _names(value, f"`ids.{word}`", reader) for word, (_, value) in fields.items()}
    return IdsSpec(found.get("user"), found.get("item"))


def _names(node: Node, what: str, reader: Reader) -> NamesSpec | None:
    if isinstance(node, Scalar):
        model = reader.text(node, what)
        return None if model is None else NamesSpec(node.span, model)
    fields = {word: value for word, (_, value) in reader.record(node, what, _TABLE, ("file",)).items()}
    file = reader.text(fields["file"], f"{what[:-1]}.file`") if "file" in fields else None
    id_ = reader.identifier(fields["id"], f"{what[:-1]}.id`") if "id" in fields else "id"
    number = reader.identifier(fields["number"], f"{what[:-1]}.number`") if "number" in fields else "number"
    if file is None or id_ is None or number is None:
        return None
    return NamesSpec(node.span, None, file, id_, number)


def shape() -> Schema:
    """The JSON Schema of the block."""
    table = record(
        "A CSV or Parquet file beside the policy.",
        {
            "file": says("The file, beside the policy or below it.", TEXT),
            "id": says("The column with the names that callers know.", TEXT),
            "number": says("The column with the numbers that the model knows.", TEXT),
        },
        ("file",),
    )
    one: Schema = {
        "description": "A saved StringIndexer: a path beside this file, or a URI; or a table.",
        "oneOf": [TEXT, table],
    }
    return record("The names of users and items, where the model knows numbers.", dict.fromkeys(KEYS, one))
