"""Parquet and Arrow IPC in: columns that bring their types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import ipc

from policy.cli.tables.errors import TableError
from policy.cli.tables.source import ROWS, Chunk, Input, Source, by_row, explained, sliced

_MAGIC = b"ARROW1"


def read_parquet(input_: Input) -> Source:
    """Read a Parquet file page by page."""
    file = _parquet(input_.raw, input_.name)
    progress = [0]
    return Source(
        input_.name, _parts([(input_.name, file)], progress), file.metadata.num_rows, lambda: progress[0]
    )


def read_parts(folder: Path) -> Source:
    """Read a folder of Parquet files, as Spark writes them, in the order of their names.

    Files whose names begin with `_` or `.` are not parts of the table. Raises TableError.
    """
    paths = sorted(path for path in folder.glob("*.parquet") if path.name[0] not in "._")
    if not paths:
        raise TableError(f"{folder}: expected a folder of .parquet files, found none")
    files = [(str(path), _parquet(path, str(path))) for path in paths]
    schema = files[0][1].schema_arrow
    for name, file in files:
        if not file.schema_arrow.equals(schema):
            raise TableError(f"{name}: its columns differ from those of {files[0][0]}")
    progress = [0]
    total = sum(file.metadata.num_rows for _, file in files)
    return Source(str(folder), _parts(files, progress), total, lambda: progress[0])


def _parquet(place: Any, name: str) -> pq.ParquetFile:
    with explained(name):
        return pq.ParquetFile(place, buffer_size=2**20, pre_buffer=False)


def _parts(files: list[tuple[str, pq.ParquetFile]], progress: list[int]) -> Iterator[Chunk]:
    for name, file in files:
        start = 0
        with explained(name):
            for batch in file.iter_batches(batch_size=ROWS):
                yield Chunk(pa.Table.from_batches([batch]), progress[0], by_row(name, start))
                start += batch.num_rows
                progress[0] += batch.num_rows
    if not progress[0]:
        name, file = files[0]
        yield Chunk(file.schema_arrow.empty_table(), 0, by_row(name, 0))


def read_arrow(input_: Input) -> Source:
    """Read the Arrow IPC file format or the stream, told apart by the first bytes."""
    if input_.is_file:
        with explained(input_.name):
            is_file = input_.raw.read(len(_MAGIC)) == _MAGIC
            input_.raw.seek(0)
            return _ipc_file(input_) if is_file else _ipc_stream(input_)
    return _ipc_stream(input_)


def _ipc_file(input_: Input) -> Source:
    reader = ipc.open_file(input_.raw)
    done = [0]

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(reader.num_record_batches):
            done[0] = number
            yield reader.get_batch(number)

    return Source(
        input_.name,
        _chunks(input_.name, reader.schema, batches()),
        reader.num_record_batches,
        lambda: done[0],
    )


def _ipc_stream(input_: Input) -> Source:
    with explained(input_.name):
        reader = ipc.open_stream(input_.stream)
    return Source(
        input_.name, _chunks(input_.name, reader.schema, iter(reader)), input_.size, input_.raw.tell
    )


def _chunks(name: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[Chunk]:
    start = 0
    with explained(name):
        for batch in batches:
            if batch.num_rows:
                yield from sliced(pa.Table.from_batches([batch]), start, by_row(name, start))
                start += batch.num_rows
    if not start:
        yield Chunk(schema.empty_table(), 0, by_row(name, 0))
