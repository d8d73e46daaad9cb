"""VectorAssembler: scalars and vectors become one vector."""

from __future__ import annotations

from decimal import Decimal

from case import ALL, case
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.feature import VectorAssembler, VectorSizeHint
from session import Session
from values import INF, NAN, dense, sparse

SCHEMA = "i:int x:double b:boolean v:vector"
GOOD = [1, 2.5, True, dense(1.0, 2.0)]
ROWS = [
    GOOD,
    [0, 0.0, False, dense(0.0, 0.0)],
    [1, -0.0, True, sparse(2, {1: 5.0})],
    [7, 1e300, None, sparse(2, {})],
    [None, 2.5, True, dense(1.0, 2.0)],
    [1, None, True, dense(1.0, 2.0)],
    [1, NAN, True, dense(1.0, 2.0)],
    [1, INF, True, dense(INF, -INF)],
    [1, 2.5, True, dense(NAN, 2.0)],
    [1, 2.5, True, sparse(2, {0: NAN})],
    [1, 2.5, True, sparse(2, {0: 0.0})],
    [1, 2.5, True, None],
    [None, None, None, None],
    [1, NAN, None, dense(1.0, NAN)],
    [1, 2.5, True, dense(1.0, 2.0, 3.0)],
]

for mode in ("error", "skip", "keep"):

    @case(
        f"vector_assembler_{mode}",
        f"Integers, doubles, booleans and vectors under handleInvalid={mode}: null, NaN in and out of vectors.",
        SCHEMA,
        ROWS,
        versions=ALL,
    )
    def _assemble(s: Session, mode: str = mode) -> PipelineModel:
        hint = VectorSizeHint(inputCol="v", size=2, handleInvalid="optimistic")
        assembler = VectorAssembler(inputCols=["i", "x", "b", "v"], outputCol="f", handleInvalid=mode)
        return Pipeline(stages=[hint, assembler]).fit(s.frame(SCHEMA, [GOOD]))

    @case(
        f"vector_assembler_plain_{mode}",
        f"An assembler alone under handleInvalid={mode}, with no attribute that tells the vector's size.",
        "x:double v:vector",
        [[1.0, dense(1.0, 2.0)], [NAN, sparse(2, {})], [None, dense(3.0, NAN)], [0.0, dense(0.0, 4.0)]],
    )
    def _plain(_: Session, mode: str = mode) -> VectorAssembler:
        return VectorAssembler(inputCols=["x", "v"], outputCol="f", handleInvalid=mode)


@case(
    "vector_assembler_kinds",
    "Every number type is cast to double.",
    "t:tinyint s:smallint i:int l:bigint f:float d:decimal(12,4) b:boolean",
    [
        [1, 2, 3, 4, 0.10000000149011612, Decimal("1.2345"), True],
        [-128, -32768, -2147483648, 9007199254740993, 1e-45, Decimal("-99999999.9999"), False],
        [0, 0, 0, 0, -0.0, Decimal("0.0000"), False],
        [1, 1, 1, 1, NAN, Decimal("1.0000"), True],
        [None, 1, 1, 1, 1.0, Decimal("1.0000"), True],
        [1, 1, 1, 1, 1.0, None, True],
        [1, 1, 1, 1, 1.0, Decimal("1.0000"), None],
    ],
)
def _kinds(_: Session) -> VectorAssembler:
    return VectorAssembler(inputCols=["t", "s", "i", "l", "f", "d", "b"], outputCol="v", handleInvalid="keep")


@case("vector_assembler_text", "A text column is refused by its type.", "a:string", [["1.0"], [None]])
def _text(_: Session) -> VectorAssembler:
    return VectorAssembler(inputCols=["a"], outputCol="v", handleInvalid="keep")


@case(
    "vector_assembler_nested",
    "An assembler takes another's vector; slots keep their order.",
    "x:double y:double",
    [[1.0, 2.0], [0.0, -0.0], [NAN, 1.0]],
)
def _nested(s: Session) -> PipelineModel:
    stages = [
        VectorAssembler(inputCols=["x", "y"], outputCol="a", handleInvalid="keep"),
        VectorAssembler(inputCols=["a", "x", "a"], outputCol="b", handleInvalid="keep"),
    ]
    return Pipeline(stages=stages).fit(s.frame("x:double y:double", [[1.0, 2.0]]))
