"""Other classifiers: naive Bayes, the perceptron, one against the rest."""

from __future__ import annotations

from typing import Any

from case import FOUR, TWO, case
from pyspark.ml.classification import (
    DecisionTreeClassifier, FMClassifier, LinearSVC, LogisticRegression, MultilayerPerceptronClassifier, NaiveBayes, OneVsRest,
)  # fmt: skip
from session import Session
from values import BIG, INF, NAN, cloud, dense, hard, sparse

F = "features:vector"
TRAIN = f"{F} label:double"
POINTS = cloud(60, 3, seed=31)
COUNTS = [[dense(*(abs(round(x)) for x in p)), float(i % 3)] for i, p in enumerate(POINTS)]
BITS = [[dense(*(float(x > 0) for x in p)), float(p[0] + p[1] > 0)] for p in POINTS]
REAL = [[dense(*p), float((p[0] > 0.4) + (p[1] > 0.3))] for p in POINTS]
NON_NEGATIVE = [
    [dense(1.0, 2.0, 3.0)], [dense(0.0, 0.0, 0.0)], [sparse(3, {})], [sparse(3, {1: 2.5})], [dense(-1.0, 0.0, 0.0)], [dense(-0.0, 1.0, 0.0)],
    [dense(NAN, 1.0, 0.0)], [dense(INF, 0.0, 0.0)], [dense(1.0, 1.0)], [None], [dense(1.0, 0.0, 1.0)], [dense(1.0, 1.0, 1.0)], [sparse(3, {0: 1.0, 2: 1.0})],
    [dense(BIG, 0.0, 0.0)], [dense(0.5, 0.0, 1.0)], [dense(1000.0, 0.0, 0.0)],
]  # fmt: skip


def _fit(name: str, law: str, train: Any, make: Any, rows: Any, **late: Any) -> None:
    @case(name, law, F, rows, tolerance="sums")
    def _made(s: Session) -> Any:
        made = make()
        return made.copy({made.getParam(p): value for p, value in late.items()}).fit(s.frame(TRAIN, train))


_fit(
    "naive_bayes_multinomial", "Counts; a negative value raises.", COUNTS, lambda: NaiveBayes(), NON_NEGATIVE
)
_fit(
    "naive_bayes_thresholds",
    "Counts, thresholds, less smoothing.",
    COUNTS,
    lambda: NaiveBayes(smoothing=0.1, thresholds=[0.6, 0.1, 0.3]),
    NON_NEGATIVE,
)
_fit(
    "naive_bayes_complement",
    "The complement model.",
    COUNTS,
    lambda: NaiveBayes(modelType="complement"),
    NON_NEGATIVE,
)
_fit(
    "naive_bayes_bernoulli",
    "Zeros and ones; another value raises.",
    BITS,
    lambda: NaiveBayes(modelType="bernoulli"),
    NON_NEGATIVE,
)
_fit(
    "naive_bayes_gaussian",
    "A normal density for each class and slot.",
    REAL,
    lambda: NaiveBayes(modelType="gaussian"),
    hard(),
)
_fit(
    "perceptron",
    "One hidden layer, three classes.",
    REAL,
    lambda: MultilayerPerceptronClassifier(layers=[3, 4, 3], maxIter=15, seed=5, blockSize=64),
    hard(),
)
_fit(
    "perceptron_deep",
    "Two hidden layers and thresholds.",
    REAL,
    lambda: MultilayerPerceptronClassifier(layers=[3, 5, 4, 3], maxIter=10, seed=5),
    hard(),
    thresholds=[0.3, 0.3, 0.4],
)
_fit(
    "perceptron_two",
    "No hidden layer, two classes.",
    BITS,
    lambda: MultilayerPerceptronClassifier(layers=[3, 2], maxIter=10, seed=5),
    hard(),
)
_fit(
    "perceptron_only_prediction",
    "The prediction alone.",
    REAL,
    lambda: MultilayerPerceptronClassifier(
        layers=[3, 4, 3], maxIter=10, seed=5, rawPredictionCol="", probabilityCol=""
    ),
    hard(),
)


def _rest(name: str, law: str, make: Any, rows: Any, versions: tuple[str, ...] = TWO, **params: Any) -> None:
    @case(name, law, F, rows, tolerance="sums", versions=versions)
    def _made(s: Session) -> Any:
        return OneVsRest(classifier=make(), **params).fit(s.frame(TRAIN, REAL))


_rest(
    "one_vs_rest_logistic",
    "A logistic model for each class; the largest margin wins.",
    lambda: LogisticRegression(maxIter=15, regParam=0.05),
    hard(),
    FOUR,
)
_rest("one_vs_rest_svc", "A margin model for each class.", lambda: LinearSVC(maxIter=8, regParam=0.1), hard())
_rest(
    "one_vs_rest_tree", "A tree for each class.", lambda: DecisionTreeClassifier(maxDepth=3, seed=1), hard()
)
_rest(
    "one_vs_rest_fm",
    "A factorization machine for each class.",
    lambda: FMClassifier(factorSize=2, maxIter=5, seed=3),
    hard(),
)
_rest(
    "one_vs_rest_names",
    "Own names; the inner models' own columns are left.",
    lambda: LogisticRegression(maxIter=10, featuresCol="other", predictionCol="p", rawPredictionCol="r"),
    hard(),
    rawPredictionCol="margins",
    predictionCol="winner",
)
_rest(
    "one_vs_rest_only_prediction",
    "No raw column.",
    lambda: LogisticRegression(maxIter=10, regParam=0.05),
    hard(),
    rawPredictionCol="",
)
