"""Which column a classifier takes its class from where some are not made: ties, near ties, NaN and ∞.

Most models are put together by hand, so that a feature is a raw score. A case holds one model for each choice of
columns, without thresholds and with them, in one pipeline.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from case import case
from pyspark import SparkContext
from pyspark.ml import PipelineModel
from pyspark.ml.classification import (
    DecisionTreeClassifier, FMClassificationModel, GBTClassifier, LinearSVCModel, LogisticRegression, LogisticRegressionModel,
    MultilayerPerceptronClassificationModel, NaiveBayesModel, OneVsRest, RandomForestClassifier,
)  # fmt: skip
from pyspark.ml.common import _py2java
from pyspark.ml.linalg import DenseMatrix
from session import Session
from values import INF, NAN, dense

F = "features:vector"
SMALL = 2.0**-60  # less than what moves an exponential
TIES = [
    *([0.0, 0.0, 0.0], [0.0, SMALL, 0.0], [0.0, SMALL, 2 * SMALL], [SMALL, 0.0, 0.0], [5.0, 5.0, 4.0], [4.0, 5.0, 5.0], [0.1, 0.2, 0.3]),
    *([1.0, 1.0 + 2**-52, 1.0], [1e300, 1e300, 0.0], [800.0, 0.0, 800.0], [0.0, 40.0, 41.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0]),
]  # fmt: skip
WILD = [
    *([-1e300, -1e300, -1e300], [-800.0, 0.0, 800.0], [-SMALL, 0.0, 0.0], [0.0, -SMALL, -SMALL], [NAN, 1.0, 0.0], [1.0, NAN, 0.0]),
    *([0.0, 1.0, NAN], [NAN, NAN, NAN], [NAN, -INF, 1.0], [INF, 0.0, 0.0], [0.0, INF, 0.0], [0.0, INF, INF], [INF, INF, INF], [NAN, INF, 0.0]),
    *([INF, NAN, 0.0], [-INF, -INF, -INF], [-INF, -INF, 0.0], [0.0, -INF, INF], [NAN, 0.0, INF], [-INF, NAN, -INF]),
]  # fmt: skip
ROWS = [[dense(*row)] for row in TIES + WILD]
NAMES = {"raw": "rawPredictionCol", "probability": "probabilityCol", "prediction": "predictionCol"}
TWO, THREE = [0.3, 0.6], [0.2, 0.5, 0.3]


def _java(python: Any, *values: Any) -> Any:
    """Make a model of its fitted values: in Java, since it has no constructor in Python."""
    context = SparkContext._active_spark_context
    assert context is not None
    java = getattr(context._jvm, f"org.apache.spark.ml.classification.{python.__name__}")  # type: ignore[attr-defined]
    return python(java(python._randomUID(), *(_py2java(context, value) for value in values)))


def _matrix(*rows: list[float]) -> DenseMatrix:
    return DenseMatrix(len(rows), len(rows[0]), [row[j] for j in range(len(rows[0])) for row in rows])


UNIT = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])


def _choices(names: list[str]) -> list[list[str]]:
    """Give every set of columns that is not empty, the largest first."""
    sets = [[n for i, n in enumerate(names) if mask >> i & 1] for mask in range(1, 2 ** len(names))]
    return sorted(sets, key=len, reverse=True)


def _deciding(
    name: str, law: str, make: Callable[[Session], Any], thresholds: list[float] | None, rows: Any = None
) -> None:
    """Add a case; without `thresholds` the model is one that gives no probabilities."""
    names = [n for n in NAMES if thresholds or n != "probability"]

    @case(f"deciding_{name}", law, F, rows or ROWS, tolerance="sums")
    def _build(s: Session) -> PipelineModel:
        stages = []
        for told in [{}, {"thresholds": thresholds}] if thresholds else [{}]:
            for chosen in _choices(names):
                model, tag = make(s), "_".join([*(n[:4] for n in chosen), *("t" for _ in told)])
                model._set(**{NAMES[n]: f"{n}_{tag}" if n in chosen else "" for n in names}, **told)
                stages.append(model)
        return PipelineModel(stages=stages)


_deciding(
    "multinomial",
    "Three raw scores, a softmax: the class comes from the first column that is made.",
    lambda _: _java(LogisticRegressionModel, _matrix(*UNIT), dense(0.0, 0.0, 0.0), 3, True),
    THREE,
)
_deciding(
    "binomial",
    "A margin against a threshold, a probability against it, or 1/(1+e^-m).",
    lambda _: _java(
        LogisticRegressionModel, DenseMatrix(1, 3, [1.0, -1.0, 0.0], isTransposed=True), dense(0.0), 2, False
    ),
    TWO,
)
_deciding(
    "perceptron",
    "The prediction alone comes from the last layer, whatever the thresholds.",
    lambda _: _java(
        MultilayerPerceptronClassificationModel,
        dense(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0),
    )._set(layers=[3, 3]),
    THREE,
)
_deciding(
    "fm",
    "A machine's number against its negative.",
    lambda _: _java(FMClassificationModel, 0.0, dense(1.0, -1.0, 0.0), _matrix([0.0], [0.0], [0.0])),
    TWO,
)
_deciding(
    "svc",
    "A margin against the threshold.",
    lambda _: _java(LinearSVCModel, dense(1.0, -1.0, 0.0), 0.0)._set(threshold=0.5),
    None,
)
LOGS = ([-1.0, -2.0, -0.5], [-1.0, -2.0 + 2**-51, -0.5], [-2.0, -1.0, -0.5])
for _kind in ("multinomial", "complement", "bernoulli", "gaussian"):

    def _bayes(_: Session, kind: str = _kind) -> Any:
        normal = kind == "gaussian"
        theta = _matrix(*UNIT) if normal else _matrix(*LOGS)
        if kind == "bernoulli":  # row after row, as it is fitted: the order of the sums decides a tie
            theta = DenseMatrix(3, 3, [x for row in LOGS for x in row], isTransposed=True)
        spread = _matrix(*[[1.0] * 3] * 3) if normal else DenseMatrix(0, 0, [])
        return _java(NaiveBayesModel, dense(-1.0, -1.0, -1.0), theta, spread)._set(modelType=kind)

    _deciding(
        f"bayes_{_kind}",
        f"Log-likelihoods that tie, of the {_kind} model.",
        _bayes,
        THREE,
    )
PAIRS = [[dense(x, y, 0.0), label] for x in (0.0, 1.0) for y in (0.0, 1.0) for label in (2.0, 1.0)]
BOTH = [[v, label - 1.0] for v, label in PAIRS]
LEAN = [*BOTH, [dense(1.0, 0.0, 0.0), 1.0], [dense(0.0, 1.0, 0.0), 0.0]]
_deciding(
    "tree",
    "Leaves whose counts tie: the prediction alone is what the training left in the leaf.",
    lambda s: DecisionTreeClassifier(maxDepth=1).fit(s.frame(f"{F} label:double", PAIRS)),
    THREE,
)
_deciding(
    "forest",
    "Trees whose votes tie.",
    lambda s: RandomForestClassifier(numTrees=2, maxDepth=2, seed=1).fit(s.frame(f"{F} label:double", PAIRS)),
    THREE,
)
_deciding(
    "boosted",
    "Trees whose sum is 0.",
    lambda s: GBTClassifier(maxIter=2, maxDepth=2, seed=1).fit(s.frame(f"{F} label:double", LEAN)),
    TWO,
)


CORNERS = [[dense(*row), float(i % 3)] for i, row in enumerate([*UNIT, *UNIT])]
MILD = [
    [v] for (v,) in ROWS if not any(100.0 < abs(x) < INF for x in v)
]  # sums of large ones hang on the last bit
for _name, _inner in {"logistic": LogisticRegression}.items():
    for _raw in ("rawPrediction", ""):

        @case(
            f"deciding_rest_{_name}{'' if _raw else '_alone'}",
            "The largest margin of several models, some of them alike.",
            F,
            MILD,
            tolerance="sums",
        )
        def _rest(s: Session, inner: Any = _inner, raw: str = _raw) -> Any:
            one = OneVsRest(classifier=inner(maxIter=4, regParam=0.5), rawPredictionCol=raw)
            return one.fit(s.frame(f"{F} label:double", CORNERS))
