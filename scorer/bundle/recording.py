"""A bundle, written: what was read of a save, and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import pyarrow as pa
from msgspec import Raw

from scorer import inputtypes
from scorer.bundle import arrays
from scorer.bundle.form import FORMAT, NOTHING, VERSION, Header, Node


class Source(Protocol):
    """Where a stage is read from: a folder of Spark's, or the same tree in a bundle. All of it raises SavedError."""

    @property
    def path(self) -> str:
        """The place, for messages."""

    def child(self, name: str) -> Source:
        """Name a place below this one; it need not exist."""

    def names(self) -> list[str]:
        """List what stands below, sorted."""

    def metadata(self) -> str:
        """Read the JSON text of the stage that is saved here."""

    def table(self) -> pa.Table:
        """Read the table that is saved here."""


@dataclass(slots=True)
class Recording:
    """A source that remembers what was read through it, so that a bundle holds just what decides."""

    source: Source
    _metadata: str | None = None
    _table: pa.Table | None = None
    _children: dict[str, Recording] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The place, for messages."""
        return self.source.path

    def child(self, name: str) -> Recording:
        """Name a place below this one."""
        if name not in self._children:
            self._children[name] = Recording(self.source.child(name))
        return self._children[name]

    def names(self) -> list[str]:
        """List what stands below."""
        return self.source.names()

    def metadata(self) -> str:
        """Read the JSON text of the stage that is saved here, and keep it."""
        self._metadata = self.source.metadata()
        return self._metadata

    def table(self) -> pa.Table:
        """Read the table that is saved here, and keep it."""
        self._table = self.source.table()
        return self._table

    def encode(self, run_id: str | None = None, schema: pa.Schema | None = None) -> bytes:
        """Write what was read as a bundle, with what MLflow says of it.

        Raises SavedError for a type that a bundle cannot hold.
        """
        inputs = None if schema is None else inputtypes.written(schema)
        node = Raw(msgspec.json.encode(self.node()))
        return msgspec.json.encode(Header(FORMAT, VERSION, node, run_id, inputs)) + b"\n"

    def node(self) -> Node:
        """Return what was read here and below."""
        below = {name: child.node() for name, child in sorted(self._children.items())}
        children = {name: Raw(msgspec.json.encode(node)) for name, node in below.items() if node != Node()}
        metadata = NOTHING if self._metadata is None else _metadata(self._metadata)
        table = NOTHING if self._table is None else arrays.written(self._table, self.path)
        return Node(metadata, table, children)


def _metadata(text: str) -> Raw:
    """Keep metadata as an object if JSON can say it, and as text where Spark wrote a bare NaN."""
    try:
        return Raw(json.dumps(json.loads(text), ensure_ascii=False, allow_nan=False).encode())
    except ValueError:
        return Raw(msgspec.json.encode(text))
