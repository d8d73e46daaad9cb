"""Typed expressions become one Python function of a row: the meaning of a statement.

The source holds only names and numbers that are made here. Null is None; an operator that is null for null is asked
only about values; AND, OR, IN, CASE and COALESCE compute what Spark computes, and no more, since the rest may raise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from scorer.errors import Dropped
from scorer.sql.exprs import Expr, MistypedError
from scorer.sql.filters import asked
from scorer.sql.inputs import admission
from scorer.sql.types import Type

_DEEP = 10  # levels that one function's source nests before the next one starts


class _Writer:
    def __init__(self, columns: int) -> None:
        self.arguments = ", ".join(f"v{i}" for i in range(columns))
        self.names: dict[str, Any] = {}
        self.functions: list[str] = []
        self.temps = 0

    def hold(self, value: Any) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def temp(self) -> str:
        self.temps += 1
        return f"t{self.temps}"

    def write(self, e: Expr, depth: int = 0) -> str:
        """Write an expression as Python."""
        if e.kind == "column":
            return f"v{e.value}"
        if e.kind == "literal":
            return self.literal(e.value)
        if depth >= _DEEP:
            name = f"f{len(self.functions)}"
            self.functions.append("")
            self.functions[int(name[1:])] = f"def {name}({self.arguments}):\n    return {self.write(e)}\n"
            return f"{name}({self.arguments})"
        made: str = getattr(self, f"_{e.kind}")(e, depth + 1)
        return made

    def test(self, e: Expr) -> str:
        """Write a condition."""
        return self._named(e, 0)[1]

    def literal(self, value: Any) -> str:
        if value is None or isinstance(value, bool) or type(value) is int:
            return f"({value!r})"
        if type(value) is float and math.isfinite(value):
            return f"({value!r})"
        return self.hold(value)

    def _named(self, e: Expr, depth: int) -> tuple[str, str]:
        """Return the name of a value, and what to write where it is first used."""
        if e.kind in ("column", "literal"):
            name = self.write(e) if e.kind == "column" else self.hold(e.value)
            return name, name
        name = self.temp()
        return name, f"({name} := {self.write(e, depth)})"

    def _body(self, e: Expr, names: Sequence[str]) -> str:
        op = e.op
        assert op is not None
        if op.inline:
            return op.inline.format(*names)
        more = [str(max(0, e.place))] if op.fails else []
        return f"{self.hold(op.call)}({', '.join([*names, *more])})"

    def _strict(self, e: Expr, depth: int) -> str:
        named = [self._named(arg, depth) for arg in e.args]
        tests = [f"{first} is None" for arg, (name, first) in zip(e.args, named, strict=True)
                 if not (arg.kind == "literal" and arg.never_null)]  # fmt: skip
        body = self._body(e, [name for name, _ in named])
        tests = tests[::-1] if e.op is not None and e.op.backwards else tests
        return f"(None if {' or '.join(tests)} else {body})" if tests else body

    def _loose(self, e: Expr, depth: int) -> str:
        named = [self._named(arg, depth) for arg in e.args]
        firsts = [first for name, first in named if first != name]
        body = self._body(e, [name for name, _ in named])
        return f"(({', '.join(firsts)},) and {body})" if firsts else body

    def _and(self, e: Expr, depth: int) -> str:
        return self._logic(e, depth, "False", "True")

    def _or(self, e: Expr, depth: int) -> str:
        return self._logic(e, depth, "True", "False")

    def _logic(self, e: Expr, depth: int, ends: str, rest: str) -> str:
        named = [self._named(arg, depth) for arg in e.args]
        ended = " or ".join(f"{first} is {ends}" for _, first in named)
        unknown = " or ".join(f"{name} is None" for name, _ in named)
        return f"({ends} if {ended} else None if {unknown} else {rest})"

    def _in(self, e: Expr, depth: int) -> str:
        """Write IN: null if nothing is equal and something is null; what stands behind an equal is not computed."""
        assert e.op is not None
        value, first = self._named(e.args[0], depth)
        items = [self._named(arg, depth) for arg in e.args[1:]]
        equal = " or ".join(
            f"({begun} is not None and {e.op.inline.format(value, name)})" for name, begun in items
        )
        unknown = " or ".join(f"{name} is None" for name, _ in items)
        return f"(None if {first} is None else True if {equal} else None if {unknown} else False)"

    def _coalesce(self, e: Expr, depth: int) -> str:
        out = ""
        for arg in e.args[:-1]:
            name, first = self._named(arg, depth)
            out += f"{name} if {first} is not None else "
        return f"({out}{self.write(e.args[-1], depth)})"

    def _case(self, e: Expr, depth: int) -> str:
        out = ""
        for i in range(0, len(e.args) - 1, 2):
            _, condition = self._named(e.args[i], depth)
            out += f"{self.write(e.args[i + 1], depth)} if {condition} is True else "
        return f"({out}{self.write(e.args[-1], depth)})"


def compiled(e: Expr, columns: Sequence[Type], *, filters: bool) -> Callable[..., Any]:
    """Compile the function of a row's columns: the value, raising Invalid where Spark raises.

    `filters`: it raises Dropped unless the value is true.
    """
    writer = _Writer(len(columns))
    lines = []
    for number, kind in enumerate(columns):
        test, admit = admission(kind, number)
        if test:
            lines.append(f"if {test.format(v=f'v{number}')}: v{number} = {writer.hold(admit)}(v{number})")
    if filters:
        lines += [f"if {writer.test(part)} is not True: raise dropped" for part in asked(e)]
    lines.append(f"return {writer.write(e) if not filters else 'True'}")
    head = f"def made({writer.arguments}):\n" + "".join(f"    {line}\n" for line in lines)
    writer.names["dropped"] = Dropped
    try:
        exec(compile("".join([*writer.functions, head]), "<scorer sql>", "exec"), writer.names)
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise MistypedError(f"the statement is too large ({type(error).__name__})") from None
    made: Callable[..., Any] = writer.names["made"]
    return made
