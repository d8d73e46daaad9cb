"""Random statements of SQLTransformer: a few expressions of the subset, over columns of hard values."""

from __future__ import annotations

from random import Random
from typing import Any

from case import Case
from pyspark.ml.feature import SQLTransformer
from sqltext import COLUMNS, Writer

KINDS = {
    "a": "int", "b": "int", "l": "bigint", "z": "tinyint", "x": "double", "y": "float", "s": "string", "f": "boolean",
    "g": "boolean", "m": "decimal(10,2)", "d": "date", "t": "timestamp",
}  # fmt: skip


def statement(chance: Random, name: str) -> Case:
    """Draw one to three expressions, sometimes a filter, and the rows that they see."""
    writer = Writer(chance)
    families = [
        chance.choice(["number", "number", "text", "boolean", "date"]) for _ in range(chance.randint(1, 3))
    ]
    made = [writer.write(family, chance.randint(1, 3)) for family in families]
    where = f" WHERE {writer.boolean(2)}" if chance.random() < 0.25 else ""
    listed = ", ".join(f"{e} AS e{i}" if chance.random() < 0.7 else e for i, e in enumerate(made))
    text = f"SELECT _row, {listed} FROM __THIS__{where}"
    rows = [[plain(chance.choice(COLUMNS[column][1])) for column in KINDS] for _ in range(12)]
    schema = " ".join(f"{n}:{k}" for n, k in KINDS.items())
    return Case(name, text, schema, rows, lambda _: SQLTransformer(statement=text), tolerance="sums")


def plain(value: Any) -> Any:
    """Give a moment without its zone: the session's is UTC."""
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") and value.tzinfo is not None else value
