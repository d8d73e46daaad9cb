"""Two columns of answers, value by value: numbers by their relative distance, all else by equality.

The distance of two numbers is |a - b| / max(|a|, |b|, 1); NaN is NaN, and a value of another kind or length is
infinitely far. Vectors may be lists or Spark's struct, on either side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scorer.vectors import Floats, dense, vector_of

FAR = float("inf")
_STRUCT = {"type", "size", "indices", "values"}


def distances(ours: pa.Array, theirs: pa.Array, *, unordered: bool = False) -> Floats:
    """Return (rows,) the distance of two columns in each row: 0 where they are equal. `unordered`: lists are sets."""
    if not unordered:
        if (one := _numbers(ours)) is not None and (other := _numbers(theirs)) is not None:
            return _scalars(one, other)
        if (a := _vectors(ours)) is not None and (b := _vectors(theirs)) is not None:
            return _lists(a, b)
    pairs = zip(plain(ours, unordered=unordered), plain(theirs, unordered=unordered), strict=True)
    return np.array([_distance(a, b) for a, b in pairs], dtype=np.float64)


def plain(column: pa.Array, *, unordered: bool = False) -> list[Any]:
    """Return a column's values with every vector as a list of its numbers."""
    values = [_plain(value) for value in column.to_pylist()]
    return [sorted(v, key=repr) if isinstance(v, list) else v for v in values] if unordered else values


def slot(ours: Any, theirs: Any) -> int | None:
    """Return the first slot in which two vectors of one length differ most; None for anything else."""
    if not isinstance(ours, list) or not isinstance(theirs, list) or len(ours) != len(theirs) or not ours:
        return None
    found = [_distance(a, b) for a, b in zip(ours, theirs, strict=True)]
    return max(range(len(found)), key=found.__getitem__)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping) and value.keys() == _STRUCT:
        try:
            return dense(vector_of(value))
        except (ValueError, TypeError):  # no vector, and so unlike any
            return value
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _distance(a: Any, b: Any) -> float:
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return FAR
        return max((_distance(x, y) for x, y in zip(a, b, strict=True)), default=0.0)
    if _is_number(a) and _is_number(b):
        return float(_apart(np.float64(a), np.float64(b))) if isinstance(a, float) or a != b else 0.0
    return 0.0 if type(a) is type(b) and a == b else FAR


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _apart(a: Any, b: Any) -> Any:
    """Return the distance of numbers, one by one."""
    with np.errstate(all="ignore"):
        found = np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1.0)
        equal = (a == b) | (np.isnan(a) & np.isnan(b))
        return np.where(equal, 0.0, np.where(np.isnan(found), FAR, found))


Numbers = tuple[Floats, npt.NDArray[np.bool_]]


def _numbers(column: pa.Array) -> Numbers | None:
    """Return a column's numbers as doubles and which of them are there; None if it does not hold numbers."""
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        return None
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    return column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64), valid


def _scalars(ours: Numbers, theirs: Numbers) -> Floats:
    (a, has_a), (b, has_b) = ours, theirs
    found: Floats = np.where(has_a & has_b, _apart(a, b), np.where(has_a == has_b, 0.0, FAR))
    return found


Lists = tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.bool_]]


def _vectors(column: pa.Array) -> Lists | None:
    """Return a column's vectors one after the other, their lengths, and which rows hold one; None if not vectors."""
    kind = column.type
    if pa.types.is_struct(kind) and {kind.field(i).name for i in range(kind.num_fields)} == _STRUCT:
        return _dense_structs(column)
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)):
        return None
    if not pa.types.is_floating(kind.value_type):
        return None
    if pa.types.is_fixed_size_list(kind):
        column = column.cast(pa.list_(kind.value_type))
    flat = column.flatten()
    if flat.null_count:
        return None
    lengths = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    return flat.to_numpy(zero_copy_only=False).astype(np.float64), lengths, valid


def _dense_structs(column: pa.StructArray) -> Lists | None:
    """Read Spark's struct of vectors where every row holds a dense one: what is most of the work."""
    names = [column.type.field(i).name for i in range(column.type.num_fields)]
    kinds, values = (column.flatten()[names.index(name)] for name in ("type", "values"))
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    sparse = kinds.fill_null(1).to_numpy(zero_copy_only=False) != 1
    found = None if sparse.any() else _vectors(values)
    return None if found is None else (found[0], found[1], valid)


def _lists(ours: Lists, theirs: Lists) -> Floats:
    (a, sizes, has_a), (b, others, has_b) = ours, theirs
    out = np.where((has_a == has_b) & (sizes == others), 0.0, FAR)
    if np.array_equal(sizes, others):
        if len(a):
            found = _apart(a, b)
            filled = np.flatnonzero(sizes)
            starts = (np.cumsum(sizes) - sizes)[filled]
            out[filled] = np.maximum(out[filled], np.maximum.reduceat(found, starts))
        return out
    ends, lasts = np.cumsum(sizes), np.cumsum(others)
    for row in np.flatnonzero(out == 0.0).tolist():
        x, y = a[ends[row] - sizes[row] : ends[row]], b[lasts[row] - others[row] : lasts[row]]
        out[row] = _apart(x, y).max(initial=0.0)
    return out
