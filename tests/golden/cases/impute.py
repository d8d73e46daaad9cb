"""Imputer: what stands in for a missing number."""

from __future__ import annotations

from decimal import Decimal

from case import ALL, case
from pyspark.ml.feature import Imputer, ImputerModel
from session import Session
from values import INF, NAN

TRAIN = [[1.0, 10.0], [2.0, 20.0], [NAN, 20.0], [None, 35.0], [9.5, -1.0], [9.5, None]]
PROBES = [[1.0, 2.0], [NAN, NAN], [None, None], [INF, -INF], [-1.0, -1.0], [-0.0, 0.0], [2.0, NAN]]

for strategy in ("mean", "median", "mode"):

    @case(
        f"imputer_{strategy}",
        f"NaN and null give way to the {strategy}.",
        "x:double y:double",
        PROBES,
        versions=ALL,
    )
    def _nan(s: Session, strategy: str = strategy) -> ImputerModel:
        made = Imputer(strategy=strategy, inputCols=["x", "y"], outputCols=["xi", "yi"])
        return made.fit(s.frame("x:double y:double", TRAIN))

    @case(
        f"imputer_{strategy}_marker",
        f"The number -1 marks what is missing; NaN passes; the {strategy}.",
        "x:double y:double",
        PROBES,
    )
    def _marker(s: Session, strategy: str = strategy) -> ImputerModel:
        made = Imputer(strategy=strategy, missingValue=-1.0, inputCols=["x", "y"], outputCols=["xi", "yi"])
        return made.fit(s.frame("x:double y:double", [[1.0, -1.0], [2.5, 3.0], [4.0, 3.0]]))

    @case(
        f"imputer_{strategy}_kinds",
        f"The {strategy} is cast back to the column's type: integers are cut.",
        "i:int l:bigint f:float s:smallint d:decimal(8,3)",
        [
            [1, 2, 0.5, 3, Decimal("1.500")],
            [None, None, None, None, None],
            [-7, 9007199254740993, NAN, -7, Decimal("-7.000")],
            [0, 0, -0.0, 0, Decimal("0.000")],
        ],
    )
    def _kinds(s: Session, strategy: str = strategy) -> ImputerModel:
        columns = ["i", "l", "f", "s", "d"]
        made = Imputer(
            strategy=strategy, missingValue=-7.0, inputCols=columns, outputCols=[f"{c}_i" for c in columns]
        )
        rows = [
            [1, 10, 0.1, 5, Decimal("1.125")],
            [2, 20, 0.2, 6, Decimal("2.250")],
            [38, -5, 0.25, 8, Decimal("2.250")],
            [-7, -7, -7.0, -7, Decimal("-7.000")],
        ]
        return made.fit(s.frame("i:int l:bigint f:float s:smallint d:decimal(8,3)", rows))


@case(
    "imputer_one",
    "inputCol and outputCol serve one column; a name may hold blanks and dashes.",
    "years-old:double",
    [[1.0], [NAN], [None]],
)
def _one(s: Session) -> ImputerModel:
    made = Imputer(inputCol="years-old", outputCol="filled", strategy="mean")
    return made.fit(s.frame("years-old:double", [[1.0], [4.0], [NAN]]))


@case(
    "imputer_float_marker",
    "A marker is compared as a double: 0.1 in single precision is another number, and so is a long next to it.",
    "f:float l:bigint",
    [[0.1, 1], [0.5, 9007199254740993], [None, 9007199254740992], [NAN, None], [-0.0, 0]],
)
def _float_marker(s: Session) -> ImputerModel:
    made = Imputer(missingValue=0.1, inputCols=["f", "l"], outputCols=["fi", "li"])
    return made.fit(s.frame("f:float l:bigint", [[0.1, 1], [0.5, 2], [None, None]]))
