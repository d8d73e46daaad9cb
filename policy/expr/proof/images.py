"""What a computed part can be, given what its arguments can be: a superset, worked out forwards."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

from policy.expr.machine import MAX_INT
from policy.expr.proof.claims import ORDER, Order, Term
from policy.expr.proof.domains import Domain, above, below, every, has_keys, value_of
from policy.expr.proof.ranges import EMPTY, TOP, Ranges, both, only, span, union
from policy.expr.typed import Apply, Const, If, Input, Typed, can_be_unknown
from policy.expr.types import DOUBLE, STRING, TIMESTAMP, plain

DomainOf = Callable[[Term], Domain | None]  # what is claimed of a term so far, at least for every input
Ends = list[Any] | None

# Without a turn between the ends of their arguments, so that the ends give the ends; rounding keeps order.
_MONOTONE = frozenset(
    (
        *("_+_", "_-_", "_*_", "_/_", "-_", "double", "math.least", "math.greatest"),
        *("math.floor", "math.ceil", "math.trunc", "math.round", "math.sign"),
    )
)
_PARTS = {
    "getFullYear": (0, 10_000),  # a zone takes the first and the last day into the years beside
    "getMonth": (0, 11),
    "getDate": (1, 31),
    "getDayOfMonth": (0, 30),
    "getDayOfWeek": (0, 6),
    "getDayOfYear": (0, 365),
    "getHours": (0, 23),
    "getMinutes": (0, 59),
    "getSeconds": (0, 59),
    "getMilliseconds": (0, 999),
}
_FROM = {"size": 0, "indexOf": -1, "lastIndexOf": -1}


def image(term: Term, known: DomainOf) -> Domain:
    """What the term can be, given what is claimed of the terms below it; all its claims aside."""
    images = _Images(known)
    if isinstance(term, Order):
        unknown = images.unknown(term.left) or images.unknown(term.right)
        return Domain(_order(term, images), unknown)
    return Domain(images.values(term), images.unknown(term))


class _Images:
    """What the nodes of one tree can be. A node is asked for by several above it, and worked out once."""

    def __init__(self, known: DomainOf) -> None:
        self._known = known
        self._domains: dict[int, Domain] = {}
        self._unknown: dict[int, bool] = {}
        self._ends: dict[int, Ends] = {}

    def domain(self, node: Typed) -> Domain:
        """What a node can be, its own claims included."""
        found = self._domains.get(id(node))
        if found is None:
            found = self._domains[id(node)] = self._domain(node)
        return found

    def unknown(self, node: Typed) -> bool:
        """Whether a part can be unknown, given what is claimed."""
        found = self._unknown.get(id(node))
        if found is None:
            found = self._unknown[id(node)] = self._may_be_unknown(node)
        return found

    def ends(self, node: Apply) -> Ends:
        """What the ends of the arguments give; None if that does not tell what lies between, [] if nothing does."""
        if id(node) not in self._ends:
            self._ends[id(node)] = self._of_ends(node)
        return self._ends[id(node)]

    def values(self, node: Typed) -> Ranges:
        """What a node can be, its own claims aside."""
        whole = every(node.type)
        if isinstance(node, If):
            return union((*self.domain(node.then).ranges, *self.domain(node.other).ranges))
        if not isinstance(node, Apply):
            return whole
        name, params = node.overload.function.name, node.overload.params
        if name in _PARTS and params[:1] == (TIMESTAMP,):
            return both(whole, span(_PARTS[name][0], _PARTS[name][1] + 1))
        if name in _FROM:
            return both(whole, span(_FROM[name], MAX_INT + 1))
        if name == "family":
            return only(4, 6)
        if name == "math.abs":
            return both(whole, span(0, whole[-1][1]))
        if name == "_%_":
            return both(whole, self._remainder(node))
        if name in _MONOTONE and all(has_keys(arg.type) and plain(arg.type) != STRING for arg in node.args):
            return both(whole, self._between_ends(node))
        return whole

    def _domain(self, node: Typed) -> Domain:
        if isinstance(node, Const):
            if node.value is None or not has_keys(node.type):
                return Domain(every(node.type), node.value is None)
            return Domain(span(below(node.type, node.value), above(node.type, node.value)), unknown=False)
        claimed = self._known(node)
        if isinstance(node, Input) and claimed is not None:
            return claimed
        found = Domain(self.values(node), self.unknown(node))
        return found if claimed is None else found.narrowed(claimed)

    def _remainder(self, node: Apply) -> Ranges:
        left, right = node.args
        if not isinstance(right, Const) or not right.value:
            return every(node.type)
        most = abs(right.value)
        over = self.domain(left).ranges
        return span(0 if over and over[0][0] >= 0 else 1 - most, most)

    def _between_ends(self, node: Apply) -> Ranges:
        """From the least to the greatest of what the ends of the arguments give."""
        whole, found = every(node.type), self.ends(node)
        if found is None:
            return whole
        if not found:
            return EMPTY
        if node.type == DOUBLE:
            return span(below(node.type, min(found)), above(node.type, max(found)))
        return both(whole, span(min(found), max(found) + 1))

    def _of_ends(self, node: Apply) -> Ends:
        ends: list[tuple[Any, Any]] = []
        for arg in node.args:
            ranges = self.domain(arg).ranges
            if not ranges:
                return []
            ends.append((value_of(arg.type, ranges[0][0]), value_of(arg.type, ranges[-1][1] - 1)))
        function = node.overload.function
        if function.name == "_/_" and ends[1][0] <= 0 <= ends[1][1]:
            return None
        found = [function.row(*values) for values in product(*ends)]
        return found if all(value is not None and value == value for value in found) else None

    def _may_be_unknown(self, node: Typed) -> bool:
        claimed = self._known(node)
        if claimed is not None and (not claimed.unknown or isinstance(node, Input)):
            return claimed.unknown
        if isinstance(node, Apply) and (not node.overload.function.partial or self._stays_within(node)):
            return any(self.unknown(arg) for arg in node.args)
        return can_be_unknown(node)

    def _stays_within(self, node: Apply) -> bool:
        """Whether a sum, difference or product of ints cannot leave 64 bits."""
        bounds = node.overload.function.bounds
        found = self.ends(node) if bounds else None
        return bool(bounds and found and all(bounds[0] <= value <= bounds[1] for value in found))


def _order(term: Order, images: _Images) -> Ranges:
    """How two terms can compare, by the ends of what they can be."""
    left, right = images.domain(term.left).ranges, images.domain(term.right).ranges
    if not left or not right:
        return EMPTY
    found = ORDER
    if _last(term.left, left) < _first(term.right, right):
        found = both(found, span(-1, 0))
    elif _last(term.left, left) <= _first(term.right, right):
        found = both(found, span(-1, 1))
    if _first(term.left, left) > _last(term.right, right):
        found = both(found, span(1, 2))
    elif _first(term.left, left) >= _last(term.right, right):
        found = both(found, span(0, 2))
    return found


def _first(node: Typed, ranges: Ranges) -> Any:
    return ranges[0][0] if plain(node.type) == STRING else value_of(node.type, ranges[0][0])


def _last(node: Typed, ranges: Ranges) -> Any:
    """The greatest value; for texts one that is not smaller."""
    upper = ranges[-1][1]
    if plain(node.type) != STRING:
        return value_of(node.type, upper - 1)
    return upper[:-1] if upper is not TOP and upper[-1:] == "\0" else upper
