"""Vectors and matrices: of one row, of a batch, and as Spark saves them (VectorUDT, MatrixUDT).

One row's vector is a `list[float]` or a `Sparse`; a batch's vectors are `Vectors`: blocks side by side, so that
one-hot slots stay a column of codes and a linear model over them is a gather, never a matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

VECTOR = pa.list_(pa.float64())  # the Arrow type of a vector column
MAX_SLOTS = 1 << 26  # of one vector
MAX_DENSE = 1 << 28  # cells; a matrix or vector that claims more is refused
MAX_BATCH = 1 << 25  # cells of the matrix of a batch; more rows than fit are scored in parts


class TooWideError(MemoryError):
    """So many rows of so many slots do not fit one matrix; fewer rows may."""


def _checked(rows: int, size: int) -> None:
    """Raise TooWideError where a matrix would be too large; one row always fits."""
    if rows * size > MAX_BATCH and rows > 1:
        raise TooWideError(f"{rows} rows of {size} slots do not fit a matrix")


# -- one row ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sparse:
    """A vector of `size` slots that is zero but at `indices` (ascending)."""

    size: int
    indices: Sequence[int]
    values: Sequence[float]

    def __len__(self) -> int:
        return self.size


Vector = list[float] | Sparse


def dense(vector: Vector) -> list[float]:
    """Write every slot of a vector."""
    if isinstance(vector, Sparse):
        out = [0.0] * vector.size
        for index, value in zip(vector.indices, vector.values, strict=True):
            out[index] = value
        return out
    return vector


def compressed(size: int, indices: list[int], values: list[float]) -> Vector:
    """Choose as Spark's `Vector.compressed` does: sparse if 1.5 (nonzeros + 1) < size."""
    if 1.5 * (len(values) + 1.0) < size:
        return Sparse(size, indices, values)
    return dense(Sparse(size, indices, values))


def _compressed(numbers: list[float]) -> Vector:
    stored = [i for i, x in enumerate(numbers) if x != 0.0]
    return compressed(len(numbers), stored, [numbers[i] for i in stored])


def active(vector: Vector) -> Iterator[tuple[int, float]]:
    """Yield (slot, value) of the slots that are stored: all of a dense vector."""
    if isinstance(vector, Sparse):
        return zip(vector.indices, vector.values, strict=True)
    return enumerate(vector)


def vector_of(value: Any) -> Vector:
    """Read one row's vector: numbers in a sequence, or Spark's own struct as a mapping.

    Raises ValueError or TypeError if it is neither, or if its sizes do not agree.
    """
    if isinstance(value, Sparse):
        return value
    if isinstance(value, Mapping):
        return _from_struct(value)
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        raise TypeError(f"expected a vector, got {value!r}")
    return [float(x) for x in value]


def _from_struct(value: Mapping[str, Any]) -> Vector:
    numbers = [float(x) for x in value["values"]]
    if value["type"] == 1:
        return numbers
    if value["type"] != 0:
        raise ValueError(f"its type is {value['type']!r}, where 0 is sparse and 1 is dense")
    size, indices = int(value["size"]), [int(i) for i in value["indices"]]
    if not 0 <= size <= MAX_SLOTS:
        raise ValueError(f"it claims {size} slots")
    if len(indices) != len(numbers):
        raise ValueError(f"{len(indices)} indices for {len(numbers)} values")
    if any(b <= a for a, b in pairwise(indices)):
        raise ValueError("the indices are not ascending")
    if indices and not (indices[0] >= 0 and indices[-1] < size):
        raise ValueError(f"an index is outside a vector of {size} slots")
    return Sparse(size, indices, numbers)


def counted(size: int, slots: Iterable[int], *, binary: bool) -> Sparse:
    """Count how often each slot comes; with `binary`, whether it comes."""
    counts: dict[int, float] = {}
    for slot in slots:
        counts[slot] = 1.0 if binary else counts.get(slot, 0.0) + 1.0
    order = sorted(counts)
    return Sparse(size, order, [counts[i] for i in order])


# -- matrices --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix of `rows` × `columns` as entries; `stored` tells the entries that are stored (sparse) from the rest."""

    values: Floats
    stored: Mask | None

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.values.shape[0])

    @property
    def columns(self) -> int:
        """The number of columns."""
        return int(self.values.shape[1])


def matrix_of(value: Mapping[str, Any]) -> Matrix:
    """Read Spark's struct of a matrix (MatrixUDT): dense column-major, or CSC; transposed, row-major or CSR."""
    rows, columns = int(value["numRows"]), int(value["numCols"])
    numbers = np.asarray(value["values"], dtype=np.float64)
    if rows < 0 or columns < 0 or rows * columns > MAX_DENSE:
        raise ValueError(f"it claims {rows} × {columns} entries")
    if value["type"] == 1:
        if numbers.size != rows * columns:
            raise ValueError(f"{numbers.size} values for {rows} × {columns} entries")
        order = "C" if value["isTransposed"] else "F"
        return Matrix(np.ascontiguousarray(numbers.reshape((rows, columns), order=order)), None)  # type: ignore[call-overload]
    if value["type"] != 0:
        raise ValueError(f"its type is {value['type']!r}, where 0 is sparse and 1 is dense")
    return _sparse_matrix(value, rows, columns, numbers)


def _sparse_matrix(value: Mapping[str, Any], rows: int, columns: int, numbers: Floats) -> Matrix:
    major, minor = (rows, columns) if value["isTransposed"] else (columns, rows)
    starts = np.asarray(value["colPtrs"], dtype=np.int64)
    inner = np.asarray(value["rowIndices"], dtype=np.int64)
    if starts.size != major + 1 or inner.size != numbers.size or (starts.size and starts[-1] != numbers.size):
        raise ValueError("its pointers, indices and values do not agree")
    if np.any(np.diff(starts) < 0) or np.any(inner < 0) or np.any(inner >= minor):
        raise ValueError("an index is out of range")
    outer = np.repeat(np.arange(major), np.diff(starts))
    where = (outer, inner) if value["isTransposed"] else (inner, outer)
    values, stored = np.zeros((rows, columns)), np.zeros((rows, columns), dtype=bool)
    values[where], stored[where] = numbers, True
    return Matrix(values, stored)


# -- a batch ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dense:
    """Slots with a number in each row: `values` is (rows, size)."""

    values: Floats

    @property
    def size(self) -> int:
        """The number of slots."""
        return int(self.values.shape[1])

    def matrix(self) -> Floats:
        """Return (rows, size) numbers."""
        return self.values


@dataclass(frozen=True, slots=True)
class OneHot:
    """Slots of which one is 1.0 in each row: `codes` (rows,) says which; a code of `size` says none."""

    codes: Ints
    size: int

    def matrix(self) -> Floats:
        """Return (rows, size) numbers."""
        _checked(len(self.codes), self.size)
        out = np.zeros((len(self.codes), self.size + 1))
        out[np.arange(len(self.codes)), self.codes] = 1.0
        return out[:, : self.size]


@dataclass(frozen=True, slots=True)
class Rowwise:
    """Sparse slots in compressed rows (CSR): row i stores `indices[starts[i]:starts[i+1]]`, ascending.

    `full` (rows,) tells the rows that came as dense vectors among sparse ones; None if none did.
    """

    starts: npt.NDArray[np.int64]
    indices: Ints
    values: Floats
    size: int
    full: Mask | None = None

    def matrix(self) -> Floats:
        """Return (rows, size) numbers."""
        rows = len(self.starts) - 1
        _checked(rows, self.size)
        out = np.zeros((rows, self.size))
        out[np.repeat(np.arange(rows), np.diff(self.starts)), self.indices] = self.values
        return out


Block = Dense | OneHot | Rowwise


def stored_rows(block: Block) -> Rowwise | None:
    """Return a block of sparse vectors in compressed rows; None for one of dense vectors."""
    if isinstance(block, Dense):
        return None
    if isinstance(block, Rowwise):
        return block
    there = block.codes < block.size
    starts = np.concatenate([[0], np.cumsum(there)]).astype(np.int64)
    codes = block.codes[there]
    return Rowwise(starts, codes, np.ones(len(codes)), block.size)


def _height(block: Block) -> int:
    """Return the number of rows."""
    if isinstance(block, Rowwise):
        return len(block.starts) - 1
    return len(block.codes if isinstance(block, OneHot) else block.values)


@dataclass(frozen=True, slots=True)
class Vectors:
    """A batch of vectors: blocks of slots side by side; `valid` (rows,) tells nulls, None if there are none.

    `compressed`: each row's vector is sparse or dense as Spark's `Vector.compressed` chooses, whatever its blocks.
    """

    blocks: tuple[Block, ...]
    valid: Mask | None = None
    compressed: bool = False

    @property
    def size(self) -> int:
        """The number of slots of every vector."""
        return sum(block.size for block in self.blocks)

    def matrix(self) -> Floats:
        """Return (rows, size) numbers, for stages that need them all."""
        if len(self.blocks) == 1:
            return self.blocks[0].matrix()
        if not all(isinstance(block, Dense) for block in self.blocks):
            _checked(_height(self.blocks[0]), self.size)
        return np.concatenate([block.matrix() for block in self.blocks], axis=1)

    def rows(self) -> list[Vector | None]:
        """Return each row's vector as one row's functions take it."""
        if self.compressed:
            out: list[Vector | None] = [_compressed(numbers) for numbers in self.matrix().tolist()]
        elif len(self.blocks) == 1 and (stored := stored_rows(self.blocks[0])) is not None:
            out = list(_sparse_rows(stored))
        else:
            out = self.matrix().tolist()
        if self.valid is not None:
            out = [vector if ok else None for vector, ok in zip(out, self.valid.tolist(), strict=True)]
        return out


def _sparse_rows(block: Rowwise) -> Iterator[Vector]:
    starts, indices, values = block.starts.tolist(), block.indices.tolist(), block.values.tolist()
    full = block.full.tolist() if block.full is not None else repeat(False)
    for (low, high), whole in zip(pairwise(starts), full, strict=False):
        yield values[low:high] if whole else Sparse(block.size, indices[low:high], values[low:high])


def vectors_of(rows: Sequence[Vector | None], size: int | None = None) -> Vectors:
    """Gather rows' vectors into a batch; sparse if any row is. Raises ValueError if sizes differ."""
    valid = np.fromiter((row is not None for row in rows), bool, len(rows))
    sizes = {len(row) for row in rows if row is not None}
    if not sizes and size is not None:
        sizes = {size}
    if len(sizes) > 1:
        raise ValueError(f"vectors of different sizes in one column: {sorted(sizes)}")
    width = sizes.pop() if sizes else 0
    mask = None if valid.all() else valid
    if not any(isinstance(row, Sparse) for row in rows):
        full: list[Any] = [row if row is not None else [0.0] * width for row in rows]
        return Vectors((Dense(np.array(full, dtype=np.float64).reshape(len(rows), width)),), mask)
    return Vectors((_rowwise(rows, width),), mask)


def _rowwise(rows: Sequence[Vector | None], width: int) -> Rowwise:
    entries = [list(active(row)) if row is not None else [] for row in rows]
    starts = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(entry) for entry in entries], out=starts[1:])
    flat = list(chain.from_iterable(entries))
    indices = np.fromiter((i for i, _ in flat), np.int32, len(flat))
    full = np.fromiter((row is not None and not isinstance(row, Sparse) for row in rows), bool, len(rows))
    values = np.fromiter((x for _, x in flat), np.float64, len(flat))
    return Rowwise(starts, indices, values, width, full if full.any() else None)


def as_arrow(vectors: Vectors) -> pa.Array:
    """Write a batch of vectors as Arrow `list<double>`."""
    matrix = np.ascontiguousarray(vectors.matrix())
    rows, size = matrix.shape
    offsets = (
        np.arange(0, (rows + 1) * size, size, dtype=np.int32) if size else np.zeros(rows + 1, dtype=np.int32)
    )
    mask = None if vectors.valid is None else pa.array(~vectors.valid)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(matrix.reshape(-1)), mask=mask)


def from_arrow(array: pa.Array) -> Vectors:
    """Read a batch of vectors from `list<double>`, `fixed_size_list`, or Spark's struct."""
    if array.null_count == 0 and (pa.types.is_list(array.type) or pa.types.is_fixed_size_list(array.type)):
        flat = array.flatten()
        rows = len(array)
        size = len(flat) // rows if rows else 0
        even = rows * size == len(flat) and (rows == 0 or bool((np.diff(_offsets(array)) == size).all()))
        if even and flat.null_count == 0:
            numbers = flat.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
            return Vectors((Dense(numbers.reshape(rows, size)),))
    return vectors_of([None if value is None else vector_of(value) for value in array.to_pylist()])


def _offsets(array: pa.Array) -> npt.NDArray[np.int64]:
    if pa.types.is_fixed_size_list(array.type):
        return np.arange(0, (len(array) + 1) * array.type.list_size, array.type.list_size, dtype=np.int64)
    return np.asarray(array.offsets.to_numpy(), dtype=np.int64)
