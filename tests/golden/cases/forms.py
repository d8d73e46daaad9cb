"""What the form of a vector decides, sparse or dense: slots beyond its end, and zeros that are not stored."""

from __future__ import annotations

from typing import Any

from case import case
from pyspark.ml import Pipeline
from pyspark.ml.classification import DecisionTreeClassifier, RandomForestClassifier
from pyspark.ml.feature import (
    IDF, Interaction, MaxAbsScaler, PolynomialExpansion, StandardScaler, VarianceThresholdSelector, VectorAssembler, VectorSlicer,
)  # fmt: skip
from pyspark.ml.regression import GBTRegressor
from session import Session
from values import INF, NAN, cloud, dense, sparse

V = "v:vector"
POINTS = [[dense(*p)] for p in cloud(20, 3, seed=5)]
TINY = [[dense(1e-310, 1.0, 0.0)], [dense(-1e-310, 2.0, 0.0)]]
FORMS = [
    [dense(1.0, -2.0, 3.0)],
    [sparse(3, {0: 1.0, 2: 3.0})],
    [sparse(3, {1: INF})],
    [sparse(3, {2: 0.0})],
    [sparse(3, {})],
    [dense(0.0, NAN, -0.0)],
    [None],
    [dense(1.0, 2.0)],
    [sparse(2, {1: 2.0})],
    [sparse(0, {})],
    [dense()],
    [sparse(5, {0: 2.0, 1: 1.0})],
    [sparse(5, {4: 1.0})],
    [dense(1.0, 2.0, 3.0, 4.0, 5.0)],
]


@case(
    "forms_scaled",
    "A scaled vector keeps its form: a sparse one has any slot, a dense one has not.",
    V,
    FORMS,
)
def _scaled(s: Session) -> Any:
    stages = [
        MaxAbsScaler(inputCol="v", outputCol="m"),
        VectorSlicer(inputCol="m", outputCol="a", indices=[2, 0]),
        VectorSlicer(inputCol="v", outputCol="b", indices=[1, 2, 0]),
        StandardScaler(inputCol="b", outputCol="c"),
    ]
    return Pipeline(stages=stages).fit(s.frame(V, POINTS))


@case(
    "forms_assembled",
    "An assembled vector is sparse or dense, as is shorter, also where it is cut.",
    V,
    FORMS,
)
def _assembled(s: Session) -> Any:
    stages = [
        VectorAssembler(inputCols=["v"], outputCol="a"),
        VectorSlicer(inputCol="a", outputCol="b", indices=[2, 0]),
    ]
    return Pipeline(stages=stages).fit(s.frame(V, POINTS))


@case("forms_stretched", "A zero that is not stored stays, be the factor infinite.", V, FORMS[:7])
def _stretched(s: Session) -> Any:
    return MaxAbsScaler(inputCol="v", outputCol="m").fit(s.frame(V, TINY))


@case(
    "forms_products",
    "The products of a sparse vector are sparse: those beyond what was fitted may be absent.",
    V,
    FORMS,
)
def _products(s: Session) -> Any:
    stages = [
        PolynomialExpansion(inputCol="v", outputCol="p", degree=2),
        IDF(inputCol="p", outputCol="w"),
        VectorSlicer(inputCol="p", outputCol="a", indices=[8, 0]),
    ]
    return Pipeline(stages=stages).fit(s.frame(V, POINTS))


@case(
    "forms_declared", "What was fitted declares its size, which nulls and products then have.", V, FORMS[:9]
)
def _declared(s: Session) -> Any:
    stages = [
        StandardScaler(inputCol="v", outputCol="m", withMean=True),
        IDF(inputCol="v", outputCol="w"),
        VectorAssembler(inputCols=["m", "w"], outputCol="a", handleInvalid="keep"),
        Interaction(inputCols=["a"], outputCol="i"),
    ]
    return Pipeline(stages=stages).fit(s.frame(V, POINTS))


@case(
    "selected_slots_interact", "A selector describes its slots, so that they may be multiplied.", V, FORMS[:7]
)
def _interact(s: Session) -> Any:
    stages = [
        VarianceThresholdSelector(featuresCol="v", outputCol="j"),
        VarianceThresholdSelector(featuresCol="v", outputCol="k"),
        Interaction(inputCols=["j", "k"], outputCol="i"),
    ]
    return Pipeline(stages=stages).fit(s.frame(V, POINTS))


@case(
    "trees_of_roots",
    "Trees that do not split read nothing: they answer for null, and for vectors of any size.",
    V,
    FORMS,
)
def _roots(s: Session) -> Any:
    frame = s.frame("v:vector label:double", [[row[0], float(i % 3 > 0)] for i, row in enumerate(POINTS)])
    stages = [
        DecisionTreeClassifier(maxDepth=0, featuresCol="v", rawPredictionCol="r1", probabilityCol="p1", predictionCol="c1", leafCol="l1"),
        RandomForestClassifier(maxDepth=0, numTrees=2, seed=1, featuresCol="v", rawPredictionCol="r2", probabilityCol="p2", predictionCol="c2"),
        GBTRegressor(maxDepth=0, maxIter=2, featuresCol="v", predictionCol="c3", leafCol="l3"),
    ]  # fmt: skip
    return Pipeline(stages=stages).fit(frame)
