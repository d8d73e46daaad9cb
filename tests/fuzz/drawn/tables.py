"""Small random tables: the columns that pipelines are fitted on, and hard rows of the columns that they read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any

from pyspark.ml.linalg import SparseVector, Vectors

NAN, INF = math.nan, math.inf
REALS = [
    NAN,
    INF,
    -INF,
    -0.0,
    0.0,
    5e-324,
    1e-300,
    1.7976931348623157e308,
    -1e300,
    1e16,
    0.1,
    -7.25,
    1e7,
    2.0,
    None,
]
SINGLES = [
    NAN,
    INF,
    -0.0,
    0.10000000149011612,
    3.4028234663852886e38,
    1.401298464324817e-45,
    16777216.0,
    -2.5,
    None,
]
TEXTS = [
    "",
    " ",
    "Oslo",
    "oslo",
    "Rome ",
    "unseen",
    "a b  c",
    "Ærø ☃",
    "𝄞",
    "1.0",
    "NaN",
    "a,b.c-d",
    "İI ß",
    "\t",
    None,
]
WORDS = ["", "the", "The", "a", "cat", "Cat", "dog", "unseen", "ß", "İ", None]

TYPES = {
    "x": "double", "y": "float", "n": "int", "k": "bigint", "h": "smallint", "b": "tinyint", "m": "decimal(10,2)",
    "f": "boolean", "w": "double", "c": "double", "ci": "int", "s": "string", "t": "string", "q": "string",
    "a": "array<string>", "e": "array<int>", "sets": "array<string>", "si": "array<int>", "ad": "array<double>", "af": "array<float>",
    "v": "vector", "u": "vector", "z": "vector", "d": "date", "ts": "timestamp", "user": "int", "item": "int",
    "l2": "double", "l3": "int", "l5": "int", "one": "double", "zero": "double", "ly": "double", "lp": "double", "lu": "double", "cen": "double", "wt": "double",
    "ls": "string", "rating": "float", "off": "double",
}  # fmt: skip
HARD: dict[str, list[Any]] = {
    "x": REALS, "w": REALS, "y": SINGLES, "off": REALS,
    "n": [0, -1, 2147483647, -2147483648, 7, None], "k": [0, -1, 2**63 - 1, -(2**63), 2**53 + 1, 3, None],
    "h": [0, 32767, -32768, 5, None], "b": [0, 127, -128, 1, None],
    "m": [Decimal("0.00"), Decimal("-99999999.99"), Decimal("99999999.99"), Decimal("1.50"), None],
    "f": [True, False, None], "c": [0.0, 1.0, 2.0, 3.0, 4.0, -1.0, 0.5, -0.0, NAN, INF, 1e10, None],
    "ci": [0, 1, 2, 3, 4, -1, 100, None], "s": TEXTS, "t": TEXTS, "q": [*TEXTS, "The cat, the CAT and a dog", "x" * 40],
    "a": [[], ["cat"], ["cat", "cat", "dog"], ["", "unseen"], ["The", None, "the"], [None], None],
    "e": [[], [1], [1, 1, 2], [-1, None], None],
    "sets": [[], ["the"], ["cat", "the"], ["cat", "cat"], ["x", None], None], "si": [[], [1], [1, 2], [9, None], None],
    "ad": [[0.0, 0.0, 0.0], [1.0, NAN, 2.0], [INF, 1.0, 0.0], [1.0, 2.0], [1e300, -1e300, 1.0], [0.5, -0.0, 2.5], None],
    "af": [[0.0, 0.0, 0.0], [0.10000000149011612, NAN, 2.0], [1.0, 2.0], [3.4028234663852886e38, 1.0, 0.0], None],
    "d": [date(1970, 1, 1), date(2024, 2, 29), date(1582, 10, 15), date(9999, 12, 31), None],
    "ts": [datetime(1970, 1, 1), datetime(2024, 2, 29, 23, 59, 59, 999999), datetime(1969, 12, 31, 1), None],
    "user": [0, 1, 2, 99, -1, None], "item": [0, 1, 3, 99, -1, None],
    "l2": [0.0, 1.0, None, NAN], "l3": [0, 1, 2, None], "l5": [0, 4, None], "one": [0.0, 1.0, None], "zero": [0.0, None], "ly": REALS, "lp": [0.0, 3.0, None], "lu": [0.2, 1.0, None],
    "cen": [0.0, 1.0, None], "wt": [0.0, 1.0, None], "ls": ["yes", "no", "new", None], "rating": [1.0, None],
}  # fmt: skip
SIZES = {"v": 3, "u": 4, "z": 3}


def train(chance: Random, rows: int = 24) -> list[dict[str, Any]]:
    """Draw a table to fit on: no nulls but in `w`, and labels that hang on the other columns."""
    return [_train_row(chance, number) for number in range(rows)]


def _train_row(chance: Random, number: int) -> dict[str, Any]:
    x, y, z = (round(chance.gauss(0.0, 1.5), 2) for _ in range(3))
    kind = chance.randrange(4)
    counts = [float(chance.choice([0, 0, 1, 2, 5])) for _ in range(4)]
    signs = [float(chance.random() < 0.5) for _ in range(3)]
    slope = x - y + 0.5 * kind
    word = chance.choice(["Oslo", "Oslo", "Rome", "Lima", "Ærø"])
    return {
        "x": x, "y": y, "n": chance.randint(-3, 9), "k": chance.randint(0, 5), "h": chance.randint(-9, 9),
        "b": chance.randint(0, 3), "m": Decimal(chance.randint(-400, 400)).scaleb(-2), "f": x > 0,
        "w": chance.choice([x, x, z, z, 1.0, NAN, None]), "c": float(kind if number > 3 else number), "ci": number % 4,
        "s": word, "t": chance.choice(["a", "b", "c", "1.0"]),
        "q": " ".join(chance.choice(["the", "The", "cat", "dog,", "a", "x-1", "I'm"]) for _ in range(chance.randint(0, 6))),
        "a": [chance.choice(["the", "cat", "dog", "a", "The"]) for _ in range(chance.randint(0, 5))],
        "e": [chance.randint(0, 3) for _ in range(chance.randint(0, 3))],
        "sets": [w for w in ("the", "cat", "dog") if chance.random() < 0.6],
        "si": [w for w in (1, 2, 3) if chance.random() < 0.6], "ad": [x, y, z], "af": [y, z, 1.5],
        "v": chance.choice([Vectors.dense(x, y, z), Vectors.dense(x, 0.0, z), Vectors.sparse(3, [1], [y])]),
        "u": Vectors.dense(counts), "z": Vectors.dense(signs),
        "d": date(2024, 1, chance.randint(1, 28)), "ts": datetime(2024, 1, 2, chance.randint(0, 23)),
        "user": number % 5, "item": chance.randint(0, 4), "l2": float(slope > 0.5), "l3": int(x > 0) + int(y > 0),
        "l5": kind + int(x > 1), "one": 1.0, "zero": 0.0,
        "ly": round(2.0 * x - y + z, 2), "lp": float(max(0, round(slope + 2))), "lu": 0.5 + abs(round(z, 1)) + 0.1 * kind,
        "cen": float(chance.random() < 0.6), "wt": chance.choice([0.5, 1.0, 2.0]), "ls": "yes" if slope > 0 else "no",
        "rating": float(chance.randint(1, 5)), "off": chance.choice([0.0, 0.5, -0.25]),
    }  # fmt: skip


def hard(
    chance: Random, fitted: Sequence[dict[str, Any]], columns: Sequence[str], rows: int = 14
) -> list[list[Any]]:
    """Draw rows of some columns: each is a fitted row of which none to all values are hard ones."""
    out = []
    for number in range(rows):
        row = dict(chance.choice(fitted))
        few = chance.sample(columns, k=min(len(columns), [0, 1, 1, 1, 2, len(columns)][number % 6]))
        row |= {name: value(chance, name) for name in few}
        out.append([row[name] for name in columns])
    return [*out, [None] * len(columns)]


def value(chance: Random, name: str) -> Any:
    """Draw a hard value of a column."""
    if name not in SIZES:
        return chance.choice(HARD[name])
    size = chance.choice([SIZES[name]] * 9 + [SIZES[name] + 1, SIZES[name] - 1, 0])
    if chance.random() < 0.08:
        return None
    real = [0.0, 0.0, 1.0, 2.0, *([] if chance.random() < 0.6 else [x for x in REALS if x is not None])]
    if chance.random() < 0.5:
        return Vectors.dense([chance.choice(real) for _ in range(size)])
    slots = sorted(chance.sample(range(size), k=chance.randint(0, size)))
    return SparseVector(size, slots, [chance.choice(real) for _ in slots])


RETYPES = {
    "double": ["float", "decimal(12,3)", "int", "bigint", "boolean", "string"],
    "float": ["double", "int", "decimal(12,3)"],
    "int": ["bigint", "double", "smallint", "decimal(12,3)", "string", "float", "boolean"],
    "bigint": ["int", "double", "decimal(12,3)", "string"],
    "string": ["int", "double", "boolean"],
    "decimal(10,2)": ["double", "decimal(20,4)", "int"],
    "boolean": ["double", "int"],
    "smallint": ["int", "tinyint", "double"],
    "tinyint": ["bigint", "float", "smallint"],
    "array<int>": ["array<bigint>", "array<double>", "array<string>"],
    "array<string>": ["array<int>"],
}
_RANGE = {"int": 2**31, "bigint": 2**63, "smallint": 2**15, "tinyint": 2**7}


def retyped(column: Any, kind: str) -> Any:
    """Give a value of another type that is near to a column's value; null where there is none."""
    if column is None or kind == "string":
        return None if column is None else str(column)
    if kind.startswith("array"):
        return [retyped(item, kind[6:-1]) for item in column]
    try:
        number = float(column)
    except ValueError:
        number = float(len(column))
    if kind == "boolean":
        return number > 0
    if kind == "double":
        return number
    if kind == "float":
        return number if abs(number) < 3e38 or not math.isfinite(number) else 1.5
    if not math.isfinite(number):
        return None
    if kind.startswith("decimal"):
        return Decimal(str(round(number, 2))) if abs(number) < 1e8 else Decimal("1.25")
    return int(number) if abs(number) < 0.999 * _RANGE[kind] else 3
