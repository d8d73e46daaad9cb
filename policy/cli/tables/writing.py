"""Any table out, chunk by chunk; the first chunk fixes the columns."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol, Self

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv
from pyarrow import ipc

from policy.cli.tables.errors import TableError
from policy.cli.tables.formats import place
from policy.cli.tables.output import output
from policy.cli.tables.plain import csv_column, json_values
from policy.cli.tables.source import ROWS, explained

_GROUP_ROWS, _GROUP_BYTES = 8 * ROWS, 128 * 2**20  # of a Parquet row group


class Sink(Protocol):
    """A table being written."""

    def write(self, table: pa.Table) -> None:
        """Add rows."""

    def close(self) -> None:
        """Finish the table; not called after an error."""


@contextlib.contextmanager
def write(name: str, format_: str | None) -> Iterator[Sink]:
    """Open a table for writing: a file, which appears only when it is whole, or "-" for standard output.

    format_: one of FORMATS, or None to tell it from the name. Raises TableError.
    """
    where = place(name, format_, "--out-format")
    with explained("standard output" if where.is_standard else name), output(where) as stream:
        sink = _SINKS[where.format](stream)
        yield sink
        sink.close()


class _Parquet:
    """Parquet, zstd, in row groups of several chunks."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._writer: pq.ParquetWriter | None = None
        self._held: list[pa.Table] = []

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._stream, table.schema, compression="zstd")
        self._held.append(aligned(table, self._writer.schema))
        held = self._held
        if (
            sum(one.num_rows for one in held) >= _GROUP_ROWS
            or sum(one.nbytes for one in held) >= _GROUP_BYTES
        ):
            self._flush()

    def close(self) -> None:
        if self._writer is not None:
            self._flush()
            self._writer.close()

    def _flush(self) -> None:
        if self._writer is not None and self._held:
            self._writer.write_table(pa.concat_tables(self._held))
            self._held.clear()


class _Arrow:
    """Arrow IPC: the file format, or the stream."""

    def __init__(self, stream: Any, *, file: bool) -> None:
        self._stream, self._open = stream, ipc.new_file if file else ipc.new_stream
        self._writer: Any = None
        self._schema: pa.Schema = None

    @classmethod
    def of_file(cls, stream: Any) -> Self:
        return cls(stream, file=True)

    @classmethod
    def of_stream(cls, stream: Any) -> Self:
        return cls(stream, file=False)

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            self._schema = _without_dictionaries(table.schema)
            self._writer = self._open(self._stream, self._schema)
        self._writer.write_table(aligned(table, self._schema))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class _CSV:
    """CSV with a header; text is quoted only where it must be, so that "" and null stay apart."""

    delimiter = ","

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._schema: pa.Schema = None

    def write(self, table: pa.Table) -> None:
        plain = pa.table([csv_column(column) for column in table.columns], names=table.column_names)
        first = self._schema is None
        self._schema = plain.schema if first else self._schema
        sink = pa.BufferOutputStream()
        options = arrow_csv.WriteOptions(
            include_header=first, delimiter=self.delimiter, quoting_style="needed"
        )
        arrow_csv.write_csv(aligned(plain, self._schema), sink, options)
        self._stream.write(sink.getvalue())

    def close(self) -> None:
        """Nothing is held back."""


class _TSV(_CSV):
    delimiter = "\t"


class _JSONL:
    """JSON lines; a member for every column, null where there is no value."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._row: Callable[..., Any] | None = None
        self._names: list[str] = []
        self._encode = msgspec.json.Encoder().encode_lines

    def write(self, table: pa.Table) -> None:
        if self._row is None:
            self._names = table.column_names
            self._row = _row_of(self._names)
        if table.column_names != self._names:
            raise TableError(_CHANGED)
        columns = [json_values(column) for column in table.columns]
        self._stream.write(self._encode(list(map(self._row, *columns))))

    def close(self) -> None:
        """Nothing is held back."""


def _row_of(names: list[str]) -> Callable[..., Any]:
    """What makes a row of its values: a Struct, which JSON writes fastest, or else a dict."""
    fields = {f"c{place}": name for place, name in enumerate(names)}
    try:
        return msgspec.defstruct("Row", [(field, Any) for field in fields], rename=fields, gc=False)
    except ValueError:  # quotes, backslashes or control characters in a name
        return lambda *values: dict(zip(names, values, strict=True))


_SINKS: dict[str, Any] = {
    "parquet": _Parquet,
    "arrow": _Arrow.of_file,
    "arrows": _Arrow.of_stream,
    "csv": _CSV,
    "tsv": _TSV,
    "jsonl": _JSONL,
}

_CHANGED = "the columns of the output changed on the way"


def aligned(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table in the types of the first chunk. Raises TableError if they do not fit."""
    if table.column_names != schema.names:
        raise TableError(_CHANGED)
    try:
        return table if table.schema.equals(schema) else table.cast(schema)
    except pa.ArrowException as error:
        raise TableError(f"{_CHANGED}: {error}") from error


def _without_dictionaries(schema: pa.Schema) -> pa.Schema:
    """Dictionaries may differ from chunk to chunk, which the file format cannot hold."""
    for number, one in enumerate(schema):
        if pa.types.is_dictionary(one.type):
            schema = schema.set(number, one.with_type(one.type.value_type))
    return schema
