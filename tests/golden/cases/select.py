"""Selectors, locality-sensitive hashing and target encoding."""

from __future__ import annotations

from typing import Any

from case import case
from pyspark.ml import Pipeline
from pyspark.ml.feature import (
    BucketedRandomProjectionLSH, ChiSqSelector, Interaction, MinHashLSH, StringIndexer, UnivariateFeatureSelector,
    VarianceThresholdSelector,
)  # fmt: skip
from session import Session
from values import INF, NAN, cloud, dense, hard, sparse

V = "v:vector"
POINTS = cloud(40, 4, seed=51)
CATEGORIES = [[dense(float(i % 3), float(i % 2), 1.0, float(i * 7 % 5)), float(i % 2)] for i in range(40)]
LABELLED = [[dense(*p), float(p[0] > 0), p[1] * 2.0] for p in POINTS]
WIDE = [*hard(4), [sparse(4, {3: 2.0})], [sparse(4, {0: 1.0, 3: NAN})], [dense(1.0, 2.0)]]
IO = {"featuresCol": "v", "outputCol": "w"}


@case("chi_sq_selector", "The slots that a chi-squared test kept, in order.", V, WIDE)
def _chi(s: Session) -> Any:
    return ChiSqSelector(numTopFeatures=2, labelCol="label", **IO).fit(
        s.frame("v:vector label:double", CATEGORIES)
    )


for _features, _label, _name in (
    ("categorical", "categorical", "chi"),
    ("continuous", "categorical", "anova"),
    ("continuous", "continuous", "f"),
):

    @case(f"univariate_selector_{_name}", f"{_features.capitalize()} features, {_label} label.", V, WIDE)
    def _univariate(s: Session, features: str = _features, label: str = _label) -> Any:
        made = UnivariateFeatureSelector(
            selectionMode="numTopFeatures", labelCol="y" if label == "continuous" else "label", **IO
        )
        made.setFeatureType(features).setLabelType(label).setSelectionThreshold(2)
        rows = [[v, y, 0.0] for v, y in CATEGORIES] if features == "categorical" else LABELLED
        return made.fit(s.frame("v:vector label:double y:double", rows))


@case("variance_selector", "Slots that vary enough.", V, WIDE)
def _variance(s: Session) -> Any:
    return VarianceThresholdSelector(varianceThreshold=0.5, **IO).fit(
        s.frame(V, [[v] for v, _ in CATEGORIES])
    )


@case("variance_selector_none", "No slot varies enough: an empty vector.", V, WIDE)
def _variance_none(s: Session) -> Any:
    return VarianceThresholdSelector(varianceThreshold=1e6, **IO).fit(
        s.frame(V, [[v] for v, _ in CATEGORIES])
    )


@case("projection_lsh", "The floor of each projection over the bucket's length.", V, hard(), tolerance="sums")
def _projection(s: Session) -> Any:
    made = BucketedRandomProjectionLSH(inputCol="v", outputCol="h", seed=5, bucketLength=1.5, numHashTables=3)
    return made.fit(s.frame(V, [[dense(*p[:3])] for p in POINTS]))


@case(
    "min_hash",
    "The least hash of the slots that are not zero; no such slot raises.",
    V,
    [*hard(), [sparse(3, {0: 1.0, 1: 1.0, 2: 1.0})], [sparse(3, {2: 1.0})]],
)
def _min_hash(s: Session) -> Any:
    return MinHashLSH(inputCol="v", outputCol="h", seed=5, numHashTables=4).fit(
        s.frame(V, [[dense(1.0, 0.0, 1.0)]])
    )


@case(
    "min_hash_wide",
    "Large slot numbers do not overflow.",
    V,
    [[sparse(100000, {99999: 1.0})], [sparse(100000, {0: 1.0, 54321: 2.0})]],
)
def _min_hash_wide(s: Session) -> Any:
    return MinHashLSH(inputCol="v", outputCol="h", seed=9, numHashTables=2).fit(
        s.frame(V, [[sparse(100000, {5: 1.0})]])
    )


NEWER = ("4.0", "4.3")
TARGETS = [
    [float(i % 3), float(i % 2), float(i * 7 % 5 > 1), round(1.5 * (i % 3) + i % 5 * 0.25, 2)]
    for i in range(24)
]
CODES = [
    [0.0, 0.0],
    [1.0, 1.0],
    [2.0, 0.0],
    [3.0, 0.0],
    [None, 0.0],
    [0.0, None],
    [None, None],
    [1.0, 7.0],
    [NAN, 0.0],
    [-1.0, 0.0],
    [1.5, 0.0],
    [INF, 0.0],
    [-0.0, 0.0],
    [2147483647.0, 0.0],
    [1e12, 0.0],
]


def _encoder(name: str, law: str, rows: list[list[Any]], train: list[list[Any]], **params: Any) -> None:
    @case(name, law, "a:double b:double", rows, versions=NEWER, tolerance="sums")
    def _made(s: Session) -> Any:
        from pyspark.ml.feature import TargetEncoder

        made = TargetEncoder(inputCols=["a", "b"], outputCols=["ae", "be"], **params)
        return made.fit(s.frame("a:double b:double label:double y:double", train))


WITH_NULLS = [*TARGETS, [None, 0.0, 1.0, 2.0], [None, None, 0.0, 3.0]]
_encoder(
    "target_encoder_binary",
    "The share of a category's ones; unseen raises.",
    CODES,
    TARGETS,
    labelCol="label",
)
_encoder(
    "target_encoder_binary_keep",
    "Unseen and null take the whole share.",
    CODES,
    TARGETS,
    labelCol="label",
    handleInvalid="keep",
)
_encoder(
    "target_encoder_nulls",
    "Null is a category when it was seen.",
    CODES,
    WITH_NULLS,
    labelCol="label",
    handleInvalid="keep",
)
_encoder(
    "target_encoder_nulls_error",
    "Null is a category when it was seen, and unseen raises.",
    CODES,
    WITH_NULLS,
    labelCol="label",
)
_encoder(
    "target_encoder_smoothed",
    "Smoothing draws small categories to the whole.",
    CODES,
    WITH_NULLS,
    labelCol="label",
    smoothing=5.0,
    handleInvalid="keep",
)
_encoder(
    "target_encoder_continuous",
    "The mean of a real target.",
    CODES,
    WITH_NULLS,
    labelCol="y",
    targetType="continuous",
    smoothing=2.5,
    handleInvalid="keep",
)


@case(
    "target_encoder_one",
    "inputCol and outputCol on an integer column.",
    "a:int",
    [[0], [1], [2], [9], [None], [-5]],
    versions=NEWER,
    tolerance="sums",
)
def _encoder_one(s: Session) -> Any:
    from pyspark.ml.feature import TargetEncoder

    made = TargetEncoder(inputCol="a", outputCol="ae", labelCol="label", handleInvalid="keep")
    return made.fit(s.frame("a:int label:double", [[int(a), y] for a, _, y, _ in TARGETS]))


@case(
    "target_encoder_pipeline",
    "An encoder after an indexer.",
    "town:string",
    [["Oslo"], ["Rome"], ["Bonn"], [None]],
    versions=NEWER,
    tolerance="sums",
)
def _encoder_pipeline(s: Session) -> Any:
    from pyspark.ml.feature import TargetEncoder

    stages = [
        StringIndexer(inputCol="town", outputCol="ti", handleInvalid="keep"),
        TargetEncoder(inputCols=["ti"], outputCols=["te"], labelCol="label", handleInvalid="keep"),
    ]
    return Pipeline(stages=stages).fit(
        s.frame("town:string label:double", [["Oslo", 1.0], ["Rome", 0.0], ["Oslo", 0.0], ["Lima", 1.0]])
    )


@case(
    "target_encoder_nominal",
    "Encodings are called the labels of a nominal number: products take it for an index, and refuse what is none.",
    "a:int x:double",
    [[0, 1.5], [1, -2.0], [2, 1.0], [9, 1.0], [None, 3.0], [0, None], [0, NAN]],
    versions=NEWER,
)
def _encoder_nominal(s: Session) -> Any:
    from pyspark.ml.feature import TargetEncoder

    stages = [
        TargetEncoder(inputCol="a", outputCol="ae", labelCol="label", handleInvalid="keep"),
        Interaction(inputCols=["ae", "x"], outputCol="v"),
    ]
    rows = [[0, 1.0, 1.0], [0, 1.0, 1.0], [1, 1.0, 0.0], [2, 1.0, 1.0], [2, 1.0, 0.0]]
    return Pipeline(stages=stages).fit(s.frame("a:int x:double label:double", rows))
