"""A golden case: a pipeline that Spark fits, the rows it scores, and the law that its outputs show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from session import Session

Rows = Sequence[Sequence[Any]]
Build = Callable[[Session], Any]

ALL = ("3.5", "4.0", "4.3")
TWO = ("3.5", "4.3")
FOUR = ("3.5", "4.0", "4.1", "4.3")  # what 4.1 changed


@dataclass(frozen=True, slots=True)
class Case:
    """One golden case.

    `schema` names the input columns and their Spark types (`"x:double v:vector"`); `rows` are their values in that
    order. `settings` are Spark's and Hadoop's while the model is saved. `data` takes the place of both: the name of a Parquet file beside the generator. `model_of` takes the place of
    `build`: the case whose saved model is scored again on other rows. `more` gives further frames of the model by
    name, each written beside the expected rows.
    """

    name: str
    law: str
    schema: str = ""
    rows: Rows = ()
    build: Build | None = None
    tolerance: str = "exact"
    versions: tuple[str, ...] = TWO
    data: str | None = None
    model_of: str | None = None
    every: dict[str, int] = field(default_factory=dict)
    keep: tuple[str, ...] | None = None
    relative: float | None = None
    unordered: tuple[str, ...] = ()
    notes: str | None = None
    settings: dict[str, str] = field(default_factory=dict)
    more: Callable[[Any], dict[str, Any]] | None = None


CASES: dict[str, Case] = {}


def add(case: Case) -> None:
    """Register a case; a name is used once."""
    if case.name in CASES:
        raise ValueError(f"two cases are named {case.name}")
    CASES[case.name] = case


def case(name: str, law: str, schema: str, rows: Rows, **options: Any) -> Callable[[Build], Build]:
    """Register the decorated function as what fits the model of a case."""

    def register(build: Build) -> Build:
        add(Case(name, law, schema, rows, build, **options))
        return build

    return register
