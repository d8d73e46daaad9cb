"""The macros over lists, as plain functions of the items and of a test that gives true, false or None."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policy.expr.typed import Macro

Items = tuple[Any, ...]
Test = Callable[[Any], bool | None]


def every(items: Items, test: Test) -> bool | None:
    """`all`: false if one is false, else unknown if one is unknown."""
    unknown = False
    for item in items:
        found = test(item)
        if found is False:
            return False
        unknown |= found is None
    return None if unknown else True


def some(items: Items, test: Test) -> bool | None:
    """`exists`: true if one is true, else unknown if one is unknown."""
    unknown = False
    for item in items:
        found = test(item)
        if found:
            return True
        unknown |= found is None
    return None if unknown else False


def one(items: Items, test: Test) -> bool | None:
    """`exists_one`: unknown if any is."""
    found = [test(item) for item in items]
    return None if None in found else found.count(True) == 1


def kept(items: Items, test: Test) -> Items | None:
    """`filter`: unknown if any test is."""
    found = [test(item) for item in items]
    return None if None in found else tuple(item for item, keep in zip(items, found, strict=True) if keep)


def mapped(items: Items, test: Test, body: Callable[[Any], Any]) -> Items | None:
    """`map`: unknown if any test or value is."""
    chosen = kept(items, test)
    values = None if chosen is None else tuple(body(item) for item in chosen)
    return None if values is None or None in values else values


def taken(items: Items, test: Test, body: Callable[[Any], Any]) -> Items | None:
    """`map` to a name: what is unknown is an unknown item."""
    chosen = kept(items, test)
    return None if chosen is None else tuple(body(item) for item in chosen)


LOOPS: dict[Macro, Callable[..., Any]] = {
    "all": every,
    "exists": some,
    "exists_one": one,
    "filter": kept,
    "map": mapped,
}
