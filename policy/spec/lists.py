"""`lists:`, named sets of values for conditions: `ip in lists.office`.

Entries stand in the policy, or in a text or CSV file beside it, which `policy.companions` reads. An entry may end at a
time, and say whose it is and why; a list may require that its entries do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from policy.expr.types import Variable
from policy.source import Node, Scalar
from policy.source import Sequence as SequenceNode
from policy.spec.entries import (
    COLUMNS,
    READ,
    REQUIRABLE,
    TYPES,
    Entry,
    ListSpec,
    check_host_bits,
    check_repeated,
    check_required,
    number,
    read_expires,
    wrong,
)
from policy.spec.reader import Reader, kind

MAX_LISTS = 1_000

KEYS = ("type", "entries", "file", "require", "description")

_WORDS = ("in", "true", "false", "null")  # which cannot stand after the dot of `lists.`


def read_lists(node: Node, reader: Reader) -> tuple[ListSpec, ...]:
    """The block `lists:`, without the entries of files."""
    fields = reader.fields(node, "`lists`")
    if len(fields) > MAX_LISTS:
        reader.note("E103", f"{len(fields):,} lists, more than {MAX_LISTS:,}", node.span)
        return ()
    return tuple(_read_list(key, value, reader) for key, value in fields.values())


def variables(lists: Sequence[ListSpec]) -> dict[str, Variable]:
    """The names of lists in conditions, such as `lists.office`."""
    return {f"lists.{one.name}": one.variable for one in lists}


def expired(one: ListSpec, at: int) -> tuple[Entry, ...]:
    """The entries that do not count any more at a time in microseconds since 1970."""
    return tuple(entry for entry in one.entries if entry.expires_us is not None and entry.expires_us <= at)


def contents(lists: Sequence[ListSpec]) -> dict[str, Any]:
    """What of the lists' files can change a decision, as plain data for a hash."""
    return {
        f"lists.{one.name}": sorted([repr(entry.value), str(entry.expires_us)] for entry in one.entries)
        for one in lists
        if one.path is not None
    }


def _read_list(key: Scalar, node: Node, reader: Reader) -> ListSpec:
    name = reader.identifier(key, "the name of a list") or "_"
    if name in _WORDS:
        reader.note("E115", f"`{name}` is a word of the language, and cannot name a list", key.span)
    if isinstance(node, SequenceNode):  # `eu: [NO, SE]`
        return _with_entries(ListSpec(name, "string", key.span), node, reader)
    fields = {word: value for word, (_, value) in reader.record(node, f"the list `{name}`", KEYS).items()}
    if "description" in fields:
        reader.text(fields["description"], "`description`")
    spec = ListSpec(
        name,
        (reader.choice(fields["type"], "the type of a list", TYPES) if "type" in fields else None)
        or "string",
        key.span,
        require=_require(fields["require"], reader) if "require" in fields else (),
        path=reader.text(fields["file"], "`file`") if "file" in fields else None,
        path_span=fields["file"].span if "file" in fields else None,
    )
    if "entries" in fields:
        return _with_entries(spec, fields["entries"], reader)
    if "file" not in fields and getattr(node, "entries", None) is not None:
        reader.note("E112", f"the list `{name}` needs the key `entries` or `file`", key.span)
    return spec


def _require(node: Node, reader: Reader) -> tuple[str, ...]:
    items = reader.items(node, "`require`")
    words = (reader.choice(item, "what a list requires", REQUIRABLE) for item in items)
    return tuple(word for word in words if word is not None)


def _with_entries(spec: ListSpec, node: Node, reader: Reader) -> ListSpec:
    found = [_read_entry(spec, item, reader) for item in reader.items(node, f"the entries of `{spec.name}`")]
    entries = tuple(entry for entry in found if entry is not None)
    check_repeated(spec, entries, reader)
    return replace(spec, entries=entries)


def _read_entry(spec: ListSpec, node: Node, reader: Reader) -> Entry | None:
    """`NO`, or `{value: NO, expires: …, owner: …, reason: …}`."""
    if isinstance(node, Scalar):
        value = _of_scalar(spec, node, reader)
        check_required(spec, {}, node.span, reader)
        return None if value is None else Entry(value, node.span)
    what = f"an entry of `{spec.name}`"
    fields = {word: one for word, (_, one) in reader.record(node, what, COLUMNS, ("value",)).items()}
    words = {
        word: reader.text(fields[word], f"`{word}`") or "" for word in ("owner", "reason") if word in fields
    }
    expires = _expires_of(fields["expires"], reader) if "expires" in fields else None
    check_required(spec, fields, node.span, reader)
    if "value" not in fields:
        return None
    value = _of_scalar(spec, fields["value"], reader)
    span = fields["value"].span
    return (
        None
        if value is None
        else Entry(value, span, expires, words.get("owner", ""), words.get("reason", ""))
    )


def _of_scalar(spec: ListSpec, node: Node, reader: Reader) -> Any:
    """The machine value of a value of YAML, None if it is wrong."""
    value = node.value if isinstance(node, Scalar) else None
    if spec.type in ("int", "double"):
        right = isinstance(value, int if spec.type == "int" else int | float) and not isinstance(value, bool)
        read = number(spec.type, value) if right else None
    else:
        read = READ[spec.type](value) if isinstance(value, str) else None
    if read is None:
        hints: tuple[str, ...] = ()
        if (
            isinstance(node, Scalar)
            and not isinstance(value, str)
            and value is not None
            and spec.type == "string"
        ):
            other = "double" if isinstance(value, float) else "int"
            hints = (f'write it in quotes, "{node.text[:40]}", or give the list `type: {other}`',)
        wrong(spec, kind(node), node.span, reader, *hints)
    elif spec.type == "cidr":
        check_host_bits(str(value), read, node.span, reader)
    return read


def _expires_of(node: Node, reader: Reader) -> int | None:
    text = node.text if isinstance(node, Scalar) else ""
    return read_expires(text, kind(node), node.span, reader)
