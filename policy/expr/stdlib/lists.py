"""Lists. Their macros (`exists`, `all` and so on) belong to the checker, as they bind a name."""

from __future__ import annotations

from typing import Any

from policy.expr.functions import function


@function(
    "size",
    "(list(A)) -> int",
    "list(A).() -> int",
    doc="The number of items, unknown ones included.",
    examples=["size([1, 2, 3]) == 3", "[].size() == 0"],
    template="len({0})",
)
def size(items: tuple[Any, ...]) -> int:
    return len(items)
