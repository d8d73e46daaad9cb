"""Model: a loaded pipeline that scores rows and batches.

`row` and `batch` follow Spark's transform: the same columns, values, nulls, dropped rows and errors.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scorer import columns as cols
from scorer import ragged
from scorer.compile import compile_batch, compile_row
from scorer.containers import flatten
from scorer.errors import ColumnError, RowError, ScorerError
from scorer.explain import Explanation, explain
from scorer.fast import fast_batch, fast_row
from scorer.fields import described, fits
from scorer.folder import Folder
from scorer.location import Origin, Place, locate
from scorer.memory import give_back
from scorer.pipeline import Plan, Raw, Selection, reader_kinds, resolve, select
from scorer.ranker import Ranker
from scorer.recommend import Recommender, find_ranker, find_recommender
from scorer.saved import open_saved, spark_version
from scorer.stages.index import StringIndexer
from scorer.vectors import MAX_DENSE, VECTOR, Floats, TooWideError
from scorer.wiring import Wired, wire

CHUNK = 32_768  # rows that are scored at a time: the columns of a chunk stay in the processor's cache
_OUTPUT = re.compile(r"(?P<column>.+?)(?:\[(?P<slot>\d{1,6})\])?")


def load(path: str | os.PathLike[str], schema: pa.Schema | None = None, as_of: str | None = None) -> Model:
    """Load a pipeline or a stage that Spark MLlib saved.

    `path`: a local path, or a URI that `pyarrow.fs` knows, of a folder of Spark's or MLflow's or a bundle. `schema`:
    the types of the input columns (a save carries none; a signature of MLflow's serves unless one is given);
    without it a row's int means a long and its float a double. `as_of`: a Spark version, such as
    "3.5", whose values, nulls and errors to follow in place of the version that saved the model.

    Raises ScorerError: SavedError for a directory that is missing or damaged, UnsupportedError for a class that
    is not known, ColumnError where the stages or the schema do not fit together.
    """
    if not isinstance(schema, pa.Schema | None):
        raise TypeError(f"a schema is a pyarrow.Schema, not {type(schema).__name__}")
    if not isinstance(as_of, str | None):
        raise TypeError(f'as_of is a Spark version such as "3.5", not {as_of!r}')
    place = locate(path)
    saved = open_saved(place, spark_version(as_of) if as_of is not None else None)
    wired = [one for stage in flatten(saved) for one in wire(stage)]
    model = Model(_planned(wired, schema, place), place.origin, saved.ledger.version())
    if isinstance(saved.folder, Folder):
        give_back(saved.folder.budget.read)
    return model


def _planned(wired: Sequence[Wired], schema: pa.Schema | None, place: Place) -> Plan:
    """Wire the stages to the types given, or else to those of MLflow's signature."""
    if schema is not None or place.schema is None:
        return resolve(wired, schema)
    try:
        return resolve(wired, place.schema)
    except ColumnError as e:
        raise ColumnError(
            f"{e} (says the signature in MLmodel; a `schema` given to load goes before it)"
        ) from None


class Model:
    """A loaded pipeline, or a selection of its output columns (see `select`). Immutable, safe among threads."""

    def __init__(self, plan: Plan, source: Origin, version: str, wanted: Sequence[str] | None = None) -> None:
        self._plan = plan
        self._selection = select(plan, wanted)
        self._row = fast_row(self._selection) or compile_row(self._selection)
        self._batch = compile_batch(self._selection)
        self._fast = fast_batch(self._selection)
        self._selected: dict[tuple[str, ...], Model] = {}
        self.source, self.version = source, version

    def __repr__(self) -> str:
        """Show what is scored and what comes of it."""
        return f"<scorer.Model of {len(self._plan.steps)} stages: {', '.join(self.outputs.names)}>"

    @property
    def plan(self) -> Plan:
        """The whole pipeline, with its columns as numbered values: for the tools of this package."""
        return self._plan

    @property
    def inputs(self) -> pa.Schema:
        """The columns that the selected outputs need, with the types that they are read as."""
        chosen = self._selection
        raws = chosen.raws if chosen.outputs else chosen.optional_raws  # a lone indexer is the model itself
        return _schema((raw.name, raw.type) for raw in raws)

    @property
    def outputs(self) -> pa.Schema:
        """The columns that the model makes (not those of stages that run only if their column is present)."""
        fields, chosen = self._plan.fields, self._selection
        return _schema(
            (name, fields[value].type or pa.float64()) for name, value in chosen.outputs or chosen.optional
        )

    def select(self, columns: Sequence[str]) -> Model:
        """Return the model that makes just these columns; compiled once for each set of columns."""
        if not isinstance(columns, list | tuple) or not all(isinstance(name, str) for name in columns):
            raise TypeError(f"columns are a list of column names, not {columns!r}")
        key = tuple(columns)
        if key not in self._selected:
            self._selected[key] = Model(self._plan, self.source, self.version, key)
        return self._selected[key]

    def row(self, facts: Mapping[str, Any], columns: Sequence[str] | None = None) -> dict[str, Any] | None:
        """Score one row: a mapping of input columns (a missing key is null).

        Returns the output columns (vectors as lists of floats), or None if the row is dropped. Raises RowError
        where Spark raises.
        """
        if columns is not None:
            return self.select(columns).row(facts)
        found: dict[str, Any] | None = self._row(facts)
        return found

    def batch(self, table: pa.Table | pa.RecordBatch, columns: Sequence[str] | None = None) -> pa.Table:
        """Score a table: its columns and then the outputs; vectors as `list<double>`, dropped rows left out.

        Raises RowError for the first row on which Spark would raise, ColumnError if a column is missing.
        """
        if columns is not None:
            return self.select(columns).batch(table)
        table = _as_table(table)
        parts = []
        for start, chunk, made, rows in self._scored(table):
            if rows.faults:
                raise self._error(rows, start)
            parts.append((chunk, made, ~rows.dropped if rows.dropped.any() else None))
        return self._joined(table, parts)

    def try_batch(
        self, table: pa.Table | pa.RecordBatch, columns: Sequence[str] | None = None
    ) -> tuple[pa.Table, pa.Array]:
        """Score a table row for row: no row is left out and none stops the others.

        Returns the table with the outputs appended (null where a row has none), and a status for each row:
        `ok`, `dropped`, or the sentence of the error.
        """
        if columns is not None:
            return self.select(columns).try_batch(table)
        table = _as_table(table)
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

    def explain(self, facts: Mapping[str, Any], slot: int | None = None) -> Explanation | None:
        """Say what each input column contributes to the score of one row: see `scorer.explain`.

        Exact for linear models, Shapley values for trees; None if the row is dropped. `slot` chooses the class.
        """
        return explain(self._plan, facts, slot)

    def output(self, name: str) -> Output:
        """Return one number of the outputs, such as `probability[1]` or `prediction`, for callers that decide."""
        found = _OUTPUT.fullmatch(name)
        if found is None:
            raise ColumnError(f"`{name}` names no output; write a column, or column[slot]")
        slot = int(found["slot"]) if found["slot"] is not None else None
        column = found["column"]
        return Output(self.select([column]), select(self._plan, [column]), column, slot, self.labels())

    def recommend(self, user: Any, n: int) -> list[tuple[Any, float]]:
        """Return the n best items of a user as [(item, score), …], in Spark's order; none if the user is unknown.

        For ALS models, also at the end of a pipeline: `user` is what its user column takes, and items are named as
        the item column's values are. Equal scores: the higher id first. Raises ScorerError for other models.
        """
        return self._recommender.best(user, n)

    def ranker(self) -> Ranker:
        """Return the users and items of the ALS model, by their ids; raises ScorerError if the model holds none."""
        return self._ranker

    def user_id(self, user: Any) -> Any:
        """Return the id that the ALS model has for a user as its column names them, None if it cannot know the user."""
        return self._recommender.user_id(user)

    def user_labels(self) -> Sequence[str] | None:
        """Return the names of the ALS model's users by their ids, None if the ids are the caller's own."""
        return self._recommender.user

    def item_labels(self) -> Sequence[str] | None:
        """Return the names of the ALS model's items by their ids, None if the ids are the caller's own."""
        return self._recommender.item

    def index_labels(self) -> Sequence[str]:
        """Return the labels of a model that is one StringIndexer of one column; raises ScorerError for others."""
        stages = [step.stage for step in self._plan.steps]
        if len(stages) != 1 or not isinstance(stages[0], StringIndexer):
            raise ScorerError(
                f"names need one StringIndexer of one column; this model has {len(stages)} stages"
            )
        return stages[0].labels

    def labels(self) -> Sequence[str] | None:
        """Return the labels of the classes: those of the indexer that made the last model's label, or None."""
        label = self._plan.produced.get(self._plan.label)
        made = (s.stage for s in self._plan.steps if label is not None and label in s.outputs)
        stage = next(made, None)
        return stage.labels if isinstance(stage, StringIndexer) else None

    # -- inside ---------------------------------------------------------------------------------------------

    @cached_property
    def _ranker(self) -> Ranker:
        return find_ranker(self._plan, self.version)

    @cached_property
    def _recommender(self) -> Recommender:
        return find_recommender(self._plan, self._ranker)

    def _scored(self, table: pa.Table) -> Iterator[tuple[int, Any, dict[str, pa.Array], cols.Rows]]:
        """Yield (number of the first row, rows, their outputs, their book), as many rows at a time as fit."""
        cells: dict[str, int] = {}
        for start, chunk in _chunks(table):
            for at, part, made, rows in self._in_parts(chunk, start):
                for name, array in made.items():
                    if pa.types.is_list(array.type):
                        cells[name] = cells.get(name, 0) + len(array.values)
                        _check_output(name, cells[name])
                yield at, part, made, rows

    def _in_parts(
        self, chunk: pa.RecordBatch, start: int
    ) -> Iterator[tuple[int, Any, dict[str, pa.Array], cols.Rows]]:
        """Score a chunk, in parts if its vectors are too wide for one matrix."""
        try:
            made, rows = self._score(chunk)
        except TooWideError:
            size = -(-chunk.num_rows // 8)
        else:
            yield start, chunk, made, rows
            return
        for low in range(0, chunk.num_rows, size):
            yield from self._in_parts(chunk.slice(low, size), start + low)

    def _score(self, chunk: pa.RecordBatch | pa.Table) -> tuple[dict[str, pa.Array], cols.Rows]:
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

    def _general(
        self, arrays: Mapping[str, pa.Array], rows: cols.Rows
    ) -> tuple[dict[str, pa.Array], cols.Rows]:
        try:
            kinds = {raw.name: raw.kind for raw in self._plan.raws.values()}
            table = {n: a if kinds.get(n, "tokens") == "tokens" else cols.read(a) for n, a in arrays.items()}
        except cols.Ragged:
            return ragged.score(self._selection, arrays, rows.count, self._general)
        with np.errstate(all="ignore"):
            made = self._batch(rows, table)
        return {name: cols.to_arrow(column) for name, column in made.items()}, rows

    def _fault(self, rows: cols.Rows, number: int, start: int) -> RowError:
        fault = rows.faults[number]
        step = self._selection.steps[fault.step]
        return RowError(step.uid, step.names[fault.position], fault.value, fault.reason, start + number)

    def _error(self, rows: cols.Rows, start: int) -> RowError:
        return self._fault(rows, min(rows.faults), start)

    def _joined(self, table: pa.Table, parts: Sequence[tuple[Any, dict[str, pa.Array], Any]]) -> pa.Table:
        names = list(parts[0][1]) if parts else []
        kept = [mask for _, _, mask in parts]
        if any(mask is not None for mask in kept):
            whole = np.concatenate([np.ones(len(c), bool) if m is None else m for c, _, m in parts])
            table = table.filter(pa.array(whole))
        for name in names:
            chunks = [
                made[name] if mask is None else made[name].filter(pa.array(mask)) for _, made, mask in parts
            ]
            column = pa.chunked_array(chunks)
            at = table.schema.get_field_index(name)
            table = table.append_column(name, column) if at < 0 else table.set_column(at, name, column)
        return table


class Output:
    """One number a row: a scalar output column, or one slot of a vector."""

    def __init__(
        self,
        model: Model,
        selection: Selection,
        column: str,
        slot: int | None,
        labels: Sequence[str] | None,
    ) -> None:
        described = selection.plan.fields[dict(selection.outputs)[column]]
        if described.is_vector and slot is None:
            raise ColumnError(f"`{column}` is a vector; name a slot, such as `{column}[1]`")
        if described.is_vector and described.size is not None and slot is not None and slot >= described.size:
            raise ColumnError(
                f"`{column}` has the slots 0 to {described.size - 1}; there is no `{column}[{slot}]`"
            )
        if not described.is_vector and (slot is not None or described.type != pa.float64()):
            raise ColumnError(f"`{column}` is {described.type}; one number a row is needed")
        self._model, self._selection, self._column, self._slot = model, selection, column, slot
        self.version = model.version
        of_classes = labels is not None and slot is not None and described.size == len(labels)
        self.label: str | None = (
            labels[slot] if of_classes and labels is not None and slot is not None else None
        )

    @property
    def inputs(self) -> pa.Schema:
        """The columns that this number needs.

        A text that may as well be a number, since only label indexers read it, has the metadata `also: number`.
        """
        kinds = {raw.name: reader_kinds(self._selection, raw) for raw in self._selection.raws}
        return pa.schema(
            field.with_metadata({"also": "number"}) if kinds.get(field.name) == {"text"} else field
            for field in self._model.inputs
        )

    def bind(self, names: Sequence[str]) -> Callable[..., float | None]:
        """Compile the function of the inputs in the order of `names`: None if the row is dropped.

        The function raises RowError where Spark raises, and may return NaN.
        """
        slot = -1 if self._slot is None else self._slot
        return fast_row(self._selection, names, slot) or compile_row(self._selection, names, slot)

    def batch(self, table: pa.Table | pa.RecordBatch) -> tuple[Floats, list[str | None]]:
        """Return (rows,) numbers, NaN where there is none, and for each row the cause of that, or None."""
        made, status = self._model.try_batch(_as_table(table).select(self.inputs.names))
        array = made.column(self._column).combine_chunks()
        if self._slot is not None:
            array = _slot_of(array, self._slot)
        causes = [None if text == "ok" else text for text in status.to_pylist()]
        return array.fill_null(np.nan).to_numpy(zero_copy_only=False), causes


def _slot_of(array: pa.Array, slot: int) -> pa.Array:
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) and array.num_chunks else array
    lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    flat = array.flatten().to_numpy(zero_copy_only=False)
    ends = np.cumsum(lengths)
    out = np.full(len(lengths), np.nan)
    has = lengths > slot
    out[has] = flat[(ends - lengths)[has] + slot]
    return pa.array(out)


def _nulled(array: pa.Array, bad: np.ndarray[Any, Any]) -> pa.Array:
    mask = pa.array(bad)
    return pc.if_else(mask, pa.scalar(None, array.type), array)


def _check_output(name: str, cells: int) -> None:
    if cells > MAX_DENSE:
        raise ColumnError(
            f"column `{name}` would take more than {MAX_DENSE >> 27} GiB as lists of numbers: score fewer rows at a "
            "time, or name other columns (`columns`)"
        )


def _schema(pairs: Iterator[tuple[str, pa.DataType]] | Any) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in pairs])


def _as_table(table: pa.Table | pa.RecordBatch) -> pa.Table:
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if isinstance(table, pa.Table):
        return table
    raise TypeError(f"expected a pyarrow Table or RecordBatch, got {type(table).__name__}")


def _chunks(table: pa.Table) -> Iterator[tuple[int, Any]]:
    start = 0
    for batch in table.to_batches(max_chunksize=CHUNK) or [_empty(table.schema)]:
        yield start, batch
        start += batch.num_rows


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _array(chunk: pa.RecordBatch, raw: Raw) -> pa.Array:
    if len(chunk.schema.get_all_field_indices(raw.name)) > 1:
        raise ColumnError(f"the table has several columns `{raw.name}`")
    array = chunk.column(raw.name)
    if not fits(array.type, raw.kind):
        raise ColumnError(f"column `{raw.name}` is {array.type}, where {described(raw.kind)} are needed")
    if raw.known and raw.type != array.type and not pa.types.is_dictionary(array.type) and raw.type != VECTOR:
        try:
            return array.cast(raw.type)
        except pa.ArrowException as e:
            raise ColumnError(f"column `{raw.name}` is {array.type}, declared {raw.type}: {e}") from None
    return array
