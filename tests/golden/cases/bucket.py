"""Bucketizer, QuantileDiscretizer and Binarizer: a number becomes the number of its interval."""

from __future__ import annotations

from case import ALL, case
from pyspark.ml.feature import Binarizer, Bucketizer, QuantileDiscretizer
from session import Session
from values import BIG, INF, NAN, TINY, dense, hard, sparse

EDGES = [
    [v]
    for v in (
        -0.5,
        0.0,
        -0.0,
        0.5,
        0.49999999999999994,
        1.0,
        2.0,
        10.0,
        10.000000000000002,
        -1.0,
        -1.0000000000000002,
        TINY,
        -TINY,
        NAN,
        INF,
        -INF,
        BIG,
        None,
    )
]

for mode in ("error", "skip", "keep"):

    @case(
        f"bucketizer_{mode}",
        f"Splits that end: edges, NaN, null and values outside under handleInvalid={mode}.",
        "x:double",
        EDGES,
        versions=ALL,
    )
    def _bounded(_: Session, mode: str = mode) -> Bucketizer:
        return Bucketizer(splits=[-1.0, 0.0, 0.5, 2.0, 10.0], inputCol="x", outputCol="b", handleInvalid=mode)

    @case(f"bucketizer_open_{mode}", f"Infinite outer splits under handleInvalid={mode}.", "x:double", EDGES)
    def _open(_: Session, mode: str = mode) -> Bucketizer:
        return Bucketizer(splits=[-INF, 0.0, 0.5, INF], inputCol="x", outputCol="b", handleInvalid=mode)

    @case(
        f"bucketizer_many_{mode}",
        f"Two columns in one Bucketizer under handleInvalid={mode}.",
        "x:double y:int",
        [[0.5, 3], [NAN, 3], [0.5, None], [None, 1], [NAN, None], [5.0, 3], [0.5, 9], [1.0, 5]],
    )
    def _many(_: Session, mode: str = mode) -> Bucketizer:
        return Bucketizer(
            splitsArray=[[0.0, 0.5, 1.0], [-INF, 2.0, 4.0, 5.0]],
            inputCols=["x", "y"],
            outputCols=["bx", "by"],
            handleInvalid=mode,
        )


@case(
    "bucketizer_float",
    "A float column is compared as the double it widens to.",
    "x:float",
    [[0.1], [0.10000000149011612], [0.5], [NAN], [None]],
)
def _float(_: Session) -> Bucketizer:
    return Bucketizer(splits=[0.0, 0.1, 0.5, 1.0], inputCol="x", outputCol="b", handleInvalid="keep")


@case(
    "quantile_discretizer",
    "A fitted QuantileDiscretizer is saved as a Bucketizer.",
    "x:double",
    [[0.0], [2.5], [5.0], [NAN], [100.0], [None]],
)
def _quantiles(s: Session) -> Bucketizer:
    made = QuantileDiscretizer(numBuckets=3, inputCol="x", outputCol="b", handleInvalid="keep")
    return made.fit(s.frame("x:double", [[float(i % 7)] for i in range(30)]))


@case("binarizer", "Above the threshold is 1; null and NaN are 0.", "x:double", EDGES)
def _binarizer(_: Session) -> Binarizer:
    return Binarizer(threshold=0.5, inputCol="x", outputCol="y")


@case("binarizer_int", "An integer column is compared as a double.", "x:int", [[0], [1], [2], [None]])
def _binarizer_int(_: Session) -> Binarizer:
    return Binarizer(threshold=1.0, inputCol="x", outputCol="y")


for _name, _at in {"above": 0.5, "zero": 0.0, "below": -0.5}.items():

    @case(
        f"binarizer_vector_{_name}",
        f"A vector is compared slot by slot; at threshold {_at} an implicit zero is {int(_at < 0)}.",
        "v:vector",
        hard(),
    )
    def _vector(_: Session, at: float = _at) -> Binarizer:
        return Binarizer(threshold=at, inputCol="v", outputCol="w")


@case(
    "binarizer_many",
    "Several columns, each with its own threshold, vectors among them.",
    "x:double v:vector",
    [[0.5, dense(1.0, -1.0)], [NAN, sparse(2, {0: 3.0})], [None, dense(NAN, 0.0)]],
)
def _binarizer_many(_: Session) -> Binarizer:
    return Binarizer(thresholds=[0.0, -2.0], inputCols=["x", "v"], outputCols=["bx", "bv"])
