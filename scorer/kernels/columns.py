"""The inner products of sixteen rows in single precision, slot after slot, each row in a lane of a vector.

Numbers of sixteen rows are turned into columns in the processor's registers, sixteen by sixteen: within quarters of a
register first, which processors shuffle soonest, then quarter by quarter. Nothing is fused or reordered, so that each
sum has the bits of the loop over one row.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from scorer.kernels.lanes import load, prefetch

SIDE = 16

_F32, _I32, _I64 = ir.FloatType(), ir.IntType(32), ir.IntType(64)
_LINE = ir.VectorType(_F32, SIDE)


@intrinsic  # type: ignore[untyped-decorator]
def add_columns(context: Any, factors: Any, chosen: Any, many: Any, vector: Any, out: Any) -> Any:
    """Write to out[:many] the products of the rows chosen[:many] with a vector, as far as whole sixteens of it go.

    `many` is a multiple of sixteen. The memory of later rows is asked for before they are needed.
    """
    del context

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table, list_, side, target = (
            context.make_array(signature.args[n])(context, builder, arguments[n]) for n in (0, 1, 3, 4)
        )
        rank, many = builder.extract_value(table.shape, 1), arguments[2]
        last = builder.sub(many, _I64(SIDE))
        with cgutils.for_range_slice(builder, _I64(0), many, _I64(SIDE)) as (at, _):
            after = builder.add(at, _I64(SIDE))
            after = builder.select(builder.icmp_signed("<", after, last), after, last)
            starts, later = (
                [
                    _start(builder, table.data, list_.data, builder.add(first, _I64(r)), rank)
                    for r in range(SIDE)
                ]
                for first in (at, after)
            )
            total = cgutils.alloca_once_value(builder, ir.Constant(_LINE, [0.0] * SIDE))
            with cgutils.for_range(builder, builder.udiv(rank, _I64(SIDE))) as loop:
                place = builder.mul(loop.index, _I64(SIDE))
                for start in later:
                    prefetch(builder, builder.gep(start, [place]))
                rows = [load(builder, builder.gep(start, [place]), _LINE, 4) for start in starts]
                numbers = load(builder, builder.gep(side.data, [place]), _LINE, 4)
                added = builder.load(total)
                for k, column in enumerate(_turned(builder, rows)):
                    x = _shuffle(builder, numbers, numbers, [k] * SIDE)
                    added = builder.fadd(added, builder.fmul(column, x))
                builder.store(added, total)
            answer = builder.bitcast(builder.gep(target.data, [at]), _LINE.as_pointer())
            builder.store(builder.load(total), answer).align = 4
        return context.get_dummy_value()

    return types.void(factors, chosen, many, vector, out), generate


def _start(builder: Any, table: Any, list_: Any, at: Any, rank: Any) -> Any:
    """Return where the row that a list names begins."""
    row = builder.sext(builder.load(builder.gep(list_, [at])), _I64)
    return builder.gep(table, [builder.mul(row, rank)])


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """Return the sixteen columns of sixteen rows."""
    fours = [_turned_quarters(builder, rows[first : first + 4]) for first in range(0, SIDE, 4)]
    columns: list[Any] = [None] * SIDE
    for m in range(4):
        a, b, c, d = (four[m] for four in fours)
        for q in (0, 1):
            left, right = (_quarters(builder, x, y, [q, q + 2, q + 4, q + 6]) for x, y in ((a, b), (c, d)))
            columns[4 * q + m] = _quarters(builder, left, right, [0, 2, 4, 6])
            columns[4 * (q + 2) + m] = _quarters(builder, left, right, [1, 3, 5, 7])
    return columns


def _turned_quarters(builder: Any, rows: list[Any]) -> list[Any]:
    """Return, of four rows, the vectors m whose quarter q is their column 4 q + m."""
    a, b, c, d = rows
    columns = []
    for first in (0, 2):  # neighbours of two rows, then of four
        places = [first, SIDE + first, first + 1, SIDE + first + 1]
        left, right = _within(builder, a, b, places), _within(builder, c, d, places)
        columns += [_within(builder, left, right, [i, i + 1, SIDE + i, SIDE + i + 1]) for i in (0, 2)]
    return columns


def _within(builder: Any, a: Any, b: Any, places: list[int]) -> Any:
    """Put numbers of the same quarter of two vectors together, in each quarter."""
    return _shuffle(builder, a, b, [quarter + place for quarter in range(0, SIDE, 4) for place in places])


def _quarters(builder: Any, a: Any, b: Any, chosen: list[int]) -> Any:
    """Put four of the eight quarters of two vectors together."""
    return _shuffle(builder, a, b, [4 * quarter + i for quarter in chosen for i in range(4)])


def _shuffle(builder: Any, a: Any, b: Any, places: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_I32, len(places)), places))
