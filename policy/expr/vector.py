"""A checked tree as straight-line NumPy over the columns of one chunk.

`truth` and `falsity` are masks, as in `policy.expr.row`; a number is a pair of an array and a mask of the rows that
have one. Parts that stand twice, in one condition or in two, are worked out once. What has no vector code (a part that
reads two strings, or a list) is left to the row's own function.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from policy.expr import vectors
from policy.expr.code import Constants
from policy.expr.stdlib.operators import IN_SET, MEMBER
from policy.expr.typed import (
    And,
    Apply,
    Const,
    If,
    Input,
    Known,
    Not,
    Or,
    Typed,
    can_be_unknown,
    children,
    inputs,
)
from policy.expr.types import BOOL, DOUBLE, INT, Type

Layout = tuple[tuple[str, str, bool], ...]
VECTORS = ("bool", "int", "double", "timestamp", "duration")
DTYPES: dict[str, Any] = {"bool": np.bool_, "double": np.float64}
_TIMES = ("timestamp", "duration")
_SIGNS = ("<", "<=", ">", ">=", "==", "!=")
_RELATIONS = {f"_{sign}_": sign for sign in _SIGNS}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_INT_OPS: dict[str, Callable[..., vectors.Pair]] = {
    "_+_": vectors.add,
    "_-_": vectors.subtract,
    "_*_": vectors.multiply,
    "_/_": vectors.divide,
    "_%_": vectors.remainder,
    "-_": vectors.negate,
}

Mode = Literal["truth", "falsity", "number", "known", "members"]


@dataclass(frozen=True, slots=True)
class Need:
    """What generated code takes besides the columns: a look-up in a coded column, a set, or a part mapped by row."""

    mode: Mode
    node: Typed
    column: str | None  # of the look-up, or the name of the set; None: mapped by row


@dataclass(frozen=True, slots=True)
class Number:
    """Text of an array, and of the mask of rows that have a value ("True" for all). A double has its own NaN."""

    data: str
    valid: str = "True"


class Emitter:
    """Writes the body of a function over one chunk. `layout` tells how each column comes."""

    def __init__(self, layout: Layout) -> None:
        self.kinds = {name: kind for name, kind, _ in layout}
        self.nullable = {name for name, _, valid in layout if valid}
        self.place = {name: place for place, (name, _, _) in enumerate(layout)}
        self.constants = Constants()
        self.lines: list[str] = []
        self.needs: dict[Need, int] = {}
        self._memo: dict[tuple[str, Typed], Any] = {}
        self._numbers = itertools.count()

    # --- conditions ---

    def truth(self, node: Typed) -> str:
        """The mask of rows where the bool is definitely true."""
        return str(self._once("truth", node, self._truth))

    def falsity(self, node: Typed) -> str:
        """The mask of rows where the bool is definitely false."""
        return str(self._once("falsity", node, self._falsity))

    def _truth(self, node: Typed) -> str:
        if isinstance(node, Const):
            return str(node.value is True)
        if found := self._looked_up("truth", node):
            return found
        match node:
            case And(args=args):
                return self._and([self.truth(arg) for arg in args])
            case Or(args=args):
                return self._or([self.truth(arg) for arg in args])
            case Not(arg=arg):
                return self.falsity(arg)
            case If():
                return self._choice(node, self.truth)
            case Known(arg=Input() as arg) if self.kinds[arg.name] == "number":
                return self._there(arg)
            case Input(name=name) if self.kinds[name] == "number":
                return self._and([self._data(name), self._valid(name)])
            case Apply():
                return self._apply(node, true=True)
        return self._mapped("truth", node)

    def _falsity(self, node: Typed) -> str:
        if isinstance(node, Const):
            return str(node.value is False)
        if found := self._looked_up("falsity", node):
            return found
        match node:
            case And(args=args):
                return self._or([self.falsity(arg) for arg in args])
            case Or(args=args):
                return self._and([self.falsity(arg) for arg in args])
            case Not(arg=arg):
                return self.truth(arg)
            case If():
                return self._choice(node, self.falsity)
            case Known(arg=Input() as arg) if self.kinds[arg.name] == "number":
                return self._not(self._there(arg))
            case Input(name=name) if self.kinds[name] == "number":
                return self._and([self._not(self._data(name)), self._valid(name)])
            case Apply():
                return self._apply(node, true=False)
        return self._mapped("falsity", node)

    def _choice(self, node: If, form: Callable[[Typed], str]) -> str:
        yes = self._and([self.truth(node.test), form(node.then)])
        return self._or([yes, self._and([self.falsity(node.test), form(node.other)])])

    def _apply(self, node: Apply, *, true: bool) -> str:
        """A strict function that gives a bool."""
        mode: Mode = "truth" if true else "falsity"
        function = node.overload.function
        if function is IN_SET:
            return self._in_set(node, true=true) or self._mapped(mode, node)
        if any(arg.type.name not in VECTORS or is_fine(arg) for arg in node.args if function is not MEMBER):
            return self._mapped(mode, node)
        if function.name in _RELATIONS:
            sign = _RELATIONS[function.name]
            return self._relation(sign if true else _OPPOSITE[sign], *node.args)
        if function is MEMBER:
            return self._member(node, true=true) or self._mapped(mode, node)
        if function.vector is None:
            return self._mapped(mode, node)
        found = self._vector(node)
        return self._and([found.data if true else self._not(found.data), found.valid])

    # --- comparison ---

    def _relation(self, sign: str, left: Typed, right: Typed) -> str:
        if isinstance(left, Const):
            return self._relation(_MIRRORED[sign], right, left)
        one = self.number(left)
        if isinstance(right, Const):
            return self._against(sign, left.type, one, right)
        other = self.number(right)
        valid = self._and([one.valid, other.valid])
        if left.type == right.type == DOUBLE and sign == "!=":
            text = f"({one.data} < {other.data}) | ({one.data} > {other.data})"
        elif left.type == right.type or DOUBLE not in (left.type, right.type):
            text = f"{one.data} {sign} {other.data}"
        elif left.type == INT:
            text = f"{self.constants.name(vectors.MIXED[sign])}({one.data}, {other.data})"
        else:
            text = f"{self.constants.name(vectors.MIXED[_MIRRORED[sign]])}({other.data}, {one.data})"
        return self._and([self._line(text), valid])

    def _against(self, sign: str, type_: Type, one: Number, const: Const) -> str:
        """A comparison with a constant."""
        bound: Any = sign, self._scaled(const)
        if type_ == INT and const.type == DOUBLE:
            bound = vectors.int_bound(sign, const.value)
        elif type_ == DOUBLE and const.type == INT:
            bound = vectors.double_bound(sign, const.value)
        if isinstance(bound, bool):
            return one.valid if bound else "False"
        if bound == "known":
            return self._line(f"{one.data} == {one.data}")
        sign, limit = bound
        text = self.constants.text(limit)
        if type_ == DOUBLE and sign == "!=":
            return self._line(f"({one.data} < {text}) | ({one.data} > {text})")
        return self._and([self._line(f"{one.data} {sign} {text}"), one.valid])

    def _member(self, node: Apply, *, true: bool) -> str | None:
        """`in` a list of constant numbers."""
        item, container = node.args
        if not isinstance(container, Const) or None in container.value or is_fine(item):
            return None
        if item.type.name not in ("int", "double", *_TIMES):
            return None
        one = self.number(item)
        unit = 1000 if item.type.name in _TIMES else 1
        if any(value % unit for value in container.value if unit > 1):
            return None
        values = [value // unit for value in container.value] if unit > 1 else container.value
        known = vectors.double_members(values) if item.type == DOUBLE else vectors.int_members(values)
        if len(known) <= 4:
            found = self._or(
                [self._line(f"{one.data} == {self.constants.text(value.item())}") for value in known]
            )
        else:
            found = self._line(f"{self.constants.name(np.isin)}({one.data}, {self.constants.name(known)})")
        there = one.valid if item.type != DOUBLE else self._line(f"{one.data} == {one.data}")
        return self._and([found if true else self._not(found), there])

    def _in_set(self, node: Apply, *, true: bool) -> str | None:
        """`in` a set of numbers."""
        item, container = node.args
        if not isinstance(container, Input) or item.type not in (INT, DOUBLE):
            return None
        need = self._need(Need("members", item, container.name))
        one = self.number(item)
        found = self._line(f"{need}({one.data})")
        there = one.valid if item.type != DOUBLE else self._line(f"{one.data} == {one.data}")
        return self._and([found if true else self._not(found), there])

    # --- numbers ---

    def number(self, node: Typed) -> Number:
        """The array of a part, and where it has a value."""
        found: Number = self._once("number", node, self._number)
        return found

    def _number(self, node: Typed) -> Number:
        if isinstance(node, Const):
            unknown = node.value is None
            zero = "nan" if node.type == DOUBLE else "0"
            text = zero if unknown else self.constants.text(self._scaled(node))
            return Number(f"full(rows, {text}, {self._dtype(node.type)})", str(not unknown))
        if is_fine(node):
            return self._mapped_number(node)
        if node.type == BOOL:
            true = self.truth(node)
            valid = self._or([true, self.falsity(node)]) if can_be_unknown(node) else "True"
            return Number(self._line(f"masked({true}, rows)"), valid)
        match node:
            case Input(name=name) if self.kinds[name] == "number":
                return Number(self._data(name), "True" if node.type == DOUBLE else self._valid(name))
            case If():
                return self._either(node)
        if len(inputs(node)) and (need := self._lookup("number", node)):
            data = self._line(f"{need}({self._data(self._coded(node))})")
            known = self._lookup("known", node)
            return Number(
                data,
                "True" if node.type == DOUBLE else self._line(f"{known}({self._data(self._coded(node))})"),
            )
        if isinstance(node, Apply) and not any(
            arg.type.name not in VECTORS or is_fine(arg) for arg in node.args
        ):
            return self._arithmetic(node)
        return self._mapped_number(node)

    def _arithmetic(self, node: Apply) -> Number:
        function = node.overload.function
        name = function.name
        if function.vector is not None:
            return self._vector(node)
        if name not in _INT_OPS:
            return self._mapped_number(node)
        args = [self._operand(arg) for arg in node.args]
        if node.type == DOUBLE:
            sign = name.replace("_", "")
            text = f"-{args[0].data}" if len(args) == 1 else f"{args[0].data} {sign} {args[1].data}"
            return Number(self._line(text))
        valid = [arg.valid for arg in args]
        if node.type.name in _TIMES:
            check = vectors.in_time if node.type.name == "timestamp" else vectors.in_duration
            call = f"{self.constants.name(check)}({args[0].data} {name[1]} {args[1].data})"
        else:
            call = f"{self.constants.name(_INT_OPS[name])}({', '.join(arg.data for arg in args)})"
        data, fits = self._temp(), self._temp()
        self.lines.append(f"{data}, {fits} = {call}")
        return Number(data, self._and([*valid, fits]))

    def _operand(self, node: Typed) -> Number:
        """A number to calculate with, constants as they are."""
        if isinstance(node, Const) and node.value is not None:
            return Number(self.constants.text(self._scaled(node)))
        number = self.number(node)
        if node.type == INT and isinstance(node, Input | If):  # a column may come in fewer bytes
            return Number(
                self._once("wide", node, lambda _: self._line(f"wide({number.data})")), number.valid
            )
        return number

    def _vector(self, node: Apply) -> Number:
        """A function's own twin."""
        function = node.overload.function
        args = [self._operand(arg) for arg in node.args]
        call = f"{self.constants.name(function.vector)}({', '.join(arg.data for arg in args)})"
        valid = self._and([arg.valid for arg in args])
        if node.type == DOUBLE:  # twins give NaN for NaN, so that only other arguments need a mask
            return Number(self._line(f"double({call}, {valid})"))
        known = [
            self._line(f"{arg.data} == {arg.data}")
            for arg, part in zip(args, node.args, strict=True)
            if part.type == DOUBLE and not isinstance(part, Const)
        ]
        data, fits = self._temp(), self._temp()
        self.lines.append(f"{data}, {fits} = pair({call})")
        return Number(data, self._and([*known, valid, fits]))

    def _either(self, node: If) -> Number:
        true, false = self.truth(node.test), self.falsity(node.test)
        then, other = self.number(node.then), self.number(node.other)
        data = self._line(f"where({true}, {then.data}, {other.data})")
        if node.type == DOUBLE:
            known = self._or([true, false])
            return Number(data if known == "True" else self._line(f"where({known}, {data}, nan)"))
        return Number(data, self._or([self._and([true, then.valid]), self._and([false, other.valid])]))

    def _scaled(self, const: Const) -> Any:
        return const.value // 1000 if const.type.name in _TIMES and const.value is not None else const.value

    def _dtype(self, type_: Type) -> str:
        return self.constants.name(DTYPES.get(type_.name, np.int64))

    # --- look-ups and rows ---

    def _coded(self, node: Typed) -> str:
        return next(name for name in inputs(node) if self.kinds[name] == "coded")

    def _lookup(self, mode: Mode, node: Typed) -> str | None:
        """The name of a look-up, if the part reads one coded column and nothing else but sets."""
        kinds = [self.kinds[name] for name in inputs(node)]
        if kinds.count("coded") != 1 or not set(kinds) <= {"coded", "set"}:
            return None
        return self._need(Need(mode, node, self._coded(node)))

    def _looked_up(self, mode: Mode, node: Typed) -> str | None:
        need = self._lookup(mode, node)
        return self._line(f"{need}({self._data(self._coded(node))})") if need else None

    def _mapped(self, mode: Mode, node: Typed) -> str:
        truth, falsity = self._once("mapped", node, self._map)
        return str(truth if mode == "truth" else falsity)

    def _mapped_number(self, node: Typed) -> Number:
        return Number(*self._once("mapped", node, self._map))

    def _map(self, node: Typed) -> tuple[str, str]:
        """By row: two masks of a bool; an array and a mask of a number."""
        need = self._need(Need("truth", node, None))
        one, other = self._temp(), self._temp()
        self.lines.append(f"{one}, {other} = {need}(begin, end)")
        return one, other

    def _need(self, need: Need) -> str:
        return f"l{self.needs.setdefault(need, len(self.needs))}"

    # --- texts ---

    def _data(self, name: str) -> str:
        return f"v{self.place[name]}"

    def _valid(self, name: str) -> str:
        if self.kinds[name] == "number" and name in self.nullable:
            return f"m{self.place[name]}"
        return "True"

    def _there(self, node: Input) -> str:
        data = self._data(node.name)
        return self._line(f"{data} == {data}") if node.type == DOUBLE else self._valid(node.name)

    def _once(self, mode: str, node: Typed, make: Callable[[Typed], Any]) -> Any:
        key = mode, node
        if key not in self._memo:
            self._memo[key] = make(node)
        return self._memo[key]

    def _temp(self) -> str:
        return f"t{next(self._numbers)}"

    def _line(self, text: str) -> str:
        name = self._temp()
        self.lines.append(f"{name} = {text}")
        return name

    def _not(self, text: str) -> str:
        if text in ("True", "False"):
            return str(text == "False")
        return self._line(f"invert({text})")

    def _and(self, texts: Sequence[str]) -> str:
        return self._join(texts, "&", "False", "True")

    def _or(self, texts: Sequence[str]) -> str:
        return self._join(texts, "|", "True", "False")

    def _join(self, texts: Sequence[str], sign: str, absorbing: str, neutral: str) -> str:
        if absorbing in texts:
            return absorbing
        rest = list(dict.fromkeys(text for text in texts if text != neutral))
        if len(rest) < 2:
            return rest[0] if rest else neutral
        return self._line(f" {sign} ".join(rest))


def is_fine(node: Typed) -> bool:
    """Whether a time in the part may be finer than a microsecond, which columns do not hold."""
    if node.type.name not in _TIMES:
        return False
    if isinstance(node, Const):
        return bool((node.value or 0) % 1000)
    if (
        isinstance(node, Apply)
        and node.overload.function.name in _TIMES
        and node.args[0].type.name == "string"
    ):
        return True
    return any(map(is_fine, children(node)))
