"""Conditions: expressions in a policy file, over its inputs, the score, the time, lists and definitions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from policy import expr
from policy.diagnostics import Span
from policy.expr import Enum, ExpressionError, Program, Type, Variable, embedded, list_of
from policy.expr.checker import MAX_LOOPS, MAX_NESTED_LOOPS
from policy.expr.definitions import AskedForError, TooLargeError, substitute
from policy.expr.typed import And, Typed, can_be_unknown, inputs
from policy.expr.types import FAULT, parse_type
from policy.source import Node, Scalar
from policy.spec.inputs import InputSpec
from policy.spec.reader import Reader, place

SCORE, NOW, LISTS = "score", "now", "lists."


@dataclass(frozen=True)
class Condition:
    """A checked expression. tree: its meaning, with definitions in the places of their names."""

    source: str
    span: Span
    program: Program
    tree: Typed

    @cached_property
    def reads(self) -> frozenset[str]:
        """The names whose values it needs: inputs, `score`, `now`, `lists.…`."""
        return frozenset(inputs(self.tree))

    @cached_property
    def parts(self) -> tuple[Condition, ...]:
        """What stands between its outermost `&&`; itself if there is none."""
        if not isinstance(self.tree, And):
            return (self,)
        return tuple(Condition(self.source, self.span, self.program, part) for part in self.tree.args)


@dataclass(slots=True)
class Names:
    """What a condition may read: variables by name, and what definitions mean; `used` collects what was read."""

    variables: dict[str, Variable] = field(default_factory=dict)
    meanings: dict[str, Typed] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def without(self, names: Iterable[str]) -> Names:
        """The same names but for some; what is used is noted in both."""
        left_out = set(names)
        kept = {name: one for name, one in self.variables.items() if name not in left_out}
        return Names(kept, self.meanings, self.used)


def names_of(specs: Iterable[InputSpec]) -> Names:
    """The names of inputs, of the score and of the time."""
    names = Names({one.name: variable(one) for one in specs})
    names.variables[SCORE] = Variable(
        parse_type("double"), optional=True, where="the score that the bands divide"
    )
    names.variables[NOW] = Variable(parse_type("timestamp"), optional=False, where="the time of the decision")
    return names


def variable(one: InputSpec) -> Variable:
    """What the name of an input stands for."""
    optional = one.optional and one.default is None
    where = f"declared {one.type} at {place(one.span)}"
    return Variable(_type(one), optional or one.type == "duration", where)


def _type(one: InputSpec) -> Type:
    if one.type == "unknown":  # told where it is declared, and not again at every use
        return FAULT
    if one.type == "string" and one.enum is not None:
        return Enum(tuple(str(word) for word in one.enum), one.name)
    if one.type.startswith("list("):
        return list_of(parse_type(one.type[5:-1]))
    return parse_type(one.type)


def read_condition(
    node: Node, names: Names, reader: Reader, what: str, wanted: str | None = "bool"
) -> Condition | None:
    """The condition in a scalar; None, and diagnostics that point into its text, if it is none.

    wanted: the type that it must have; None takes every type.
    """
    if isinstance(node, Scalar) and isinstance(node.value, bool | int | float):
        source: str | None = node.text  # `when: true` is YAML's bool, and an expression too
    else:
        source = reader.text(node, what)
    if source is None:
        return None
    try:
        program = expr.compile(source, names.variables, place=embedded(node.span, source), wanted=wanted)
    except ExpressionError as error:
        for one in error.diagnostics:
            reader.take(one)
        return None
    for one in program.warnings:
        reader.take(one)
    names.used |= program.names
    return _meant(source, node, program, names, reader)


def _meant(source: str, node: Node, program: Program, names: Names, reader: Reader) -> Condition | None:
    try:
        tree = substitute(program.tree, names.meanings, loops=MAX_LOOPS, nested=MAX_NESTED_LOOPS)
    except AskedForError as error:
        message = f"`has()` asks whether a fact is there; `{error}` is a definition"
        reader.note("E144", message, node.span, hints=("ask for the facts that it reads",))
        return None
    except TooLargeError:
        message = (
            "with its definitions this expression is too large or too deep, or goes through too many lists"
        )
        reader.note("E145", message, node.span, hints=("make it smaller, or split it into several rules",))
        return None
    return Condition(source, node.span, program, tree)


def can_lack(condition: Condition) -> bool:
    """Whether the value can be unknown."""
    return can_be_unknown(condition.tree)
