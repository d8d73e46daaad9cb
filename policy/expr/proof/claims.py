"""Claims about trees as formulas: and, or, and facts about single terms.

Of a bool four things can be claimed: it is true, false, not true, not false; the last two leave it unknown as well. A
fact says that the value of a term lies in a domain. A term is a part that is not looked into: an input, a call. Two
terms that are compared make one of their own, whose keys are -1, 0 and 1: smaller, equal, greater.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any as Value
from typing import Literal

from policy.expr.functions import FUNCTIONS
from policy.expr.proof.domains import Domain, above, below, every, has_keys
from policy.expr.proof.ranges import EMPTY, TOP, Ranges, both, only, span, union, without
from policy.expr.stdlib.operators import EQUAL, IN_NETWORK, MEMBER
from policy.expr.typed import And, Apply, Const, If, Known, MakeList, Not, Or, Typed, is_computed
from policy.expr.types import Type, plain

Mode = Literal["true", "false", "not true", "not false"]
_OPPOSITE: dict[Mode, Mode] = {
    "true": "false",
    "false": "true",
    "not true": "not false",
    "not false": "not true",
}
_SETTLED = frozenset(("lowerAscii", "upperAscii", "trim"))  # twice is as good as once
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_SIGNS: dict[str, Ranges] = {
    "<": ((-1, 0),),
    "<=": ((-1, 1),),
    ">": ((1, 2),),
    ">=": ((0, 2),),
    "==": ((0, 1),),
    "!=": ((-1, 0), (1, 2)),
}
ORDER: Ranges = ((-1, 2),)


class ExhaustedError(Exception):
    """The work allowed is done: nothing is proved."""


@dataclass(slots=True)
class Budget:
    """Steps that may still be taken, by all proofs that share it, and by the one that has begun."""

    steps: int
    _floor: int = 0

    def begin(self, most: int) -> None:
        """Begin a proof of so many steps at most."""
        self._floor = max(self.steps - most, 0)

    def spend(self, steps: int = 1) -> None:
        """Take steps. Raises ExhaustedError."""
        self.steps -= steps
        if self.steps < self._floor:
            raise ExhaustedError


@dataclass(frozen=True, slots=True)
class Order:
    """How one term compares with another; unknown if either is."""

    left: Typed
    right: Typed


Term = Typed | Order


@dataclass(frozen=True, slots=True)
class Fact:
    """The term with this number lies in the domain."""

    term: int
    domain: Domain


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Formula, ...] = ()


@dataclass(frozen=True, slots=True)
class OneOf:
    """A part holds."""

    parts: tuple[Formula, ...] = ()


Formula = Fact | All | OneOf
TRUE, FALSE = All(), OneOf()


@dataclass(slots=True)
class Terms:
    """Every term under a number, and the formulas of claims about trees."""

    budget: Budget
    terms: list[Term] = field(default_factory=list)
    _numbers: dict[Term, int] = field(default_factory=dict)
    _made: dict[tuple[int, Mode], tuple[Typed, Formula]] = field(default_factory=dict)

    def number(self, term: Term) -> int:
        """The number of a term."""
        if term not in self._numbers:
            self._numbers[term] = len(self.terms)
            self.terms.append(term)
        return self._numbers[term]

    def known(self, term: Term) -> int | None:
        """The number of a term, None if it has none."""
        return self._numbers.get(term)

    def fact(self, term: Term, ranges: Ranges, *, unknown: bool) -> Formula:
        """A fact as a formula."""
        return Fact(self.number(term), Domain(ranges, unknown))

    def claim(self, node: Typed, mode: Mode) -> Formula:
        """The formula of what is claimed of a bool."""
        key = id(node), mode
        if key not in self._made:
            self.budget.spend()
            self._made[key] = node, self._claim(node, mode)  # holding the node keeps its id its own
        return self._made[key][1]

    def _claim(self, node: Typed, mode: Mode) -> Formula:
        match node:
            case Const(value=value):
                held = {"true": value is True, "false": value is False}
                return TRUE if held.get(mode, value is not (mode == "not true")) else FALSE
            case And(args=args):
                parts = tuple(self.claim(arg, mode) for arg in args)
                return All(parts) if mode in ("true", "not false") else OneOf(parts)
            case Or(args=args):
                parts = tuple(self.claim(arg, mode) for arg in args)
                return OneOf(parts) if mode in ("true", "not false") else All(parts)
            case Not(arg=arg):
                return self.claim(arg, _OPPOSITE[mode])
            case If():
                return self._choice(node, mode)
            case Known(arg=arg):
                known = self.fact(arg, every(arg.type), unknown=False)
                return known if mode in ("true", "not false") else self.fact(arg, EMPTY, unknown=True)
            case Apply():
                return self._apply(node, mode)
        return self._value(node, only(1), mode)

    def _choice(self, node: If, mode: Mode) -> Formula:
        parts = [
            All((self.claim(node.test, "true"), self.claim(node.then, mode))),
            All((self.claim(node.test, "false"), self.claim(node.other, mode))),
        ]
        if mode in ("not true", "not false"):
            parts.append(All((self.claim(node.test, "not true"), self.claim(node.test, "not false"))))
        return OneOf(tuple(parts))

    def _value(self, term: Term, true: Ranges, mode: Mode) -> Formula:
        """A bool that is true where the term lies in these keys, false where in others, unknown where the term is."""
        whole = ORDER if isinstance(term, Order) else every(term.type)
        ranges = both(whole, true) if mode in ("true", "not false") else without(whole, true)
        return self.fact(term, ranges, unknown=mode in ("not true", "not false"))

    # --- calls ---

    def _apply(self, node: Apply, mode: Mode) -> Formula:
        function, args = node.overload.function, node.args
        if function.name[1:-1] in _SIGNS and len(args) == 2 and all(has_keys(arg.type) for arg in args):
            return self._relation(function.name[1:-1], args[0], args[1], mode)
        if function is MEMBER and (found := self._member(node, mode)):
            return found
        item, other = args if len(args) == 2 else (None, None)
        if item is not None and isinstance(other, Const) and not isinstance(item, Const):
            if function is IN_NETWORK:
                first, last, _ = other.value
                return self._value(item, span(first, last + 1), mode)
            if function.name == "startsWith":
                return self._value(item, beginning(other.value), mode)
        return self._value(node, only(1), mode)

    def _relation(self, sign: str, left: Typed, right: Typed, mode: Mode) -> Formula:
        if isinstance(left, Const):
            sign, left, right = _TURNED[sign], right, left
        if isinstance(right, Const):
            if sign in ("==", "!=") and not _reaches(left, right.value):
                return self._value(left, EMPTY if sign == "==" else every(left.type), mode)
            return self._value(left, compared(sign, left.type, right.value), mode)
        if left == right:
            whole = every(left.type) if 0 in _keys(sign) else EMPTY
            return self._value(left, whole, mode)
        if self.number(right) < self.number(left):
            sign, left, right = _TURNED[sign], right, left
        return self._value(Order(left, right), _SIGNS[sign], mode)

    def _member(self, node: Apply, mode: Mode) -> Formula | None:
        """`in` a list that stands in the text."""
        item, container = node.args
        if not has_keys(item.type) or isinstance(item, Const):
            return None
        if isinstance(container, Const) and None not in container.value:
            values = [each for each in container.value if _reaches(item, each)]
            found = tuple(compared("==", item.type, each) for each in values)
            return self._value(item, union(tuple(one for ranges in found for one in ranges)), mode)
        if isinstance(container, MakeList) and not any(map(is_computed, container.items)):
            alike = Or(tuple(_equal(item, each) for each in container.items))
            return self.claim(alike, mode)
        return None


def _reaches(node: Typed, value: Value) -> bool:
    """Whether a part can have a value: what `lowerAscii` gives it would give again."""
    if not isinstance(node, Apply) or node.overload.function.name not in _SETTLED:
        return True
    return not isinstance(value, str) or bool(node.overload.function.row(value) == value)


def _keys(sign: str) -> list[int]:
    return [key for lower, upper in _SIGNS[sign] for key in range(lower, upper)]


def _equal(item: Typed, other: Typed) -> Typed:
    wanted = plain(item.type), plain(other.type)
    overload = next(each for each in FUNCTIONS["_==_"] if each.function is EQUAL and each.params == wanted)
    return Apply(overload, (item, other), overload.result)


def compared(sign: str, type_: Type, value: Value) -> Ranges:
    """The values of a type that compare so with a constant."""
    whole = every(type_)
    if value is None or not whole:
        return EMPTY
    least = "" if plain(type_).name == "string" else whole[0][0]
    most = TOP if plain(type_).name == "string" else whole[-1][1]
    first, last = below(type_, value), above(type_, value)
    found = {
        "<": span(least, first),
        "<=": span(least, last),
        ">": span(last, most),
        ">=": span(first, most),
        "==": span(first, last),
        "!=": (*span(least, first), *span(last, most)),
    }
    return both(whole, found[sign])


def beginning(prefix: str) -> Ranges:
    """The texts that begin with a prefix."""
    for place in range(len(prefix), 0, -1):
        if prefix[place - 1] != "\U0010ffff":
            return span(prefix, prefix[: place - 1] + chr(ord(prefix[place - 1]) + 1))
    return span(prefix, TOP)
