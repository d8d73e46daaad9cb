"""Classes that are not Spark's: a pipeline of Python's writer names them as Python does."""

from __future__ import annotations

from typing import Any

from case import case
from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import VectorAssembler
from session import Session
from shop.features import Clip
from values import INF, NAN, cloud

POINTS = cloud(60, 2, seed=91)


@case(
    "custom_transformer",
    "A transformer of one's own between Spark's stages, saved by DefaultParamsWritable.",
    "x:double y:double",
    [
        [0.5, 1.0],
        [-7.0, 1.0],
        [9.0, 0.0],
        [-0.0, 2.0],
        [NAN, 1.0],
        [INF, 1.0],
        [-INF, 1.0],
        [None, 1.0],
        [1.0, None],
    ],
    tolerance="sums",
)
def _custom(s: Session) -> Any:
    stages = [
        Clip(inputCol="x", outputCol="held", low=-1.0, high=2.0), VectorAssembler(inputCols=["held", "y"], outputCol="features"),
        LogisticRegression(maxIter=5, regParam=0.1),
    ]  # fmt: skip
    return Pipeline(stages=stages).fit(
        s.frame("x:double y:double label:double", [[x, y, float(x > y)] for x, y in POINTS])
    )
