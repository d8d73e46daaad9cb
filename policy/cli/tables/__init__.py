"""Tables in and out of the command: Parquet, Arrow IPC, CSV and JSON lines, in chunks of bounded size."""

from __future__ import annotations

from policy.cli.tables.columns import Kinds
from policy.cli.tables.errors import TableError
from policy.cli.tables.formats import FORMATS
from policy.cli.tables.reading import read
from policy.cli.tables.source import Chunk, Source, shifted
from policy.cli.tables.writing import Sink, write

__all__ = ["FORMATS", "Chunk", "Kinds", "Sink", "Source", "TableError", "read", "shifted", "write"]
