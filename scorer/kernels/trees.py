"""A forest's answers: by compiled kernels where numba is installed, else in plain Python and NumPy."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from scorer.kernels.door import compiled
from scorer.kernels.forest import Floats, Forest, Ints
from scorer.kernels.plain import PlainTrees
from scorer.kernels.tables import Tables, tables


class Trees(Protocol):
    """What a forest answers. A row holds the values of the features `inputs`; leaves are nodes."""

    forest: Forest
    inputs: Ints

    def number(self, values: Sequence[float], /) -> float:
        """Return the first of the row's sums."""
        ...

    def row(self, values: Sequence[float], /) -> list[float]:
        """Return the `width` sums over the trees, in their order, of what the row's leaves add."""
        ...

    def leaves(self, values: Sequence[float], /) -> list[int]:
        """Return the row's leaf in every tree."""
        ...

    def batch(self, matrix: Floats) -> Floats:
        """Return (rows, width) sums for a matrix of (rows, inputs)."""
        ...

    def batch_leaves(self, matrix: Floats) -> npt.NDArray[np.int32]:
        """Return (rows, trees) leaves for a matrix of (rows, inputs)."""
        ...


def trees(forest: Forest) -> Trees:
    """Return the fastest that answers for a forest here; the answers are the same to the last bit."""
    kernels = compiled("scorer.kernels.compiled")
    if kernels is not None:
        laid_out = tables(forest)
        if laid_out is not None:
            return CompiledTrees(forest, laid_out, kernels)
    return PlainTrees(forest)


def warm() -> bool:
    """Compile the kernels, or load them from the disk cache; tells whether there is a compiler."""
    return compiled("scorer.kernels.compiled") is not None


class CompiledTrees:
    """A forest's answers by compiled kernels, for any number of threads; a batch runs without the GIL."""

    def __init__(self, forest: Forest, laid_out: Tables, kernels: Any) -> None:
        self.forest, self.inputs = forest, forest.inputs
        self._tables, self._kernels = laid_out, kernels
        self._header = kernels.header(laid_out, len(self.inputs))
        pack, address = Struct(f"{len(self.inputs)}d").pack, self._header.ctypes.data
        self.number = _number(kernels.row_sum, address, pack)
        self.row = _list(kernels.row_sums, address, pack, ctypes.c_double * forest.width)
        self.leaves = _list(kernels.row_leaves, address, pack, ctypes.c_uint32 * forest.trees)

    def batch(self, matrix: Floats) -> Floats:
        """Return (rows, width) sums for a matrix of (rows, inputs)."""
        sums = np.empty((len(matrix), self.forest.width))
        self._kernels.batch_sums(self._tables, self._checked(matrix), sums)
        return sums

    def batch_leaves(self, matrix: Floats) -> npt.NDArray[np.int32]:
        """Return (rows, trees) leaves for a matrix of (rows, inputs)."""
        leaves = np.empty((len(matrix), self.forest.trees), dtype=np.int32)
        self._kernels.batch_leaves(self._tables, self._checked(matrix), leaves)
        return leaves

    def _checked(self, matrix: Floats) -> Floats:
        if matrix.ndim != 2 or matrix.shape[1] != len(self.inputs) or matrix.dtype != np.float64:
            raise ValueError(
                f"expected float64 (rows, {len(self.inputs)}), got {matrix.dtype} {matrix.shape}"
            )
        return matrix


Pack = Callable[..., bytes]


def _number(kernel: Callable[..., float], header: int, pack: Pack) -> Callable[[Sequence[float]], float]:
    def number(values: Sequence[float]) -> float:
        return kernel(header, pack(*values))

    return number


def _list(
    kernel: Callable[..., None], header: int, pack: Pack, kind: type[ctypes.Array[Any]]
) -> Callable[[Sequence[float]], list[Any]]:
    def answer(values: Sequence[float]) -> list[Any]:
        out = kind()
        kernel(header, pack(*values), out)
        return out[:]

    return answer
