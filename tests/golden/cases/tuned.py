"""Containers: the best model of a search, and pipelines that Python's writer saves."""

from __future__ import annotations

from typing import Any

from case import ALL, case
from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression, OneVsRest
from pyspark.ml.evaluation import BinaryClassificationEvaluator, RegressionEvaluator
from pyspark.ml.feature import IndexToString, StandardScaler, StringIndexer, VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder, TrainValidationSplit
from session import Session
from values import NAN, cloud, dense, hard

POINTS = cloud(60, 3, seed=71)
BINARY = [[dense(*p), float(p[0] > p[1])] for p in POINTS]
F = "features:vector"
NUMBERS = [[*p[:2], "abc"[int(p[0] > 0) + int(p[1] > 0)]] for p in POINTS]


@case(
    "cross_validator", "The best model of a grid is what scores.", F, hard(), versions=ALL, tolerance="sums"
)
def _cross(s: Session) -> Any:
    made = LogisticRegression(maxIter=5)
    grid = ParamGridBuilder().addGrid(made.regParam, [0.01, 1.0]).build()
    search = CrossValidator(
        estimator=made,
        estimatorParamMaps=grid,
        evaluator=BinaryClassificationEvaluator(),
        numFolds=2,
        seed=1,
        collectSubModels=False,
    )
    return search.fit(s.frame(f"{F} label:double", BINARY))


@case(
    "train_validation_split",
    "The best model may be a pipeline.",
    "x:double y:double",
    [[1.0, 2.0], [-1.0, 0.5], [NAN, 1.0], [None, 1.0]],
    tolerance="sums",
)
def _split(s: Session) -> Any:
    line = LinearRegression(labelCol="t", maxIter=5)
    stages = [VectorAssembler(inputCols=["x", "y"], outputCol="features", handleInvalid="keep"), line]
    grid = ParamGridBuilder().addGrid(line.regParam, [0.01, 1.0]).build()
    search = TrainValidationSplit(
        estimator=Pipeline(stages=stages),
        estimatorParamMaps=grid,
        evaluator=RegressionEvaluator(labelCol="t"),
        trainRatio=0.75,
        seed=1,
    )
    return search.fit(s.frame("x:double y:double t:double", [[x, y, 2 * x - y] for x, y, _ in POINTS]))


@case(
    "python_pipeline",
    "A pipeline that holds one against the rest is saved by Python's writer.",
    "x:double y:double",
    [[1.0, 2.0], [-1.0, 0.5], [0.0, -3.0], [NAN, 1.0], [None, 1.0]],
    versions=ALL,
    tolerance="sums",
)
def _python(s: Session) -> Any:
    frame = s.frame("x:double y:double name:string", NUMBERS)
    label = StringIndexer(inputCol="name", outputCol="label").fit(frame)
    stages = [
        label, VectorAssembler(inputCols=["x", "y"], outputCol="raw"), StandardScaler(inputCol="raw", outputCol="features", withMean=True),
        OneVsRest(classifier=LogisticRegression(maxIter=8, regParam=0.1)), IndexToString(inputCol="prediction", outputCol="answer", labels=label.labels),
    ]  # fmt: skip
    return Pipeline(stages=stages).fit(frame)


@case(
    "python_pipeline_nested",
    "A search in a pipeline in a pipeline.",
    "x:double y:double",
    [[1.0, 2.0], [-1.0, 0.5], [NAN, 1.0], [None, 1.0]],
    tolerance="sums",
)
def _python_nested(s: Session) -> Any:
    made = LogisticRegression(maxIter=5)
    grid = ParamGridBuilder().addGrid(made.regParam, [0.01, 1.0]).build()
    search = CrossValidator(
        estimator=made, estimatorParamMaps=grid, evaluator=BinaryClassificationEvaluator(), numFolds=2, seed=1
    )
    inner = Pipeline(
        stages=[VectorAssembler(inputCols=["x", "y"], outputCol="features", handleInvalid="keep"), search]
    )
    return Pipeline(stages=[inner]).fit(
        s.frame("x:double y:double label:double", [[x, y, float(x > y)] for x, y, _ in POINTS])
    )
