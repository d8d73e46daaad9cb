"""The item table beside the factors: row by row in the order of slots, then the items that the model does not know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa

from policy.expr.columns import Columns, encode
from policy.spec.rankings.items import ITEM, ItemsSpec, type_of

Array = Any  # a NumPy array

_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,18}").fullmatch


@dataclass(frozen=True, slots=True)
class Items:
    """slots: how many rows have factors, the first ones; present: rows that the table has; keys, ids: of each row.

    A row of the model that the table lacks is there, without values: it is never eligible.
    """

    slots: int
    present: Array
    keys: Array
    ids: list[Any]
    rows: dict[Any, int]
    columns: Columns
    table: pa.Table

    @classmethod
    def of(cls, spec: ItemsSpec, table: pa.Table, known: Array) -> Self:
        """The items of a table (its columns by their names, the key int64 without repeats) and a model's ids."""
        keys = table.column(spec.key).to_numpy()
        order = np.argsort(keys, kind="stable")
        places: Array = np.searchsorted(keys[order], known)
        found = np.zeros(len(known), bool)
        inside = places < len(keys)
        found[inside] = keys[order][places[inside]] == known[inside]
        taken = np.full(len(known), -1)
        taken[found] = order[places[found]]
        rest = np.setdiff1d(np.arange(len(keys)), taken[found])
        all_rows = np.concatenate([taken, rest])
        aligned = table.take(pa.array(np.where(all_rows < 0, 0, all_rows), mask=all_rows < 0))
        ids = aligned.column(spec.id).to_pylist()
        present = all_rows >= 0
        return cls(
            len(known),
            present,
            np.concatenate([known, keys[rest]]).astype(np.int64),
            ids,
            {id_: row for row, id_ in enumerate(ids) if present[row]},
            _encoded(spec, aligned),
            aligned,
        )

    def row(self, id_: Any) -> int | None:
        """The row of an id, None if the table has none; a number and its text are one, as JSON keys and CSV have it."""
        row = self.rows.get(id_)
        if row is not None or not isinstance(id_, int | str):
            return row
        if isinstance(id_, int):
            return self.rows.get(str(id_))
        return self.rows.get(int(id_)) if _NUMBER(id_) else None

    def __len__(self) -> int:
        return len(self.present)


def _encoded(spec: ItemsSpec, table: pa.Table) -> Columns:
    named = pa.table(
        [*(table.column(name) for name in spec.columns), pa.nulls(table.num_rows)],
        names=[*(f"{ITEM}{name}" for name in spec.columns), ""],
    )
    return encode(named, {f"{ITEM}{name}": type_of(one) for name, one in spec.columns.items()})
