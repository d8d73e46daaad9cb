"""Output: one number a row of what a model makes, for callers that decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from scorer.compile import compile_row
from scorer.errors import ColumnError
from scorer.fast import fast_row
from scorer.fields import Field
from scorer.pipeline import Plan, Raw, Selection, reader_kinds, select
from scorer.tables import TableScorer, as_table
from scorer.vectors import Floats

_NAME = re.compile(r"(?P<column>.+?)(?:\[(?P<slot>\d{1,6})\])?")


def find_output(plan: Plan, name: str, labels: Sequence[str] | None, version: str) -> Output:
    """Find a number by its name, such as `probability[1]`; raises ColumnError if there is none.

    `labels`: of the classes, None if they are not known. `version`: of the model.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise ColumnError(f"`{name}` names no output; write a column, or column[slot]")
    slot = int(found["slot"]) if found["slot"] is not None else None
    column = found["column"]
    selection = select(plan, [column])
    described = plan.fields[dict(selection.outputs)[column]]
    _check(described, column, slot)
    of_classes = labels is not None and slot is not None and described.size == len(labels)
    label = labels[slot] if of_classes and labels is not None and slot is not None else None
    return Output(selection, column, slot, label, version)


def _check(described: Field, column: str, slot: int | None) -> None:
    if described.is_vector and slot is None:
        raise ColumnError(f"`{column}` is a vector; name a slot, such as `{column}[1]`")
    if described.is_vector and described.size is not None and slot is not None and slot >= described.size:
        raise ColumnError(
            f"`{column}` has the slots 0 to {described.size - 1}; there is no `{column}[{slot}]`"
        )
    if not described.is_vector and (slot is not None or described.type != pa.float64()):
        raise ColumnError(f"`{column}` is {described.type}; one number a row is needed")


class Output:
    """One number a row: a scalar output column, or one slot of a vector; `label` names the class of a slot."""

    def __init__(
        self, selection: Selection, column: str, slot: int | None, label: str | None, version: str
    ) -> None:
        self._selection, self._column, self._slot = selection, column, slot
        self._tables = TableScorer(selection)
        self.label, self.version = label, version

    @property
    def inputs(self) -> pa.Schema:
        """The columns that this number needs.

        A column whose values' own types matter, since label indexers or feature hashers read it, has the metadata
        `also`: what it may be besides a text, "number" or "number boolean"; a whole number stays one.
        """
        also = {raw.name: _also(self._selection, raw) for raw in self._selection.raws}
        return pa.schema(
            field.with_metadata({"also": also[field.name]}) if also[field.name] else field
            for field in self._selection.inputs
        )

    def bind(self, names: Sequence[str]) -> Callable[..., float | None]:
        """Compile the function of the inputs in the order of `names`: None if the row is dropped.

        The function raises RowError where Spark raises, and may return NaN.
        """
        slot = -1 if self._slot is None else self._slot
        return fast_row(self._selection, names, slot) or compile_row(self._selection, names, slot)

    def batch(self, table: pa.Table | pa.RecordBatch) -> tuple[Floats, list[str | None]]:
        """Return (rows,) numbers, NaN where there is none, and for each row the cause of that, or None."""
        table = as_table(table)
        # what is absent is refused by its name in `try_batch`
        present = [name for name in self.inputs.names if name in table.column_names]
        made, status = self._tables.try_batch(table.select(present))
        array = made.column(self._column).combine_chunks()
        if self._slot is not None:
            array = _slot_of(array, self._slot)
        causes = [None if text == "ok" else text for text in status.to_pylist()]
        return array.fill_null(np.nan).to_numpy(zero_copy_only=False), causes


def _also(selection: Selection, raw: Raw) -> str:
    """Say what a column may be besides a text, if stages read it whose answer hangs on the values' own types."""
    kinds = reader_kinds(selection, raw)
    if any(raw.value in step.inputs and step.stage.caseless for step in selection.steps):
        return ""  # the use of a column in a statement suggests one type
    return "number boolean" if kinds == {"any"} else "number" if kinds & {"any", "text"} else ""


def _slot_of(array: pa.Array, slot: int) -> pa.Array:
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) and array.num_chunks else array
    lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    flat = array.flatten().to_numpy(zero_copy_only=False)
    ends = np.cumsum(lengths)
    out = np.full(len(lengths), np.nan)
    has = lengths > slot
    out[has] = flat[(ends - lengths)[has] + slot]
    return pa.array(out)
