"""Words of 64 bits that tell where, in 64 numbers of an array, something holds.

Written as LLVM's own vectors: a comparison of most processors gives such bits at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from scorer.kernels.lanes import load

WORD = 64
_I8, _I32, _I64, _F32 = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.FloatType()
Compared = Callable[[Any, Any, Any], Any]  # a builder, 64 numbers, as many times the other number: 64 bits


def _compared(kind: Any, align: int, compared: Compared) -> Any:
    """Make the function of an array, a place and a number that gives the 64 bits of a comparison."""

    def bits(context: Any, numbers: Any, at: Any, other: Any) -> Any:
        del context

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
            many, none = ir.VectorType(kind, WORD), ir.Constant(ir.VectorType(kind, WORD), ir.Undefined)
            found = load(builder, builder.gep(data, [arguments[1]]), many, align)
            first = builder.insert_element(none, arguments[2], _I32(0))
            same = ir.Constant(ir.VectorType(_I32, WORD), [0] * WORD)
            met = compared(builder, found, builder.shuffle_vector(first, none, same))
            return builder.bitcast(met, _I64)

        return types.uint64(numbers, at, other), generate

    return intrinsic(bits)


# Each tells it of numbers[at : at + 64] beside another number.
not_below = _compared(_F32, 4, lambda b, x, y: b.fcmp_unordered(">=", x, y))  # NaN is not below
reaching = _compared(_F32, 4, lambda b, x, y: b.fcmp_ordered(">=", x, y))  # NaN does not reach
higher = _compared(_I64, 8, lambda b, x, y: b.icmp_unsigned(">", x, y))  # keys, which have no sign
unequal = _compared(_I8, 1, lambda b, x, y: b.icmp_unsigned("!=", x, y))  # bytes


@intrinsic  # type: ignore[untyped-decorator]
def ones(context: Any, bits: Any) -> Any:
    """Count the bits of a word that are on."""
    del context

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del context, signature
        return builder.ctpop(arguments[0])

    return types.int64(bits), generate
