"""JSON lines in: one object a line, its members by the policy's or the model's types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import msgspec
import pyarrow as pa

from policy.cli.tables.columns import CellError, from_values
from policy.cli.tables.errors import TableError
from policy.cli.tables.source import BLOCK, Chunk, Input, Source, sliced

_LONGEST = 64 * 2**20

_decode = msgspec.json.Decoder().decode
_JSON = {dict: "an object", list: "an array", str: "a string", bool: "a bool", type(None): "null"}


def read_jsonl(input_: Input, types: Mapping[str, pa.DataType]) -> Source:
    """Read JSON lines; blank lines are skipped.

    types: of the columns that are known. Others take the type that their values have in the first block (an
    integer beside doubles is a double). A member that is missing is null. Raises TableError with file:line.
    """
    return Source(input_.name, _Lines(input_.name, dict(types)).chunks(input_), input_.size, input_.raw.tell)


@dataclass(slots=True)
class _Lines:
    name: str
    types: dict[str, pa.DataType]
    columns: list[str] | None = None
    lines: int = 0
    rows: int = 0
    _numbers: list[int] = field(default_factory=list)  # the lines of a block's rows

    def chunks(self, input_: Input) -> Iterator[Chunk]:
        for block in _blocks(input_):
            rows = self._parse(block)
            if rows or self.columns is None:
                yield from sliced(self._table(rows), self.rows, self._where(self._numbers))
                self.rows += len(rows)
        if self.columns is None:
            yield Chunk(self._table([]), 0, str)

    def _where(self, numbers: list[int]) -> Callable[[int], str]:
        return lambda row: f"{self.name}:{numbers[row]}"

    def _parse(self, block: bytes) -> list[dict[str, Any]]:
        """The objects of a block; the block's lines are counted."""
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        first, self.lines = self.lines + 1, self.lines + len(lines)
        try:
            rows = list(map(_decode, lines))
            self._numbers = list(range(first, first + len(rows)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            rows = self._parse_one_by_one(lines, first)
        if not {dict}.issuperset(map(type, rows)):
            place = next(place for place, row in enumerate(rows) if type(row) is not dict)
            found = _JSON.get(type(rows[place]), "a number")
            raise TableError(
                f"{self.name}:{self._numbers[place]}: expected one JSON object a line, found {found}"
            )
        return rows

    def _parse_one_by_one(self, lines: list[bytes], first: int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        self._numbers = []
        for number, line in enumerate(lines, first):
            if not line.strip():
                continue
            try:
                rows.append(_decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise TableError(f"{self.name}:{number}: expected one JSON object a line: {error}") from None
            self._numbers.append(number)
        return rows

    def _table(self, rows: list[dict[str, Any]]) -> pa.Table:
        seen = dict.fromkeys(chain.from_iterable(rows))
        if self.columns is None:
            self.columns = [*seen, *(name for name in self.types if name not in seen)]
        elif late := next((name for name in seen if name not in set(self.columns)), None):
            raise self._late(late, rows)
        arrays = [self._column(name, [row.get(name) for row in rows]) for name in self.columns]
        return pa.table(arrays, names=self.columns)

    def _column(self, name: str, values: list[Any]) -> pa.Array:
        try:
            if name not in self.types:
                self.types[name] = _inferred(values)
            return from_values(values, self.types[name])
        except CellError as error:
            raise TableError(f"{self.name}:{self._numbers[error.row]}: column `{name}`: {error}") from None

    def _late(self, name: str, rows: list[dict[str, Any]]) -> TableError:
        number = next(number for number, row in zip(self._numbers, rows, strict=True) if name in row)
        return TableError(
            f"{self.name}:{number}: column `{name}` first stands here, after {self.rows:,} rows without it; "
            f"say what it holds: --type {name}=string"
        )


def _blocks(input_: Input) -> Iterator[bytes]:
    """Blocks of whole lines."""
    rest = b""
    while more := input_.stream.read(BLOCK):
        end = more.rfind(b"\n") + 1
        if end:
            yield rest + more[:end]
            rest = more[end:]
        else:
            rest += more
        if len(rest) > _LONGEST:
            raise TableError(
                f"{input_.name}: a line of more than {_LONGEST >> 20} MiB; expected one JSON object a line"
            )
    if rest:
        yield rest


def _inferred(values: list[Any]) -> pa.DataType:
    """The type of a column that nobody declared. Raises CellError if its values are of several types."""
    types = set(map(type, values)) - {type(None)}
    if not types or types == {str}:
        return pa.string()
    if types == {bool}:
        return pa.bool_()
    if types == {int}:
        return pa.int64()
    if types <= {int, float}:
        return pa.float64()
    try:
        return pa.array(values).type
    except (pa.ArrowException, OverflowError, TypeError):
        first = next(value for value in values if value is not None)
        row = next(
            (row for row, value in enumerate(values) if value is not None and type(value) is not type(first)),
            0,
        )
        raise CellError(row, f"{_said(first)}, as before", _said(values[row])) from None


def _said(value: Any) -> str:
    return _JSON.get(type(value), "a number")
