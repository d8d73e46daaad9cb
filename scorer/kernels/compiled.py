"""The compiled loops over `Tables` (numba). The import compiles them, or loads them from the cache.

All signatures are explicit: no model and no call ever compiles anything. `trees` checks, this does not.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types
from numba.core.cgutils import voidptr_t
from numba.extending import intrinsic
from numba.np.numpy_support import carray

from scorer.kernels.compiling import compile_kept, entry, lowest, part
from scorer.kernels.tables import Tables

BLOCK = 64  # rows that go through the trees together
FULL = np.uint32(0xFFFFFFFF)
LINEAR = 96  # cuts: so many are counted faster than searched

I64, U32, I32, U64, F64 = (
    types.Array(kind, 1, "C")
    for kind in (types.int64, types.uint32, types.int32, types.uint64, types.float64)
)
CODES, MASKS, NODES = (types.Array(types.uint32, 2, "C") for _ in range(3))
TABLES = types.NamedTuple(
    (I64, U32, I64, U32, F64, U32, MASKS, U32, U32, U32, U32, I32, I32, U32, U64, F64, I32), Tables
)
MATRIX = types.Array(types.float64, 2, "A", readonly=True)


def _pointer(context: Any, address: Any) -> Any:
    """Return the pointer to an address."""
    del context

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del context, signature
        return builder.inttoptr(arguments[0], voidptr_t)

    return types.voidptr(address), generate


_at = intrinsic(_pointer)


# -- values to cells -----------------------------------------------------------------------------------------


@part
def _category(x: float, arity: int) -> Any:
    if 0.0 <= x < arity and x == np.floor(x):
        return np.uint32(x)
    return np.uint32(arity)


@part
def _search(x: float, cuts: Any, low: Any, high: Any) -> Any:
    """Count the cuts of low..high that x is not left of."""
    first = low
    while low < high:
        middle = np.uint32((np.int64(low) + np.int64(high)) >> 1)
        if x <= cuts[middle]:
            high = middle
        else:
            low = np.uint32(middle + 1)
    return np.uint32(low - first)


@part
def _encode_row(t: Tables, values: Any, code: Any) -> None:
    for s in range(len(t.position)):
        x = values[t.position[s]]
        arity = t.arity[s]
        low, high = t.cut_at[s], t.cut_at[s + 1]
        if arity > 0:
            code[s] = _category(x, arity)
        elif high - low > LINEAR:
            code[s] = _search(x, t.cuts, low, high)
        else:
            count: Any = np.uint32(0)
            for c in range(low, high):
                count += np.uint32(not (x <= t.cuts[c]))
            code[s] = count


@part
def _encode(t: Tables, matrix: Any, start: int, rows: int, code: Any) -> None:
    column = np.empty(BLOCK, np.float64)
    count = np.empty(BLOCK, np.int64)
    for s in range(len(t.position)):
        arity = t.arity[s]
        low, high = t.cut_at[s], t.cut_at[s + 1]
        for r in range(rows):
            column[r] = matrix[start + r, t.position[s]]
        if arity > 0:
            for r in range(rows):
                code[s, r] = _category(column[r], arity)
        elif high - low > LINEAR:
            for r in range(rows):
                code[s, r] = _search(column[r], t.cuts, low, high)
        else:
            for r in range(rows):
                count[r] = 0
            for c in range(low, high):
                cut = t.cuts[c]
                for r in range(rows):
                    count[r] += not (column[r] <= cut)
            for r in range(rows):
                code[s, r] = np.uint32(count[r])


# -- the tops of the trees -----------------------------------------------------------------------------------


@part
def _mask(t: Tables, code: Any, r: int, bits: Any) -> None:
    """AND the masks of the row's cells."""
    padded = t.sizes[1]
    slots = len(t.mask_at)
    for i in range(padded):
        bits[i] = FULL
    for s in range(slots):
        row = t.masks[t.mask_at[s] + code[s, r]]
        for i in range(padded):
            bits[i] &= row[i]


# -- a step ----------------------------------------------------------------------------------------------------


@part
def _strided(t: Tables, node: Any, cell: Any, stride: int) -> Any:
    """Return 1 if the cell leads right, where every set has as many words."""
    word = t.words[np.int64(node) * stride + (np.int64(cell) >> 6)]
    return np.uint32((word >> np.uint64(cell & np.uint32(63))) & np.uint64(1))


@part
def _wide(t: Tables, node: Any, cell: Any) -> Any:
    """Return 1 if the cell leads right, where sets differ in size."""
    at = min(max((np.int64(cell) >> 6) - t.first[node], 0), t.last[node])
    return np.uint32((t.words[t.word[node] + at] >> np.uint64(cell & np.uint32(63))) & np.uint64(1))


# -- one row -------------------------------------------------------------------------------------------------


@part
def _row_nodes(t: Tables, values: Any, node: Any) -> None:
    """Find the row's leaf in every tree."""
    trees, padded, stride = t.sizes[0], t.sizes[1], t.sizes[4]
    code = np.empty((len(t.position), 1), np.uint32)
    _encode_row(t, values, code.ravel())
    if t.sizes[5]:
        bits = np.empty(padded, np.uint32)
        _mask(t, code, 0, bits)
        for i in range(trees):
            node[i] = t.entry[i * 32 + lowest(bits[i])]
    else:
        for i in range(trees):
            node[i] = t.entry[i]
    for _ in range(t.sizes[3]):
        if stride:
            for i in range(trees):
                n = node[i]
                node[i] = t.child[n] + _strided(t, n, code[t.slot[n], 0], stride)
        else:
            for i in range(trees):
                n = node[i]
                node[i] = t.child[n] + _wide(t, n, code[t.slot[n], 0])


@part
def _row_sums(t: Tables, values: Any, sums: Any) -> None:
    trees, width = t.sizes[0], t.sizes[2]
    node = np.empty(trees, np.uint32)
    _row_nodes(t, values, node)
    for k in range(width):
        total = 0.0
        for i in range(trees):
            total += t.payload[node[i] * width + k]
        sums[k] = total


@part
def _row_leaves(t: Tables, values: Any, leaves: Any) -> None:
    trees = t.sizes[0]
    _row_nodes(t, values, leaves)
    for i in range(trees):
        leaves[i] = np.uint32(t.original[leaves[i]])


# -- a batch -------------------------------------------------------------------------------------------------


@part
def _block_nodes(t: Tables, rows: int, code: Any, node: Any, bits: Any) -> None:
    """Find the leaves of up to BLOCK rows: node[tree, row]."""
    trees, stride = t.sizes[0], t.sizes[4]
    if t.sizes[5]:
        for r in range(rows):
            _mask(t, code, r, bits)
            for i in range(trees):
                node[i, r] = t.entry[i * 32 + lowest(bits[i])]
    else:
        for i in range(trees):
            for r in range(rows):
                node[i, r] = t.entry[i]
    for i in range(trees):
        for _ in range(t.steps[i]):
            if stride:
                for r in range(rows):
                    n = node[i, r]
                    node[i, r] = t.child[n] + _strided(t, n, code[t.slot[n], r], stride)
            else:
                for r in range(rows):
                    n = node[i, r]
                    node[i, r] = t.child[n] + _wide(t, n, code[t.slot[n], r])


@entry(types.void, TABLES, MATRIX, types.Array(types.float64, 2, "C"))
def batch_sums(t: Tables, matrix: Any, sums: Any) -> None:
    """Fill sums (rows, width)."""
    trees, padded, width = t.sizes[0], t.sizes[1], t.sizes[2]
    code = np.empty((len(t.position), BLOCK), np.uint32)
    node = np.empty((trees, BLOCK), np.uint32)
    bits = np.empty(padded, np.uint32)
    for start in range(0, len(matrix), BLOCK):
        rows = min(BLOCK, len(matrix) - start)
        _encode(t, matrix, start, rows, code)
        _block_nodes(t, rows, code, node, bits)
        for k in range(width):
            for r in range(rows):
                sums[start + r, k] = 0.0
            for i in range(trees):
                for r in range(rows):
                    sums[start + r, k] += t.payload[node[i, r] * width + k]


@entry(types.void, TABLES, MATRIX, types.Array(types.int32, 2, "C"))
def batch_leaves(t: Tables, matrix: Any, leaves: Any) -> None:
    """Fill leaves (rows, trees)."""
    trees, padded = t.sizes[0], t.sizes[1]
    code = np.empty((len(t.position), BLOCK), np.uint32)
    node = np.empty((trees, BLOCK), np.uint32)
    bits = np.empty(padded, np.uint32)
    for start in range(0, len(matrix), BLOCK):
        rows = min(BLOCK, len(matrix) - start)
        _encode(t, matrix, start, rows, code)
        _block_nodes(t, rows, code, node, bits)
        for i in range(trees):
            for r in range(rows):
                leaves[start + r, i] = t.original[node[i, r]]


# -- one row, by address -------------------------------------------------------------------------------------


@part
def _tables(h: Any) -> Tables:
    """Make the tables from pairs of (address, length), in the order of their fields."""
    sizes = carray(_at(h[0]), h[1], np.int64)
    padded = sizes[1]
    return Tables(
        sizes,
        carray(_at(h[2]), h[3], np.uint32),
        carray(_at(h[4]), h[5], np.int64),
        carray(_at(h[6]), h[7], np.uint32),
        carray(_at(h[8]), h[9], np.float64),
        carray(_at(h[10]), h[11], np.uint32),
        carray(_at(h[12]), (h[13] // padded, padded), np.uint32),
        carray(_at(h[14]), h[15], np.uint32),
        carray(_at(h[16]), h[17], np.uint32),
        carray(_at(h[18]), h[19], np.uint32),
        carray(_at(h[20]), h[21], np.uint32),
        carray(_at(h[22]), h[23], np.int32),
        carray(_at(h[24]), h[25], np.int32),
        carray(_at(h[26]), h[27], np.uint32),
        carray(_at(h[28]), h[29], np.uint64),
        carray(_at(h[30]), h[31], np.float64),
        carray(_at(h[32]), h[33], np.int32),
    )


HEADER = 2 * len(Tables._fields) + 1  # and the number of inputs


def header(t: Tables, inputs: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Write where the tables are; valid as long as they live."""
    pairs = [number for array in t for number in (array.ctypes.data, array.size)]
    return np.array([*pairs, inputs], dtype=np.int64)


def _sums_at(header: Any, values: Any, sums: Any) -> None:
    h = carray(header, HEADER)
    t = _tables(h)
    _row_sums(t, carray(values, h[HEADER - 1]), carray(sums, t.sizes[2]))


def _sum_at(header: Any, values: Any) -> float:
    h = carray(header, HEADER)
    t = _tables(h)
    total = np.empty(1, np.float64)
    _row_sums(t, carray(values, h[HEADER - 1]), total)
    return float(total[0])


def _leaves_at(header: Any, values: Any, leaves: Any) -> None:
    h = carray(header, HEADER)
    t = _tables(h)
    _row_leaves(t, carray(values, h[HEADER - 1]), carray(leaves, t.sizes[0]))


class _Callback:
    """A compiled function of header, packed values and perhaps where to write, called with the GIL held."""

    def __init__(self, function: Callable[..., Any], result: Any, *out: Any) -> None:
        pointers = [types.CPointer(kind) for kind in (types.int64, types.float64, *out)]
        self._compiled = compile_kept(numba.cfunc, result(*pointers), function)
        kind = ctypes.c_double if result is types.float64 else None
        out_kinds = [ctypes.c_void_p for _ in out]
        prototype = ctypes.PYFUNCTYPE(kind, ctypes.c_void_p, ctypes.c_char_p, *out_kinds)
        self.call = prototype(self._compiled.address)


_sum, _sums, _leaves = (
    _Callback(_sum_at, types.float64),
    _Callback(_sums_at, types.void, types.float64),
    _Callback(_leaves_at, types.void, types.uint32),
)
row_sum, row_sums, row_leaves = _sum.call, _sums.call, _leaves.call
