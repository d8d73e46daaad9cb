"""CSV in: a header, then cells by the policy's or the model's types."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv

from policy.cli.tables.columns import CellError, Kinds, from_text, settle
from policy.cli.tables.errors import TableError
from policy.cli.tables.formats import Place
from policy.cli.tables.source import BLOCK, Chunk, Input, Source, opened, sliced


def read_csv(place: Place, input_: Input, types: Mapping[str, Kinds]) -> Source:
    """Read CSV in UTF-8 with a header, cells quoted as in RFC 4180; blank lines are skipped.

    types: of the columns that are known; the others stay text. An empty cell is null; `""` is an empty
    string in a column of strings. Raises TableError with file:line and column.
    """
    return Source(input_.name, _Cells(place, input_, dict(types)).chunks(), input_.size, input_.raw.tell)


@dataclass(slots=True)
class _Cells:
    place: Place
    input_: Input
    types: dict[str, Kinds]

    @property
    def delimiter(self) -> str:
        return "\t" if self.place.format == "tsv" else ","

    def chunks(self) -> Iterator[Chunk]:
        start_of_file = _beginning(self.input_.stream)
        header = self._header(start_of_file)
        stream = pa.PythonFile(_Joined(start_of_file, self.input_.stream), mode="r")
        start = 0
        for batch in self._batches(stream, header):
            table = self._typed(pa.Table.from_batches([batch]), start)
            if table.num_rows or not start:
                yield from sliced(table, start, self._where(start))
            start += table.num_rows
        if not start:
            yield Chunk(
                self._typed(pa.table({name: pa.array([], pa.string()) for name in header}), 0), 0, str
            )

    def _header(self, begin: bytes) -> list[str]:
        text = begin.removeprefix(codecs.BOM_UTF8).decode(errors="replace")
        names = next(
            (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter) if row), []
        )
        name = self.input_.name
        if not names:
            raise TableError(f"{name}: expected a header with the names of the columns, found nothing")
        seen: set[str] = set()
        for number, column in enumerate(names, 1):
            if column in seen or not column:
                found = "stands twice" if column else "has no name"
                raise TableError(
                    f"{name}:1: column {number}{f' `{column}`' if column else ''} {found} in the header"
                )
            seen.add(column)
        return names

    def _batches(self, stream: pa.NativeFile, header: list[str]) -> Iterator[pa.RecordBatch]:
        try:
            yield from arrow_csv.open_csv(
                stream,
                read_options=arrow_csv.ReadOptions(block_size=BLOCK, use_threads=False),
                parse_options=arrow_csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(header, pa.string()),
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                    null_values=[""],
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV file" in str(error):
                return
            raise TableError(self._explained(str(error), len(header))) from error

    def _typed(self, table: pa.Table, start: int) -> pa.Table:
        for place, name in enumerate(table.column_names):
            kind = self.types.get(name)
            if kind is None or kind == pa.string():
                continue
            try:
                texts = table.column(place).combine_chunks()
                array = settle(kind, partial(from_text, texts))
                self.types[name] = array.type
            except CellError as error:
                raise TableError(f"{self._where(start)(error.row)}: column `{name}`: {error}") from None
            table = table.set_column(place, name, array)
        return table

    # -- places: a second reading, which only an error asks for

    def _where(self, start: int) -> Callable[[int], str]:
        return lambda row: self._line(start + row)

    def _line(self, row: int) -> str:
        if self.input_.is_file:
            for number, (line, _) in enumerate(self._records()):
                if number == row:
                    return f"{self.input_.name}:{line}"
        return f"{self.input_.name}: row {row + 1}"

    def _explained(self, error: str, width: int) -> str:
        """What is wrong with the file, with its place if the file can be read a second time."""
        for line, cells in self._records() if self.input_.is_file else ():
            if len(cells) != width:
                return f"{self.input_.name}:{line}: expected {width} cells, found {len(cells)}"
            if any("\udc80" <= letter <= "\udcff" for cell in cells for letter in cell):
                return f"{self.input_.name}:{line}: expected UTF-8, found other bytes"
        return f"{self.input_.name}: {error}"

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Every record after the header, and the line on which it begins."""
        with opened(self.place) as again:
            text = io.TextIOWrapper(
                io.BufferedReader(_Readable(again.stream)), "utf-8-sig", "surrogateescape", newline=""
            )
            reader = csv.reader(text, delimiter=self.delimiter)
            line, header = 1, True
            for cells in reader:
                if cells and not header:
                    yield line, cells
                header = header and not cells
                line = reader.line_num + 1


def _beginning(stream: Any) -> bytes:
    """The first bytes, with a whole header in them unless it is absurdly long."""
    begin = b""
    while len(begin) < BLOCK and (more := stream.read(BLOCK - len(begin))):
        begin += more
    return begin


class _Joined:
    """The bytes already read, then the rest of a stream."""

    def __init__(self, begin: bytes, stream: Any) -> None:
        self._begin, self._stream = begin, stream
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        if self._begin:
            size = len(self._begin) if size < 0 else size
            part, self._begin = self._begin[:size], self._begin[size:]
            return part
        found: bytes = self._stream.read(size)
        return found

    def close(self) -> None:
        self.closed = True


class _Readable(io.RawIOBase):
    """Any object with `read` as a raw stream."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
