"""A compiled expression: what an expression is to those who use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from policy.diagnostics import Diagnostic, errors, in_order, render
from policy.errors import PolicyError
from policy.expr import places
from policy.expr.batch import Values
from policy.expr.checker import check
from policy.expr.columns import encode
from policy.expr.machine import MistypedError, inward, outward
from policy.expr.nodes import Node
from policy.expr.parser import parse
from policy.expr.places import Place
from policy.expr.problems import Problem, unknown_type
from policy.expr.row import compile_value
from policy.expr.typed import MakeList, Typed, inputs
from policy.expr.types import Declared, Type, Variable, mixes, parse_type, variables
from policy.expr.unparse import unparse


class ExpressionError(PolicyError):
    """An expression does not compile; `.diagnostics` holds every problem with its place."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = tuple(diagnostics)

    def __str__(self) -> str:
        return "\n" + render(self.diagnostics)


class ValueOfWrongTypeError(PolicyError, TypeError):
    """A value given for a name is not of its declared type."""


@dataclass(frozen=True)
class Program:
    """A checked expression. It is pure: the same values give the same answer, in a row as in a batch.

    syntax, tree: what was written, and what it means; names: what the text reads; warnings: what is odd but right.
    """

    source: str
    syntax: Node
    tree: Typed
    names: frozenset[str]
    warnings: tuple[Diagnostic, ...]
    variables: Mapping[str, Variable]

    @property
    def type(self) -> str:
        """The type of the value, as in CEL: `bool`, `list(string)`."""
        return str(self.tree.type)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The names whose values are needed, in the order of `function`'s parameters."""
        return tuple(inputs(self.tree))

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The expression over machine values (see `policy.expr.machine`) in the order of `reads`. It never raises."""
        return compile_value(self.tree, self.reads)

    @cached_property
    def _inward(self) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        return tuple((name, inward(self.variables[name].type)) for name in self.reads)

    @cached_property
    def _outward(self) -> Callable[[Any], Any] | None:
        return _outward(self.tree)

    def row(self, values: Mapping[str, Any]) -> Any:
        """The value for one row, None if it is unknown. A missing key is None.

        Raises ValueOfWrongTypeError for a value that is not of its declared type; names that are not read may hold
        anything.
        """
        args = []
        for name, convert in self._inward:
            value = values.get(name)
            try:
                args.append(None if value is None else convert(value))
            except MistypedError as error:
                raise ValueOfWrongTypeError(f"{error} - at `{name}`") from None
        found = self.function(*args)
        return found if found is None or self._outward is None else self._outward(found)

    @cached_property
    def _batch(self) -> Values:
        return Values(self.tree)

    def batch(self, table: pa.Table | pa.RecordBatch, sets: Mapping[str, Any] | None = None) -> pa.Array:
        """The value for every row of a table, null where it is unknown. A missing column is null.

        sets: the values of names of a set's type, see `policy.expr.types.set_of`. Raises ValueOfWrongTypeError for a
        column that is not of its declared type.
        """
        types = {name: self.variables[name].type for name in self.reads}
        try:
            return self._batch(encode(table, types, sets))
        except MistypedError as error:
            raise ValueOfWrongTypeError(str(error)) from None

    def __str__(self) -> str:
        return unparse(self.syntax)


def compile(
    source: str,
    types: Mapping[str, Declared] | None = None,
    *,
    place: Place | None = None,
    wanted: str | Type | None = None,
) -> Program:
    """Compiles an expression over names of these types.

    types: a type as CEL writes it, an `Enum`, or a `Variable`, by name; a name may have dots. place: where the text
    stands, `policy.expr.places`. wanted: the type that the whole must have. Raises ExpressionError with every problem.
    """
    where = place or places.alone(source)
    syntax, found = parse(source)
    try:
        declared = variables(types or {})
    except ValueError as error:
        raise ExpressionError([places.diagnostic(unknown_type(str(error)), where)]) from None
    if syntax is None:
        raise ExpressionError(_diagnostics(found, where))
    checked = check(syntax, declared, wanted=parse_type(wanted) if isinstance(wanted, str) else wanted)
    diagnostics = _diagnostics([*found, *checked.problems], where)
    if errors(diagnostics):
        raise ExpressionError(diagnostics)
    return Program(source, syntax, checked.tree, checked.names, tuple(diagnostics), declared)


def _outward(tree: Typed) -> Callable[[Any], Any] | None:
    """What makes outside values of a tree's machine values: item by item where a list has several types."""
    if not (isinstance(tree, MakeList) and mixes(tree.type)):
        return outward(tree.type)
    shows = [_outward(item) or (lambda value: value) for item in tree.items]
    return lambda values: [
        None if value is None else show(value) for show, value in zip(shows, values, strict=True)
    ]


def _diagnostics(found: Sequence[Problem], where: Place) -> list[Diagnostic]:
    return in_order(places.diagnostic(problem, where) for problem in found)
