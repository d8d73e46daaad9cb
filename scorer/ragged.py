"""Tables whose vectors differ in size, or are none: scored in groups of rows that agree.

A batch's vector column has one size. Spark decides row by row, so a row with another size, or with something that
is no vector, must not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from scorer.columns import Fault, Rows
from scorer.fields import holds_vectors
from scorer.pipeline import Selection
from scorer.stage import explain
from scorer.vectors import Sparse, Vector, vector_of

Arrays = Mapping[str, pa.Array]
Scored = tuple[dict[str, pa.Array], Rows]
_BAD = -2


def score(
    selection: Selection, arrays: Arrays, count: int, general: Callable[[Arrays, Rows], Scored]
) -> Scored:
    """Score groups of rows whose vectors have the same sizes; a row without vectors where they are due fails."""
    book = Rows(count)
    sizes = [
        _sizes(selection, name, array, book)
        for name, array in arrays.items()
        if holds_vectors(array.type)
        and name in selection.plan.raws
        and selection.plan.raws[name].kind != "tokens"
    ]
    keys = np.stack([np.array(size, dtype=np.int64) for size in sizes], axis=1)
    keys[list(book.faults)] = _BAD
    distinct, member = np.unique(keys, axis=0, return_inverse=True)
    groups = [np.flatnonzero(member.reshape(-1) == i) for i, key in enumerate(distinct) if key[0] != _BAD]
    parts = [_part(arrays, group, book, general) for group in groups or [np.zeros(0, np.int64)]]
    order = np.full(count, sum(map(len, groups)), dtype=np.int64)
    if groups:
        order[np.concatenate(groups)] = np.arange(order[0])
    return {name: _joined([part[name] for part in parts], order) for name in parts[0]}, book


def _sizes(selection: Selection, name: str, array: pa.Array, book: Rows) -> list[int]:
    """Return each row's form, -1 for null; a row that holds no vector is put in the book."""
    sizes: list[int] = []
    for number, value in enumerate(array.to_pylist()):
        try:
            sizes.append(-1 if value is None else _form(vector_of(value)))
        except (TypeError, ValueError, KeyError) as error:
            sizes.append(_BAD)
            step, position = _reader(selection, name)
            book.faults.setdefault(number, Fault(step, position, value, explain(error, [value])))
    return sizes


def _form(vector: Vector) -> int:
    """Number the vectors that are of one size and both sparse or dense: slots out of bounds fail in dense ones only."""
    return 2 * len(vector) + isinstance(vector, Sparse)


def _reader(selection: Selection, name: str) -> tuple[int, int]:
    wanted = selection.plan.raws[name].value
    found = (n for n, step in enumerate(selection.steps) if wanted in step.inputs)
    step = next(found, 0)
    return step, selection.steps[step].inputs.index(wanted)


def _part(
    arrays: Arrays, group: Any, book: Rows, general: Callable[[Arrays, Rows], Scored]
) -> dict[str, pa.Array]:
    places = pa.array(group)
    made, inner = general({name: array.take(places) for name, array in arrays.items()}, Rows(len(group)))
    for number, fault in inner.faults.items():
        book.faults[int(group[number])] = fault
    book.dropped[group[inner.dropped]] = True
    return made


def _joined(parts: list[pa.Array], order: Any) -> pa.Array:
    """Put the groups' rows back in order; a place past the last one is null."""
    kind = parts[0].type
    return pa.concat_arrays([*(part.cast(kind) for part in parts), pa.nulls(1, kind)]).take(pa.array(order))
