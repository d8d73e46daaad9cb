"""Calls to their overloads: which one is meant, its literal arguments read, and what is wrong with a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policy.expr import fold, hints, problems
from policy.expr.functions import FUNCTIONS, Overload, RefusedError, names, resolve
from policy.expr.nodes import SIGN, Call
from policy.expr.problems import UNSUPPORTED, Problem
from policy.expr.typed import Const, Macro, Typed
from policy.expr.types import DOUBLE, FAULT, INT, Type, Variable, plain

MACROS: dict[str, tuple[Macro, tuple[int, ...]]] = {  # by name the macro, and how many arguments it may have
    "all": ("all", (2,)),
    "exists": ("exists", (2,)),
    "exists_one": ("exists_one", (2,)),
    "filter": ("filter", (2,)),
    "map": ("map", (2, 3)),
}
WRONG = Const(None, FAULT)
_DIVIDE = ("_/_", "_%_")


class Overloads:
    """What is noted of an expression over names of these types, and calls of which the arguments are typed."""

    def __init__(self, declared: Mapping[str, Variable]) -> None:
        self.declared = declared
        self.problems: list[Problem] = []

    def note(self, problem: Problem) -> Const:
        """Add what is wrong; the part has no type then."""
        self.problems.append(problem)
        return WRONG

    def overloaded(self, node: Call, function: str, args: Sequence[Typed]) -> Typed:
        """A call whose overload the types of its arguments settle."""
        candidates = FUNCTIONS.get(function)
        if candidates is None:
            return self.unknown_function(node, function)
        receiver = node.receiver and function == node.function
        operator = function in SIGN
        style = "operator" if operator else "receiver" if receiver else "call"
        usable = [overload for overload in candidates if overload.style == style]
        if not usable:
            usage = " or ".join(overload.usage for overload in candidates[:4])
            return self.note(problems.call_style(function, usage, node.at, node.at_end))
        found = resolve(usable, [arg.type for arg in args])
        if found is None:
            return self.no_overload(node, function, args)
        return self.applied(node, found[0], tuple(args), found[1])

    def no_overload(self, node: Call, function: str, args: Sequence[Typed]) -> Typed:
        """The note on a function that does not take these types."""
        given = [plain(arg.type) for arg in args]
        near = [
            overload for overload in FUNCTIONS[function] if any(type_ in overload.params for type_ in given)
        ]
        near.sort(
            key=lambda overload: (len(set(overload.params)) > 1, overload.params[:1] != tuple(given[:1]))
        )
        usages = [overload.usage for overload in near or FUNCTIONS[function]]
        types = [str(type_) for type_ in given]
        parts = node.args[-len(args) :] if args else ()
        hint = hints.for_call(function, parts, args, self.declared)
        sign = SIGN.get(function, function)
        return self.note(problems.no_overload(sign, types, usages, node.at, node.at_end, hint))

    def applied(self, node: Call, overload: Overload, args: tuple[Typed, ...], type_: Type) -> Typed:
        """The call of an overload, its literal arguments read."""
        for place, what in overload.function.literal.items():
            if place >= len(args):
                continue
            prepared = self.prepared(node, overload, args, place, what)
            if prepared is None:
                return Const(None, type_ if type_ != FAULT else FAULT)
            args = (*args[:place], prepared, *args[place + 1 :])
        made = fold.apply(overload, args, type_)
        if isinstance(made, Const) and made.value is None:
            self.without_value(node, overload, args)
        elif overload.function.name in _DIVIDE and type_ == INT and args[1] == Const(0, INT):
            self.note(problems.never_known(SIGN[overload.function.name], node.start, node.end))
        return made

    def prepared(
        self, node: Call, overload: Overload, args: tuple[Typed, ...], place: int, what: str
    ) -> Const | None:
        """A literal argument in the form that the function wants."""
        arg = args[place]
        part = node.args[place - len(args)]
        if not isinstance(arg, Const):
            self.note(problems.not_literal(overload.function.name, what, part.start, part.end))
            return None
        if arg.value is None or overload.function.prepared is None:
            return arg if arg.value is not None else None
        try:
            return Const(overload.function.prepared(arg.value), arg.type)
        except RefusedError as refused:
            name, extra = overload.function.name, (refused.hint,) if refused.hint else ()
            self.note(problems.refused_literal(name, str(refused), part.start, part.end, *extra))
            return None

    def without_value(self, node: Call, overload: Overload, args: Sequence[Typed]) -> None:
        """A call of constants without a value: a mistake, but that CEL lets `1/0` stand where it does not matter."""
        values = [arg.value for arg in args if isinstance(arg, Const)]
        if None in values or len(values) < len(args):
            return
        if overload.style != "operator":
            shown = ", ".join(repr(value) for value in values)
            self.note(
                problems.refused_literal(
                    overload.function.name, f"no value for {shown[:60]}", node.start, node.end
                )
            )
        elif overload.result == DOUBLE:
            self.note(problems.not_a_number(node.start, node.end))
        else:
            self.note(problems.never_known(SIGN[overload.function.name], node.start, node.end))

    def unknown_function(self, node: Call, function: str) -> Typed:
        """The note on a name that no function has."""
        if function in UNSUPPORTED:
            return self.note(problems.unsupported(function, node.at, node.at_end))
        known = [*names(), *MACROS, "has"]
        return self.note(problems.unknown_function(function, known, node.at, node.at_end))

    def one_type(self, type_: Type, start: int, end: int) -> Typed:
        """The note on a list of several types where every item must be of one."""
        return self.note(problems.not_a_type("a list of one type", str(type_), "this", start, end))
