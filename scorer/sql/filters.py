"""A filter as what is asked of a row, one question after the other: a row is out at the first that is not true.

Spark asks for no more once a row is out, and looks for nulls before it computes: a column that some condition needs
is looked at before the first condition that reads it, and what else must be there comes last. Sources:
catalyst.plans.logical.QueryPlanConstraints, execution.GeneratePredicateHelper.
"""

from __future__ import annotations

from collections.abc import Iterator

from scorer.sql.exprs import IS_NULL, IS_THERE, NOT, Expr, column, loose
from scorer.sql.types import BOOLEAN, VOID


def asked(e: Expr) -> Iterator[Expr]:
    """Yield the questions of a filter, in order."""
    parts = list(_conjuncts(e))
    needed = set().union(*(_needed(_present(part) or part) for part in parts))
    last = [part for part in parts if (there := _present(part)) is not None and _impatient(there)]
    for part in parts:
        if not any(part is one for one in last):
            found = needed & _read(part)
            yield from map(_is_there, sorted(found))
            needed -= found
            yield part
    yield from map(_is_there, sorted(needed))
    yield from last


def _conjuncts(e: Expr) -> Iterator[Expr]:
    if e.kind != "and":
        yield e
        return
    for arg in e.args:
        yield from _conjuncts(arg)


def _present(e: Expr) -> Expr | None:
    """Return what a condition wants to be no null, None if it wants something else."""
    if e.op == IS_THERE:
        return e.args[0]
    return e.args[0].args[0] if e.op == NOT and e.args[0].op == IS_NULL else None


def _needed(e: Expr) -> set[int]:
    """Return the columns without which it is null, as far as Spark knows."""
    if e.kind == "column":
        return {e.value}
    return set().union(*map(_needed, e.args)) if _strict(e) else set()


def _impatient(e: Expr) -> bool:
    """Tell whether Spark knows it to be null as soon as any column in it is."""
    return e.kind == "column" or (_strict(e) and all(map(_impatient, e.args)))


def _strict(e: Expr) -> bool:
    return e.kind == "strict" and e.op is not None and not e.op.patient


def _read(e: Expr) -> set[int]:
    return {e.value} if e.kind == "column" else set().union(*map(_read, e.args))


def _is_there(number: int) -> Expr:
    return loose(BOOLEAN, IS_THERE, column(number, VOID), never_null=True)
