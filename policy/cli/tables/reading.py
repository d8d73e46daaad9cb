"""Any table in, in chunks of bounded size."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from policy.cli.tables.arrow import read_arrow, read_parquet, read_parts
from policy.cli.tables.columns import Kinds
from policy.cli.tables.csvs import read_csv
from policy.cli.tables.formats import Place, place
from policy.cli.tables.jsonl import read_jsonl
from policy.cli.tables.source import Chunk, Input, Source, explained, opened

Types = Mapping[str, Kinds]


@contextlib.contextmanager
def read(name: str, format_: str | None, types: Types, wanted: Collection[str] = ()) -> Iterator[Source]:
    """Open a table: a file, a folder of Parquet files, or "-" for standard input.

    format_: one of FORMATS, or None to tell it from the name; types: of columns, for formats that hold text;
    wanted: columns of JSON lines that are there even if no object has them.
    Raises TableError, while reading too.
    """
    with explained(name):
        if Path(name).is_dir():
            yield read_parts(Path(name))
            return
        where = place(name, format_, "--in-format")
        with opened(where, seekable=where.format in {"parquet", "arrow"}) as input_:
            source = _source(where, input_, types, wanted)
            source.chunks = _explained(source.name, source.chunks)
            yield source


def _source(where: Place, input_: Input, types: Types, wanted: Collection[str]) -> Source:
    if where.format == "parquet":
        return read_parquet(input_)
    if where.format in {"arrow", "arrows"}:
        return read_arrow(input_)
    return read_jsonl(input_, types, wanted) if where.format == "jsonl" else read_csv(where, input_, types)


def _explained(name: str, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    with explained(name):
        yield from chunks
