"""Inner products of several sketched rows at a time, in the processor's vectors, whatever their width.

Written as LLVM's own vectors, since a loop is turned into such code or not by the compiler's mood. Whole numbers of
8 and of 16 bits are multiplied, and neighbours added: one instruction of most processors (pmaddwd, vpdpwssd).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 32  # numbers that are multiplied at once; rows are padded to a multiple
SUMS = LANES // 2
ROWS, FOUR = 8, 4
AHEAD = 48  # rows that are asked for before they are needed

_I8, _I16, _I32, _I64 = ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64)
_F32 = ir.FloatType()
_BYTES, _SHORTS, _WIDE = (ir.VectorType(kind, LANES) for kind in (_I8, _I16, _I32))
_TOTALS = ir.VectorType(_I32, SUMS)


def _tile(vectors: int, rows: int, *, listed: bool) -> Any:
    """Make the function that bounds the scores of so many vectors with many rows, each read once, so many at a time.

    It has the loop in itself, since numba counts references to each array around what it calls.
    """

    def bounds(
        context: Any,
        items: Any,
        chosen: Any,
        at: Any,
        many: Any,
        sides: Any,
        first: Any,
        out: Any,
        place: Any,
    ) -> Any:
        """Write the bounds of the scores of vectors from `first` on with rows to out, two tables, from a place on.

        `items`: the rows and their scale. The rows are chosen[at : at + many], or at, at + 1, ..., if nothing is
        listed; many is a multiple of how many are multiplied at a time. No sum may go beyond 32 bits.
        """
        del context

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            def arrays(n: int, *members: int) -> list[Any]:
                kinds, values = signature.args[n].types, cgutils.unpack_tuple(builder, arguments[n])
                return [context.make_array(kinds[m])(context, builder, values[m]) for m in members]

            (sketch, scale), (high, low), side = arrays(0, 0, 1), arrays(6, 0, 1), arrays(4, 0, 1, 2)
            list_ = context.make_array(signature.args[1])(context, builder, arguments[1])
            width, room = (builder.extract_value(array.shape, 1) for array in (sketch, high))
            tile = _Tile(builder, rows, sketch.data, scale.data, width)
            with cgutils.for_range_slice(builder, _I64(0), arguments[3], _I64(rows)) as (i, _):
                at = builder.add(arguments[2], i)
                if listed:
                    at = builder.gep(list_.data, [at])
                    later = builder.add(i, _I64(AHEAD))
                    with builder.if_then(builder.icmp_signed("<", later, arguments[3]), likely=True):
                        tile.ask(builder.gep(at, [_I64(AHEAD)]))
                where = tile.listed(at) if listed else tile.in_turn(at)
                ours = [builder.add(arguments[5], _I64(v)) for v in range(vectors)]
                dots = tile.products(
                    where, [builder.gep(side[0].data, [builder.mul(v, width)]) for v in ours]
                )
                for v in range(vectors):
                    step, slack = (builder.load(builder.gep(one.data, [ours[v]])) for one in side[1:])
                    there = builder.add(builder.add(arguments[7], i), builder.mul(_I64(v), room))
                    targets = [builder.gep(table.data, [there]) for table in (high, low)]
                    tile.write(where, dots[v], step, slack, targets)
            return context.get_dummy_value()

        return types.void(items, chosen, at, many, sides, first, out, place), generate

    return intrinsic(bounds)


class _Where(NamedTuple):
    """Some rows: their places in the table, and their scales."""

    rows: list[Any]
    scales: Any


class _Tile:
    """Writes the code that multiplies some rows of a table of bytes with some vectors."""

    def __init__(self, builder: Any, rows: int, sketch: Any, scale: Any, width: Any) -> None:
        self.builder, self.rows, self.sketch, self.scale, self.width = builder, rows, sketch, scale, width
        self.kind = ir.VectorType(_F32, rows)

    def _places(self, list_: Any) -> list[Any]:
        """Read the next numbers of a list."""
        builder = self.builder
        return [builder.sext(builder.load(builder.gep(list_, [_I64(r)])), _I64) for r in range(self.rows)]

    def _start(self, row: Any) -> Any:
        return self.builder.gep(self.sketch, [self.builder.mul(row, self.width)])

    def ask(self, list_: Any) -> None:
        """Ask for the memory of the rows that a list names."""
        for row in self._places(list_):
            prefetch(self.builder, self._start(row))

    def listed(self, list_: Any) -> _Where:
        """Find the rows that a list names."""
        builder, places = self.builder, self._places(list_)
        scales = ir.Constant(self.kind, ir.Undefined)
        for r, row in enumerate(places):
            number = builder.load(builder.gep(self.scale, [row]))
            scales = builder.insert_element(scales, number, _I32(r))
        return _Where([self._start(row) for row in places], scales)

    def in_turn(self, first: Any) -> _Where:
        """Find the rows from the first on."""
        builder = self.builder
        rows = [self._start(builder.add(first, _I64(r))) for r in range(self.rows)]
        return _Where(rows, load(builder, builder.gep(self.scale, [first]), self.kind, 4))

    def products(self, where: _Where, sides: list[Any]) -> list[Any]:
        """Multiply rows and vectors; return a vector of products for each vector."""
        builder, zeros = self.builder, ir.Constant(_TOTALS, [0] * SUMS)
        sums = [[cgutils.alloca_once_value(builder, zeros) for _ in where.rows] for _ in sides]
        with cgutils.for_range(builder, builder.udiv(self.width, _I64(LANES))) as loop:
            _multiply(builder, where.rows, sides, sums, builder.mul(loop.index, _I64(LANES)))
        dots = [_row_sums(builder, [builder.load(total) for total in totals]) for totals in sums]
        return [builder.sitofp(dot, self.kind) for dot in dots]

    def write(self, where: _Where, dots: Any, step: Any, slack: Any, targets: list[Any]) -> None:
        """Write the upper and the lower bounds."""
        builder = self.builder
        middle, slack = builder.fmul(dots, _same(builder, step, self.rows)), _same(builder, slack, self.rows)
        for target, side in zip(targets, (builder.fadd, builder.fsub), strict=True):
            bounds = builder.fmul(side(middle, slack), where.scales)
            builder.store(bounds, builder.bitcast(target, self.kind.as_pointer())).align = 4


def _same(builder: Any, number: Any, lanes: int) -> Any:
    """Return a vector with a number in every lane."""
    none = ir.Constant(ir.VectorType(_F32, lanes), ir.Undefined)
    first = builder.insert_element(none, number, _I32(0))
    return _shuffle(builder, first, none, [0] * lanes)


def _multiply(builder: Any, starts: list[Any], sides: list[Any], sums: list[list[Any]], place: Any) -> None:
    """Add to the sums the products of the next numbers of each row and vector."""
    factors = [builder.sext(load(builder, builder.gep(side, [place]), _SHORTS, 2), _WIDE) for side in sides]
    for r, start in enumerate(starts):
        row = builder.sext(load(builder, builder.gep(start, [place]), _BYTES, 1), _WIDE)
        for x, totals in zip(factors, sums, strict=True):
            product = builder.mul(row, x, flags=("nsw",))
            even, odd = (_shuffle(builder, product, product, range(i, LANES, 2)) for i in (0, 1))
            builder.store(builder.add(builder.load(totals[r]), builder.add(even, odd)), totals[r])


def _row_sums(builder: Any, vectors: list[Any]) -> Any:
    """Return one vector with the sum of each of four or eight.

    Neighbours are added within quarters, which processors shuffle soonest, until a quarter has one number of each of
    four rows; then the quarters are.
    """
    rows = len(vectors)
    even = [4 * quarter + side + i for quarter in range(SUMS // 4) for side in (0, SUMS) for i in (0, 2)]
    while 4 * len(vectors) > rows:
        pairs = zip(vectors[::2], vectors[1::2], strict=True)
        vectors = [_added(builder, a, b, even, 1) for a, b in pairs]
    lanes = SUMS * len(vectors)
    while lanes > rows:
        lanes //= 2
        places = [8 * pair + i for pair in range(lanes // 4) for i in range(4)]
        vectors = [_added(builder, vectors[0], vectors[-1], places, 4)]
    return vectors[0]


def _added(builder: Any, a: Any, b: Any, places: list[int], apart: int) -> Any:
    """Add what stands in some places of two vectors to what stands so far apart from them."""
    others = [place + apart for place in places]
    return builder.add(_shuffle(builder, a, b, places), _shuffle(builder, a, b, others))


def _shuffle(builder: Any, a: Any, b: Any, places: Any) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_I32, len(places)), list(places)))


def load(builder: Any, address: Any, kind: Any, align: int) -> Any:
    """Load a vector whose address is a multiple of `align`."""
    loaded = builder.load(builder.bitcast(address, kind.as_pointer()))
    loaded.align = align
    return loaded


def prefetch(builder: Any, address: Any) -> None:
    """Ask for the memory at an address, which is read soon."""
    kind = ir.FunctionType(ir.VoidType(), [_I8.as_pointer(), _I32, _I32, _I32])
    function = builder.module.declare_intrinsic("llvm.prefetch", [_I8.as_pointer()], kind)
    to_read, keep, data = _I32(0), _I32(3), _I32(1)
    builder.call(function, [builder.bitcast(address, _I8.as_pointer()), to_read, keep, data])


bound, bound_four = _tile(1, ROWS, listed=False), _tile(FOUR, FOUR, listed=False)
bound_listed, bound_four_listed = _tile(1, ROWS, listed=True), _tile(FOUR, FOUR, listed=True)
