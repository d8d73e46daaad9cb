"""Decision trees, forests and boosted trees, with splits on numbers and on categories."""

from __future__ import annotations

from functools import partial
from typing import Any

from case import ALL, case
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import DecisionTreeClassifier, GBTClassifier, RandomForestClassifier
from pyspark.ml.feature import StringIndexer, VectorAssembler
from pyspark.ml.regression import DecisionTreeRegressor, GBTRegressor, RandomForestRegressor
from session import Session
from values import INF, NAN, cloud, dense, hard

POINTS = cloud(80, 4, seed=9)
TOWNS = ["Oslo", "Rome", "Lima", "Bonn", "Kyiv", "Nice", "Cork"]
GAIN = {"Oslo": 2.0, "Rome": -1.0, "Lima": 0.3, "Bonn": -2.0, "Kyiv": 1.0, "Nice": -0.4, "Cork": 1.4}
TRAIN = [
    [TOWNS[i * 5 % 7], p[0], p[1], float(GAIN[TOWNS[i * 5 % 7]] + p[0] > 0.2)] for i, p in enumerate(POINTS)
]
THREE = [[t, x, y, float((GAIN[t] > 0.2) + (x > 0.3))] for t, x, y, _ in TRAIN]
REAL = [[t, x, y, round(GAIN[t] * 3 + x * x - y, 3)] for t, x, y, _ in TRAIN]
SCHEMA = "town:string x:double y:double label:double"
ROWS = [
    *([t, 0.4, -0.2] for t in TOWNS),
    *([t, -1.4, 1.2] for t in TOWNS),
    ["Bern", 0.4, -0.2],
    [None, 0.4, -0.2],
    ["", -1.4, 1.2],
    ["Oslo", NAN, 0.0],
    ["Oslo", 0.0, NAN],
    ["Rome", None, None],
    ["Rome", INF, -INF],
    ["Lima", -INF, INF],
    [None, NAN, NAN],
    ["Kyiv", -0.0, 0.0],
]


def _tree(
    name: str,
    law: str,
    train: list[list[Any]],
    tree: Any,
    *,
    versions: tuple[str, ...] = ("3.5", "4.3"),
    tolerance: str = "sums",
    **late: Any,
) -> None:
    @case(name, law, "town:string x:double y:double", ROWS, versions=versions, tolerance=tolerance)
    def _fit(s: Session) -> PipelineModel:
        made = tree()
        stages = [
            StringIndexer(inputCol="town", outputCol="ti", handleInvalid="keep"),
            VectorAssembler(inputCols=["ti", "x", "y"], outputCol="features", handleInvalid="keep"),
            made.copy({made.getParam(param): value for param, value in late.items()}),
        ]
        return Pipeline(stages=stages).fit(s.frame(SCHEMA, train))


_tree(
    "tree_classifier",
    "Categorical and numeric splits; unseen towns and NaN.",
    TRAIN,
    partial(DecisionTreeClassifier, maxDepth=5, seed=1, leafCol="leaf"),
    versions=ALL,
    tolerance="exact",
)
_tree(
    "tree_classifier_three",
    "Three classes and thresholds.",
    THREE,
    partial(DecisionTreeClassifier, maxDepth=3, seed=1),
    thresholds=[0.5, 0.2, 0.3],
    tolerance="exact",
)
_tree(
    "tree_classifier_zero",
    "A threshold of zero.",
    THREE,
    partial(DecisionTreeClassifier, maxDepth=2, seed=1),
    thresholds=[0.5, 0.0, 0.3],
    tolerance="exact",
)
_tree(
    "tree_classifier_entropy",
    "Entropy; the prediction alone.",
    THREE,
    partial(DecisionTreeClassifier, maxDepth=4, impurity="entropy", rawPredictionCol="", probabilityCol=""),
    tolerance="exact",
)
_tree(
    "tree_regressor",
    "varianceCol and leafCol.",
    REAL,
    partial(DecisionTreeRegressor, maxDepth=5, seed=1, varianceCol="variance", leafCol="leaf"),
    versions=ALL,
)
_tree(
    "tree_stump",
    "Depth 0: one leaf.",
    TRAIN,
    partial(DecisionTreeClassifier, maxDepth=0, leafCol="leaf"),
    tolerance="exact",
)
_tree(
    "tree_regressor_stump",
    "Depth 0: one leaf, with its variance.",
    REAL,
    partial(DecisionTreeRegressor, maxDepth=0, varianceCol="variance"),
)
_tree(
    "forest_classifier",
    "Each tree's normalised votes are added.",
    TRAIN,
    partial(RandomForestClassifier, numTrees=7, maxDepth=4, seed=2, leafCol="leaf"),
    versions=ALL,
)
_tree(
    "forest_classifier_three",
    "Three classes and thresholds.",
    THREE,
    partial(RandomForestClassifier, numTrees=5, maxDepth=3, seed=2),
    thresholds=[0.4, 0.3, 0.3],
)
_tree(
    "forest_regressor",
    "The mean of the trees.",
    REAL,
    partial(RandomForestRegressor, numTrees=6, maxDepth=4, seed=2, leafCol="leaf"),
    versions=ALL,
)
_tree(
    "gbt_classifier",
    "Boosted trees: margin, probability, leaves.",
    TRAIN,
    partial(GBTClassifier, maxIter=6, maxDepth=3, seed=3, leafCol="leaf"),
    versions=ALL,
)
_tree(
    "gbt_classifier_thresholds",
    "Boosted trees under thresholds.",
    TRAIN,
    partial(GBTClassifier, maxIter=4, maxDepth=2, seed=3),
    thresholds=[0.9, 0.1],
)
_tree(
    "gbt_classifier_only_prediction",
    "Boosted trees, the prediction alone.",
    TRAIN,
    partial(GBTClassifier, maxIter=4, maxDepth=2, seed=3),
    rawPredictionCol="",
    probabilityCol="",
)
_tree(
    "gbt_regressor",
    "Boosted trees of a real target.",
    REAL,
    partial(GBTRegressor, maxIter=6, maxDepth=3, seed=3, leafCol="leaf"),
    versions=ALL,
)

NUMBERS = [[dense(*p[:3]), float(p[0] + p[1] * p[2] > 0.0)] for p in POINTS]
ALONE = "A model saved alone, on dense, sparse, null and wrongly sized vectors."
for _name, _made in {
    "tree_classifier_alone": partial(DecisionTreeClassifier, maxDepth=4, seed=1),
    "tree_regressor_alone": partial(DecisionTreeRegressor, maxDepth=4, seed=1),
    "forest_classifier_alone": partial(RandomForestClassifier, numTrees=5, maxDepth=4, seed=1),
    "forest_regressor_alone": partial(RandomForestRegressor, numTrees=5, maxDepth=4, seed=1),
    "gbt_classifier_alone": partial(GBTClassifier, maxIter=5, maxDepth=3, seed=1),
    "gbt_regressor_alone": partial(GBTRegressor, maxIter=5, maxDepth=3, seed=1),
}.items():

    @case(_name, ALONE, "features:vector", hard(), tolerance="sums")
    def _alone(s: Session, made: Any = _made) -> Any:
        return made().fit(s.frame("features:vector label:double", NUMBERS))
