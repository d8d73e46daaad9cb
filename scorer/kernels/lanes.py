"""Inner products of several sketched rows at a time, in the processor's vectors, whatever their width.

Written as LLVM's own vectors, since a loop is turned into such code or not by the compiler's mood. Whole numbers of
8 and of 16 bits are multiplied, and neighbours added: one instruction of most processors (pmaddwd, vpdpwssd).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 32  # numbers that are multiplied at once; rows are padded to a multiple
SUMS = LANES // 2
ROWS, FOUR, WORD = 8, 4, 64

_I8, _I16, _I32, _I64 = ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64)
_F32 = ir.FloatType()
_BYTES, _SHORTS, _WIDE = (ir.VectorType(kind, LANES) for kind in (_I8, _I16, _I32))
_TOTALS = ir.VectorType(_I32, SUMS)


def _tile(vectors: int, rows: int) -> Any:
    """Make the function that multiplies so many vectors with so many rows, each read once."""

    def products(
        context: Any, sketch: Any, chosen: Any, at: Any, sides: Any, first: Any, out: Any, place: Any
    ) -> Any:
        """Write to out[v, place + r] the product of sides[first + v] with the row chosen[at + r] of sketch.

        No sum may go beyond 32 bits.
        """
        del context

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            def array(n: int) -> Any:
                return context.make_array(signature.args[n])(context, builder, arguments[n])

            width = builder.extract_value(array(0).shape, 1)
            at = builder.gep(array(1).data, [arguments[2]])
            starts = []
            for r in range(rows):
                row = builder.sext(builder.load(builder.gep(at, [_I64(r)])), _I64)
                starts.append(builder.gep(array(0).data, [builder.mul(row, width)]))
            ours = [
                builder.gep(array(3).data, [builder.mul(builder.add(arguments[4], _I64(v)), width)])
                for v in range(vectors)
            ]
            zeros = ir.Constant(_TOTALS, [0] * SUMS)
            sums = [[cgutils.alloca_once_value(builder, zeros) for _ in starts] for _ in ours]
            with cgutils.for_range(builder, builder.udiv(width, _I64(LANES))) as loop:
                _multiply(builder, starts, ours, sums, builder.mul(loop.index, _I64(LANES)))
            across = builder.extract_value(array(5).shape, 1)
            for v in range(vectors):
                answer = _row_sums(builder, [builder.load(total) for total in sums[v]])
                answer = builder.sitofp(answer, ir.VectorType(_F32, rows))
                target = builder.gep(array(5).data, [builder.add(builder.mul(_I64(v), across), arguments[6])])
                builder.store(answer, builder.bitcast(target, answer.type.as_pointer())).align = 4
            return context.get_dummy_value()

        return types.void(sketch, chosen, at, sides, first, out, place), generate

    return intrinsic(products)


def _multiply(builder: Any, starts: list[Any], sides: list[Any], sums: list[list[Any]], place: Any) -> None:
    """Add to the sums the products of the next numbers of each row and vector."""
    factors = [builder.sext(_load(builder, builder.gep(side, [place]), _SHORTS, 2), _WIDE) for side in sides]
    for r, start in enumerate(starts):
        row = builder.sext(_load(builder, builder.gep(start, [place]), _BYTES, 1), _WIDE)
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


def _load(builder: Any, address: Any, kind: Any, align: int) -> Any:
    loaded = builder.load(builder.bitcast(address, kind.as_pointer()))
    loaded.align = align
    return loaded


def _prefetch(context: Any, array: Any, at: Any) -> Any:
    """Ask for the memory of array[at], which is read soon; `at` counts numbers from the start of the array."""
    del context

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(data, [arguments[1]]), _I8.as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [_I8.as_pointer(), _I32, _I32, _I32])
        function = builder.module.declare_intrinsic("llvm.prefetch", [_I8.as_pointer()], kind)
        builder.call(function, [address, _I32(0), _I32(3), _I32(1)])  # to read, keep, data
        return context.get_dummy_value()

    return types.void(array, at), generate


def _reaching(context: Any, numbers: Any, at: Any, floor: Any) -> Any:
    """Return 64 bits, of which one is on where a number of numbers[at : at + 64] is not below the floor; NaN is not."""
    del context

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        kind = ir.VectorType(_F32, WORD)
        wide = ir.Constant(ir.VectorType(_I32, WORD), [0] * WORD)
        first = builder.insert_element(ir.Constant(kind, ir.Undefined), arguments[2], _I32(0))
        floors = builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), wide)
        met = builder.fcmp_unordered(">=", _load(builder, builder.gep(data, [arguments[1]]), kind, 4), floors)
        return builder.bitcast(met, _I64)

    return types.uint64(numbers, at, floor), generate


def _filled(context: Any, mask: Any, at: Any) -> Any:
    """Return 64 bits, of which one is on where a byte of mask[at : at + 64] is not zero."""
    del context

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        kind = ir.VectorType(_I8, WORD)
        found = _load(builder, builder.gep(data, [arguments[1]]), kind, 1)
        return builder.bitcast(builder.icmp_unsigned("!=", found, ir.Constant(kind, [0] * WORD)), _I64)

    return types.uint64(mask, at), generate


reaching, filled = intrinsic(_reaching), intrinsic(_filled)
products, products_of_four = _tile(1, ROWS), _tile(FOUR, FOUR)
prefetch = intrinsic(_prefetch)
