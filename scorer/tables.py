"""Tables of any length, scored chunk by chunk: what stands around the compiled function of a batch.

A chunk is read as columns, scored by the fused function or by the general one, in parts where its vectors are too
wide for one matrix, and joined with the table that it came of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scorer import columns as cols
from scorer import ragged
from scorer.compile import compile_batch
from scorer.errors import ColumnError, RowError
from scorer.fast import fast_batch
from scorer.fields import described, fits, scored_type
from scorer.pipeline import Raw, Selection
from scorer.vectors import MAX_DENSE, VECTOR, TooWideError

CHUNK = 32_768  # rows that are scored at a time: the columns of a chunk stay in the processor's cache
Made = dict[str, pa.Array]  # the outputs of a chunk, by column


class TableScorer:
    """The batch of a selection: tables in, tables with the selected outputs out. Immutable, safe among threads."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._batch = compile_batch(selection)
        self._fast = fast_batch(selection)

    def batch(self, table: pa.Table | pa.RecordBatch) -> pa.Table:
        """Score a table: see `Model.batch`."""
        table = as_table(table)
        parts = []
        for start, chunk, made, rows in self._scored(table):
            if rows.faults:
                raise self._fault(rows, min(rows.faults), start)
            parts.append((chunk, made, ~rows.dropped if rows.dropped.any() else None))
        return self._joined(table, parts)

    def try_batch(self, table: pa.Table | pa.RecordBatch) -> tuple[pa.Table, pa.Array]:
        """Score a table row for row: see `Model.try_batch`."""
        table = as_table(table)
        parts, status = [], []
        for start, chunk, made, rows in self._scored(table):
            texts = np.full(len(chunk), "ok", dtype=object)
            texts[rows.dropped] = "dropped"
            for number in rows.faults:
                texts[number] = str(self._fault(rows, number, start))
            bad = texts != "ok"
            parts.append((chunk, {n: _nulled(c, bad) for n, c in made.items()} if bad.any() else made, None))
            status.append(pa.array(texts, pa.string()))
        return self._joined(table, parts), pa.concat_arrays(status) if status else pa.array([], pa.string())

    def _scored(self, table: pa.Table) -> Iterator[tuple[int, Any, Made, cols.Rows]]:
        """Yield (number of the first row, rows, their outputs, their book), as many rows at a time as fit."""
        cells: dict[str, int] = {}
        for start, chunk in _chunks(table):
            for at, part, made, rows in self._in_parts(chunk, start):
                for name, array in made.items():
                    if pa.types.is_list(array.type):
                        cells[name] = cells.get(name, 0) + _cells(array)
                        _check_output(name, cells[name])
                yield at, part, made, rows

    def _in_parts(self, chunk: pa.RecordBatch, start: int) -> Iterator[tuple[int, Any, Made, cols.Rows]]:
        """Score a chunk, in parts if its vectors are too wide for one matrix."""
        try:
            made, rows = self._score(chunk)
        except TooWideError:
            size = -(-chunk.num_rows // 8)
        except MemoryError:
            raise ColumnError(
                "the vectors of these rows do not fit into memory: score fewer rows at a time, or name other columns "
                "(`columns`)"
            ) from None
        else:
            yield start, chunk, made, rows
            return
        for low in range(0, chunk.num_rows, size):
            yield from self._in_parts(chunk.slice(low, size), start + low)

    def _score(self, chunk: pa.RecordBatch | pa.Table) -> tuple[Made, cols.Rows]:
        rows = cols.Rows(chunk.num_rows)
        raws = [
            *self._selection.raws,
            *(r for r in self._selection.optional_raws if r.name in chunk.schema.names),
        ]
        present = chunk.schema.names
        absent = [raw.name for raw in raws if raw.name not in present]
        if absent:
            raise ColumnError(f"the table has no column {', '.join(f'`{name}`' for name in absent)}")
        arrays = {raw.name: _array(chunk, raw) for raw in raws}
        arrays |= {name: chunk.column(name) for name in self._selection.yielding if name in present}
        if self._fast is not None and (made := self._fast(arrays, chunk.num_rows, self._general)) is not None:
            return made[0], made[1]
        return self._general(arrays, rows)

    def _general(self, arrays: Mapping[str, pa.Array], rows: cols.Rows) -> tuple[Made, cols.Rows]:
        try:
            kinds = {raw.name: raw.kind for raw in self._selection.plan.raws.values()}
            table = {n: a if kinds.get(n, "tokens") == "tokens" else cols.read(a) for n, a in arrays.items()}
        except cols.Ragged:
            return ragged.score(self._selection, arrays, rows.count, self._general)
        with np.errstate(all="ignore"):
            made = self._batch(rows, table)
        return {name: cols.to_arrow(column) for name, column in made.items()}, rows

    def _joined(self, table: pa.Table, parts: Sequence[tuple[Any, Made, Any]]) -> pa.Table:
        """Return the rows of a table that are kept; the outputs take the places of columns of their names."""
        names = list(parts[0][1]) if parts else []
        if self._selection.optional:  # which are made last, and stand where their stages do
            names = [name for name in self._selection.plan.produced if name in names]
        kept = [mask for _, _, mask in parts]
        if any(mask is not None for mask in kept):
            whole = np.concatenate([np.ones(len(c), bool) if m is None else m for c, _, m in parts])
            table = _kept(table, whole)
        for name in names:
            chunks = [
                made[name] if mask is None else made[name].filter(pa.array(mask)) for _, made, mask in parts
            ]
            column = pa.chunked_array(chunks)
            at = table.schema.get_field_index(name)
            table = table.append_column(name, column) if at < 0 else table.set_column(at, name, column)
        return table

    def _fault(self, rows: cols.Rows, number: int, start: int) -> RowError:
        fault = rows.faults[number]
        step = self._selection.steps[fault.step]
        return RowError(step.uid, step.names[fault.position], fault.value, fault.reason, start + number)


def as_table(table: pa.Table | pa.RecordBatch) -> pa.Table:
    """Take what a caller gives for a table; raises TypeError for anything else."""
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if isinstance(table, pa.Table):
        return table
    raise TypeError(f"expected a pyarrow Table or RecordBatch, got {type(table).__name__}")


def _kept(table: pa.Table, mask: np.ndarray[Any, Any]) -> pa.Table:
    """Return the rows of a table that are kept, every column of the type that it had."""
    try:
        return table.filter(pa.array(mask))
    except pa.ArrowNotImplementedError:  # of views and runs, which can be cut and joined only
        edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0)).tolist()
        pieces = [table.slice(first, end - first) for first, end in zip(edges[::2], edges[1::2], strict=True)]
        return pa.concat_tables([table.slice(0, 0), *pieces]).combine_chunks()


def _nulled(array: pa.Array, bad: np.ndarray[Any, Any]) -> pa.Array:
    mask = pa.array(bad)
    return pc.if_else(mask, pa.scalar(None, array.type), array)


def _cells(array: pa.ListArray) -> int:
    """Count the numbers in lists, which may be a slice of longer ones."""
    if len(array) == 0:
        return 0
    ends: int = array.offsets[len(array)].as_py() - array.offsets[0].as_py()
    return ends


def _check_output(name: str, cells: int) -> None:
    if cells > MAX_DENSE:
        raise ColumnError(
            f"column `{name}` would take more than {MAX_DENSE >> 27} GiB as lists of numbers: score fewer rows at a "
            "time, or name other columns (`columns`)"
        )


def _chunks(table: pa.Table) -> Iterator[tuple[int, Any]]:
    start = 0
    for batch in table.to_batches(max_chunksize=CHUNK) or [_empty(table.schema)]:
        yield start, batch
        start += batch.num_rows


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _unpacked(array: pa.Array) -> pa.Array:
    """Write an array in a form that Arrow computes with: runs and views as plain values."""
    if pa.types.is_run_end_encoded(array.type):
        return _of_runs(array)
    if pa.types.is_string_view(array.type):
        return array.cast(pa.string())
    if pa.types.is_dictionary(array.type) and pa.types.is_string_view(array.type.value_type):
        return pa.DictionaryArray.from_arrays(array.indices, array.dictionary.cast(pa.string()))
    return array.dictionary_decode() if scored_type(array.type) != array.type else array


def _of_runs(array: pa.Array) -> pa.Array:
    """Repeat the values of runs: Arrow's own decoder knows neither dictionaries nor views."""
    first, many = array.find_physical_offset(), array.find_physical_length()
    ends = array.run_ends.to_numpy()[first : first + many].astype(np.int64) - array.offset
    lengths = np.diff(np.minimum(ends, len(array)), prepend=0)
    return _unpacked(array.values).take(pa.array(np.repeat(np.arange(first, first + many), lengths)))


def _is_open(kind: pa.DataType) -> bool:
    """Tell whether a declared type is one that columns of other forms are not cast to."""
    return bool(kind == VECTOR or pa.types.is_string_view(kind))


def _array(chunk: pa.RecordBatch, raw: Raw) -> pa.Array:
    if len(chunk.schema.get_all_field_indices(raw.name)) > 1:
        raise ColumnError(f"the table has several columns `{raw.name}`")
    array = _unpacked(chunk.column(raw.name))
    if not fits(array.type, raw.kind):
        raise ColumnError(f"column `{raw.name}` is {array.type}, where {described(raw.kind)} are needed")
    if pa.types.is_null(array.type) and raw.kind == "vector":
        return array.cast(VECTOR)
    if (
        raw.known
        and raw.type != array.type
        and not pa.types.is_dictionary(array.type)
        and not _is_open(raw.type)
    ):
        try:
            return array.cast(raw.type)
        except pa.ArrowException as e:
            raise ColumnError(f"column `{raw.name}` is {array.type}, declared {raw.type}: {e}") from None
    return array
