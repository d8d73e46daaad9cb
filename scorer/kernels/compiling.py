"""How loops are compiled (numba): with explicit signatures, once on a machine, without the GIL.

Division is NumPy's: by zero it gives an infinity or NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core.cgutils import false_bit
from numba.extending import intrinsic

from scorer.kernels.cache import kept

F = TypeVar("F", bound=Callable[..., Any])


def part(function: F) -> F:
    """Make a function that is compiled into those that call it."""
    made: F = numba.njit(nogil=True, error_model="numpy")(function)
    return made


def inlined(function: F) -> F:
    """Make a part that is written out where it is called, however large: to hand many arrays on takes its time."""
    made: F = numba.njit(nogil=True, error_model="numpy", forceinline=True)(function)
    return made


def entry(*signature: Any) -> Callable[[F], F]:
    """Compile for these argument types now; the first is the type of the answer."""
    result, *arguments = signature

    def compiled(function: F) -> F:
        made: F = compile_kept(numba.njit, result(*arguments), function, nogil=True, error_model="numpy")
        return made

    return compiled


def compile_kept(compiler: Any, signature: Any, function: Any, **options: Any) -> Any:
    """Compile a function with a cache on disk, or without if that fails (a full disk)."""
    with kept() as cached:
        if cached:
            try:
                return compiler(signature, cache=True, **options)(function)
            except (OSError, RuntimeError):
                pass
    return compiler(signature, **options)(function)


def _lowest_bit(context: Any, bits: Any) -> Any:
    """Return the place of the lowest bit that is on."""
    del context

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del context, signature
        return builder.cttz(arguments[0], false_bit)

    return bits(bits), generate


lowest = intrinsic(_lowest_bit)
