"""A statement for columns of known types: its row function, and what DuckDB can spell of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scorer.sql import stringtyping
from scorer.sql.code import compiled
from scorer.sql.duck import spell
from scorer.sql.exprs import Expr, MistypedError
from scorer.sql.nodes import Node
from scorer.sql.types import Type
from scorer.sql.typing import Typer

assert stringtyping  # imported for its handlers


@dataclass(frozen=True, slots=True)
class Program:
    """What a statement computes, for columns of known types."""

    outputs: tuple[Expr, ...]
    where: Expr | None
    columns: tuple[Type, ...]

    @property
    def types(self) -> tuple[Type, ...]:
        """The types of the outputs."""
        return tuple(one.type for one in self.outputs)

    def row(self, wanted: Sequence[bool], *, filters: bool = True) -> Callable[..., Any]:
        """Return the function of a row, for the outputs wanted."""
        chosen = [one if want else None for one, want in zip(self.outputs, wanted, strict=True)]
        return compiled(chosen or [None], self.where if filters else None, self.columns)

    def spelt(self) -> tuple[str | None, tuple[str | None, ...]]:
        """Return the filter and the outputs in DuckDB's SQL, None for what has no exact spelling."""
        where = spell(self.where) if self.where is not None else None
        return where, tuple(spell(one) for one in self.outputs)


def program(outputs: Sequence[Node], where: Node | None, columns: tuple[Type, ...], *, ansi: bool) -> Program:
    """Type a statement; raises MistypedError with all that is refused."""
    typer, problems = Typer(ansi, columns), []
    typed: list[Expr] = []
    for node in outputs:
        try:
            typed.append(typer.typed(node))
        except MistypedError as e:
            problems.append(str(e))
    condition = None
    if where is not None:
        try:
            condition = typer.condition(typer.typed(where), "WHERE")
        except MistypedError as e:
            problems.append(str(e))
    if problems:
        raise MistypedError("; ".join(dict.fromkeys(problems)))
    return Program(tuple(typed), condition, columns)
