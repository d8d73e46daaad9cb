"""JSON lines in: one object a line, its members by the policy's or the model's types."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Any, Protocol

import msgspec
import pyarrow as pa

from policy.cli.tables.columns import CellError, Kinds, from_values, settle
from policy.cli.tables.errors import TableError
from policy.cli.tables.source import BLOCK, Chunk, Input, Source, sliced

_LONGEST = 64 * 2**20

_JSON = {dict: "an object", list: "an array", str: "a string", bool: "a bool", type(None): "null"}
_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_decode_any = msgspec.json.Decoder().decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def read_jsonl(input_: Input, types: Mapping[str, Kinds], wanted: Collection[str]) -> Source:
    """Read JSON lines; blank lines are skipped.

    types: of the columns that are known. Others take the type that their values have in the first block (an
    integer beside doubles is a double). wanted: columns that are there even if the first block has none of
    them. A member that is missing is null. Raises TableError with file:line.
    """
    return Source(
        input_.name, _Lines(input_.name, dict(types), wanted).chunks(input_), input_.size, input_.raw.tell
    )


@dataclass(slots=True)
class _Lines:
    """The first block fixes the columns."""

    name: str
    types: dict[str, Kinds]
    wanted: Collection[str]
    lines: int = 0
    rows: int = 0

    def chunks(self, input_: Input) -> Iterator[Chunk]:
        rows: _Rows | None = None
        for block in _blocks(input_):
            if rows is None:
                objects, numbers = self._parse(block, _decode_object)
                seen = dict.fromkeys(chain.from_iterable(objects))
                rows = _rows([*seen, *(name for name in self.wanted if name not in seen)])
                values = _Dicts(rows.columns).values(objects)
            else:
                objects, numbers = self._parse(block, rows.decode)
                values = rows.values(objects)
            yield from self._chunks(rows.columns, values, numbers)
        if not self.rows:
            columns = list(self.wanted) if rows is None else rows.columns
            yield from self._chunks(columns, ([] for _ in list(columns)), [])

    def _chunks(
        self, columns: list[str], values: Iterator[list[Any]], numbers: Sequence[int]
    ) -> Iterator[Chunk]:
        arrays = [self._column(*one, numbers) for one in zip(columns, values, strict=True)]
        yield from sliced(pa.table(arrays, names=columns), self.rows, self._where(numbers))
        self.rows += len(numbers)

    def _where(self, numbers: Sequence[int]) -> Callable[[int], str]:
        return lambda row: f"{self.name}:{numbers[row]}"

    def _parse(self, block: bytes, decode: Callable[[bytes], Any]) -> tuple[list[Any], Sequence[int]]:
        """The objects of a block, and the lines on which they stand."""
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        first, self.lines = self.lines + 1, self.lines + len(lines)
        try:
            return list(map(decode, lines)), range(first, first + len(lines))
        except _MALFORMED:
            filled = [(number, line) for number, line in enumerate(lines, first) if line.strip()]
            return [self._object(number, line, decode) for number, line in filled], [one for one, _ in filled]

    def _object(self, number: int, line: bytes, decode: Callable[[bytes], Any]) -> Any:
        try:
            return decode(line)
        except _MALFORMED as error:
            raise TableError(f"{self.name}:{number}: {self._fault(line, error)}") from None

    def _fault(self, line: bytes, error: Exception) -> str:
        try:
            value = _decode_any(line)
        except RecursionError:
            return "expected one JSON object a line, found one that is nested too deeply"
        except UnicodeDecodeError:
            return "expected one JSON object a line in UTF-8, found other bytes"
        except msgspec.DecodeError:
            return f"expected one JSON object a line: {error}"
        if not isinstance(value, dict):
            return f"expected one JSON object a line, found {_said(value)}"
        late = str(error).rpartition("unknown field ")[2].strip("`")
        return (
            f"column `{late}` first stands here, after {self.rows:,} rows without it; "
            f"say what it holds: --type {late}=string"
        )

    def _column(self, name: str, values: list[Any], numbers: Sequence[int]) -> pa.Array:
        try:
            if name not in self.types:
                self.types[name] = _inferred(values)
            array = settle(self.types[name], partial(from_values, values))
        except CellError as error:
            raise TableError(f"{self.name}:{numbers[error.row]}: column `{name}`: {error}") from None
        self.types[name] = array.type
        return array


class _Rows(Protocol):
    """How lines are decoded once their columns are known. A member that is no column is a DecodeError."""

    columns: list[str]

    def decode(self, line: bytes) -> Any:
        """One line."""

    def values(self, objects: list[Any]) -> Iterator[list[Any]]:
        """The values of each column."""


class _Structs:
    """Lines into Structs, much faster than into dicts."""

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns
        names = {f"c{place}": name for place, name in enumerate(columns)}
        fields = [(field, Any, None) for field in names]
        row = msgspec.defstruct("Row", fields, rename=names, forbid_unknown_fields=True, gc=False)
        self.decode: Callable[[bytes], Any] = msgspec.json.Decoder(row).decode

    def values(self, objects: list[Any]) -> Iterator[list[Any]]:
        return (list(map(attrgetter(f"c{place}"), objects)) for place in range(len(self.columns)))


class _Dicts:
    """Lines into dicts, for names that a Struct cannot have."""

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns
        self._known = frozenset(columns)

    def decode(self, line: bytes) -> Any:
        row = _decode_object(line)
        if late := row.keys() - self._known:
            raise msgspec.ValidationError(f"Object contains unknown field `{min(late)}`")
        return row

    def values(self, objects: list[Any]) -> Iterator[list[Any]]:
        return ([one.get(name) for one in objects] for name in self.columns)


def _rows(columns: list[str]) -> _Rows:
    try:
        return _Structs(columns)
    except ValueError:  # quotes, backslashes or control characters in a name
        return _Dicts(columns)


def _blocks(input_: Input) -> Iterator[bytes]:
    """Blocks of whole lines."""
    rest: list[bytes] = []
    held = 0
    while more := input_.stream.read(BLOCK):
        end = more.rfind(b"\n") + 1
        if end:
            yield b"".join([*rest, more[:end]])
            rest, held = [more[end:]], 0
        else:
            rest.append(more)
        held += len(rest[-1])
        if held > _LONGEST:
            size = f"a line of more than {_LONGEST >> 20} MiB"
            raise TableError(f"{input_.name}: expected one JSON object a line, found {size}")
    if held:
        yield b"".join(rest)


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
        rows = (row for row, value in enumerate(values) if type(value) not in (type(None), type(first)))
        row = next(rows, 0)
        raise CellError(row, f"{_said(first)}, as before", _said(values[row])) from None


def _said(value: Any) -> str:
    return _JSON.get(type(value), "a number")
