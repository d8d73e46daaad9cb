"""A bundle, read: a source of stages as a folder is one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

import pyarrow as pa

from scorer import inputtypes
from scorer.bundle.arrays import read
from scorer.bundle.form import FORMAT, VERSION, Columns, Header, Node, decode
from scorer.errors import SavedError

MAX_BUNDLE = 1 << 30  # bytes
MAX_DEPTH = 100  # of folders
RUN_ID = re.compile(r"[\w-]{1,100}")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A place in a bundle, read when it is asked for; a `Source` as a folder is one.

    `run_id` and `schema`, at the top, are what MLflow said of the model: its run, and the types of its inputs.
    """

    path: str
    node: Node
    depth: int = 0
    run_id: str | None = None
    schema: pa.Schema | None = None

    @classmethod
    def open(cls, system: Any, path: str) -> Self:
        """Read a bundle from a file system of `pyarrow.fs`; raises SavedError."""
        try:
            with system.open_input_stream(path, compression=None) as stream:
                content = stream.read(MAX_BUNDLE + 1)
        except (OSError, pa.ArrowException) as e:
            raise SavedError(path, f"cannot be read: {e}") from None
        if len(content) > MAX_BUNDLE:
            raise SavedError(path, f"is larger than {MAX_BUNDLE >> 20} MiB")
        return cls.parse(content, path)

    @classmethod
    def parse(cls, content: bytes, path: str) -> Self:
        """Read a bundle from its bytes; raises SavedError."""
        header = decode(content, Header, path, "is not a bundle, which `scoregate export` writes")
        if header.format != FORMAT:
            raise SavedError(path, f"is not a bundle: its `format` is {header.format!r}, not {FORMAT!r}")
        if header.version != VERSION:
            raise SavedError(
                path, f"is a bundle of format version {header.version}; this release reads version {VERSION}"
            )
        if header.run_id is not None and not RUN_ID.fullmatch(header.run_id):
            raise SavedError(path, f"{header.run_id[:100]!r} is no id of a run of MLflow's")
        try:
            schema = None if header.inputs is None else inputtypes.read(header.inputs)
        except (ValueError, RecursionError) as e:
            raise SavedError(path, f"{e}") from None
        node = decode(header.model, Node, path)
        return cls(f"{path}#", node, run_id=header.run_id, schema=schema)

    def child(self, name: str) -> Bundle:
        """Name a place below this one; it need not exist."""
        path = f"{self.path}/{name}"
        if self.depth >= MAX_DEPTH:
            raise SavedError(path, f"is nested more than {MAX_DEPTH} deep")
        raw = self.node.children.get(name)
        return Bundle(path, Node() if raw is None else decode(raw, Node, path), self.depth + 1)

    def names(self) -> list[str]:
        """List what stands below, sorted."""
        return sorted(self.node.children)

    def metadata(self) -> str:
        """Read the JSON text of the stage that is saved here."""
        if not bytes(self.node.metadata):
            raise SavedError(self.path, "is not a saved Spark model: it has no `metadata`")
        try:
            text = bytes(self.node.metadata).decode()
        except UnicodeDecodeError as e:
            raise SavedError(f"{self.path}/metadata", f"is not text: {e}") from None
        return str(decode(self.node.metadata, str, f"{self.path}/metadata")) if text[0] == '"' else text

    def table(self) -> pa.Table:
        """Read the table that is saved here."""
        if not bytes(self.node.table):
            raise SavedError(self.path, "holds no table")
        raws = decode(self.node.table, Columns, self.path).columns
        arrays = {name: read(raw, f"{self.path}/{name}") for name, raw in raws.items()}
        lengths = {name: len(array) for name, array in arrays.items()}
        if len(set(lengths.values())) != 1:
            raise SavedError(self.path, f"its columns are not of one length: {lengths}")
        return pa.table(arrays)
