"""`items:`, the table of what can be ranked: a file beside the policy, its id column and the types of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from policy.diagnostics import Span
from policy.expr.types import Type, Variable, list_of, parse_type
from policy.source import Node
from policy.spec.reader import Reader

ITEM = "item."
TYPES = ("bool", "int", "double", "string", "timestamp", "list(string)", "list(int)", "list(double)")
_IDS = ("int", "string")


@dataclass(frozen=True, slots=True)
class ItemsSpec:
    """The item table.

    key: the column whose values the model knows (whole numbers); id: the column of the ids outside, the same one
    unless it is named; columns: the types of those that conditions read.
    """

    file: str
    span: Span
    file_span: Span
    key: str = "id"
    id: str = "id"
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, Variable]:
        """The names of the columns in conditions, such as `item.price`."""
        return {
            f"{ITEM}{name}": Variable(type_of(one), where=f"a column of {self.file}")
            for name, one in self.columns.items()
        }


def type_of(name: str) -> Type:
    """The type of a column."""
    return list_of(parse_type(name[5:-1])) if name.startswith("list(") else parse_type(name)


def read_items(node: Node, reader: Reader) -> ItemsSpec | None:
    """The block `items:`."""
    known = ("file", "key", "id", "columns")
    fields = {
        word: value for word, (_, value) in reader.record(node, "`items`", known, ("file", "columns")).items()
    }
    file = reader.text(fields["file"], "`items.file`") if "file" in fields else None
    key = reader.identifier(fields["key"], "`items.key`") if "key" in fields else "id"
    columns = _columns(fields["columns"], reader) if "columns" in fields else {}
    id_ = reader.identifier(fields["id"], "`items.id`") if "id" in fields else key
    if file is None or key is None or id_ is None:
        return None
    if columns.get(key, "int") not in _IDS:
        reader.note(
            "E182", f"`items.key` must be a column of the type int or string, `{key}` is not", node.span
        )
    if id_ != key and columns.get(id_) not in _IDS:
        reader.note(
            "E182", f"`items.id` must be a column of the type int or string, `{id_}` is not", node.span
        )
    return ItemsSpec(file, node.span, fields["file"].span, key, id_, columns)


def _columns(node: Node, reader: Reader) -> dict[str, str]:
    columns = {}
    for key, value in reader.fields(node, "`items.columns`").values():
        name = reader.identifier(key, "the name of a column")
        type_ = reader.choice(value, f"the type of `{key.text[:40]}`", TYPES)
        if name is not None and type_ is not None:
            columns[name] = type_
    return columns
