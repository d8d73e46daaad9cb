"""MLflow's description of a model, the file `MLmodel`: where Spark's folder stands, the inputs' types, the run.

The file is YAML from outside, and is read as texts, lists and mappings only: no tags, no aliases, a bounded number of
nodes. Source: "MLflow Models" and "Model Signatures", mlflow.org/docs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa
import yaml

NAME = "MLmodel"
MAX_BYTES = 1 << 20
MAX_NODES = 20_000
MAX_DEPTH = 64
MAX_ITEMS = 1 << 20  # of a tensor's row

TYPES: dict[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "datetime": pa.timestamp("us"),
    "sparkml_vector": pa.list_(pa.float64()),
}
_DTYPES = {
    **{f"int{n}": pa.type_for_alias(f"int{n}") for n in (8, 16, 32, 64)},
    "float32": pa.float32(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "str": pa.string(),
}


@dataclass(frozen=True, slots=True)
class Description:
    """What an `MLmodel` file says of a model of Spark: its folder, the run that logged it, its inputs' types."""

    folder: tuple[str, ...]
    run_id: str | None
    schema: pa.Schema | None


def describe(content: bytes) -> Description:
    """Read an `MLmodel` file; raises ValueError with one sentence."""
    try:
        found = _load(content)
        if isinstance(found, dict):  # what is null stands as text
            found = {name: value for name, value in found.items() if value not in ("", "~", "null")}
        meta = msgspec.convert(found, _File)
    except msgspec.ValidationError as e:
        raise ValueError(f"is not what MLflow writes: {e}") from None
    if "spark" not in meta.flavors:
        names = ", ".join(meta.flavors)[:200]
        raise ValueError(f"describes no model of Spark: its flavours are {names or 'none'}, not `spark`")
    folder = msgspec.convert(meta.flavors["spark"], _Flavour).model_data
    run = meta.run_id if meta.run_id and re.fullmatch(r"[\w-]{1,100}", meta.run_id) else None
    return Description(
        tuple(folder.split("/")), run, _schema(meta.signature.inputs if meta.signature else None)
    )


class _Flavour(msgspec.Struct):
    model_data: str = "sparkml"


class _Signature(msgspec.Struct):
    inputs: str | None = None


class _File(msgspec.Struct):
    flavors: dict[str, Any] = {}
    run_id: str | None = None
    signature: _Signature | None = None


class _Loader(yaml.BaseLoader):
    """Texts, lists and mappings; every scalar is text, so that no number or date is computed."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.nodes = self.depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose one node, within the limits."""
        self.nodes += 1
        if self.check_event(yaml.AliasEvent):
            raise ValueError("holds an alias, which MLflow does not write")
        if self.nodes > MAX_NODES or self.depth >= MAX_DEPTH:
            raise ValueError(f"holds more than {MAX_NODES} nodes, or is nested more than {MAX_DEPTH} deep")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _load(content: bytes) -> Any:
    if len(content) > MAX_BYTES:
        raise ValueError(f"is larger than {MAX_BYTES >> 10} KiB")
    try:
        return yaml.load(content.decode(), _Loader)  # noqa: S506  a BaseLoader makes texts, lists and dicts only
    except (yaml.YAMLError, RecursionError) as e:
        raise ValueError(f"is not YAML: {' '.join(str(e).split())[:200]}") from None


# -- the signature -----------------------------------------------------------------------------------------------


def _schema(text: str | None) -> pa.Schema | None:
    """Read the types of the inputs that have names; a type that has no counterpart is left open."""
    if not text or text == "null":
        return None
    try:
        columns = msgspec.json.decode(text, type=list[dict[str, Any]])
    except (msgspec.MsgspecError, RecursionError) as e:
        raise ValueError(f"the `inputs` of its signature are no list of columns: {e}") from None
    kinds = {column["name"]: _type(column) for column in columns if isinstance(column.get("name"), str)}
    return pa.schema([(name, kind) for name, kind in kinds.items() if kind is not None])


def _type(column: Mapping[str, Any], depth: int = 0) -> pa.DataType | None:
    kind = column.get("type")
    if not isinstance(kind, str) or depth > MAX_DEPTH:
        return None
    below = column.get("items")
    if kind == "array" and isinstance(below, dict):
        items = _type(below, depth + 1)
        return None if items is None else pa.list_(items)
    tensor = column.get("tensor-spec")
    return _tensor(tensor) if kind == "tensor" and isinstance(tensor, dict) else TYPES.get(kind)


def _tensor(spec: Mapping[str, Any]) -> pa.DataType | None:
    """Read a tensor whose first axis counts the rows: one number a row, or a vector of known size."""
    kind, shape = _DTYPES.get(str(spec.get("dtype"))), spec.get("shape")
    if kind is None or not isinstance(shape, list) or not all(type(size) is int for size in shape):
        return None
    if len(shape) == 1:
        return kind
    if len(shape) > 2:
        return None
    return pa.list_(kind, shape[1]) if 0 < shape[1] <= MAX_ITEMS else pa.list_(kind)
