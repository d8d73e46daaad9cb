"""An expression of a statement, for columns of known types: typed, and compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scorer.sql import choosing, logictyping, mathtyping, stringtyping
from scorer.sql.code import compiled
from scorer.sql.exprs import Expr
from scorer.sql.fold import folded
from scorer.sql.nodes import Node
from scorer.sql.types import Type
from scorer.sql.typing import NEWEST, Typer

HANDLERS = (choosing, logictyping, mathtyping, stringtyping)  # imported for what they register


def typed(
    node: Node, columns: tuple[Type, ...], *, ansi: bool, condition: bool, version: tuple[int, int] = NEWEST
) -> Expr:
    """Type an expression, or a condition; raises MistypedError for what is refused."""
    typer = Typer(ansi, columns, version)
    made = typer.typed(node)
    return folded(typer.condition(made, "WHERE") if condition else made)


def type_of(node: Node, columns: tuple[Type, ...], *, ansi: bool) -> Type:
    """Tell the type of an expression that can be typed."""
    return Typer(ansi, columns).typed(node).type


def compute(e: Expr, columns: tuple[Type, ...], *, filters: bool) -> Callable[..., Any]:
    """Compile the function of a row; a filter raises Dropped."""
    return compiled(e, columns, filters=filters)
