"""LogisticRegression: binomial and multinomial margins, probabilities and thresholds."""

from __future__ import annotations

from typing import Any

from case import ALL, case
from pyspark.ml.classification import LogisticRegression, LogisticRegressionModel
from session import Session
from values import INF, NAN, cloud, dense, hard, sparse

POINTS = cloud(60, 3, seed=5)
TWO = [[dense(*p), float(p[0] - p[1] + 0.3 * p[2] > 0.2)] for p in POINTS]
THREE = [[dense(*p), float((p[0] > 0.5) + (p[1] > 0.5))] for p in POINTS]
SCHEMA = "features:vector label:double"
NEAR = [[dense(x, 0.0, 0.0)] for x in (0.05, 0.1, 0.15, 0.2, 0.25)]


def _model(
    name: str,
    law: str,
    rows: list[list[Any]],
    *,
    versions: tuple[str, ...] = ("3.5", "4.3"),
    train: Any = TWO,
    **params: Any,
) -> None:
    @case(name, law, "features:vector", rows, tolerance="sums", versions=versions)
    def _fit(s: Session) -> LogisticRegressionModel:
        return LogisticRegression(maxIter=25, **params).fit(s.frame(SCHEMA, train))


ROWS = [*hard(), *NEAR, [dense(400.0, 0.0, 0.0)], [dense(-400.0, 0.0, 0.0)], [dense(40.0, 0.0, 0.0)]]
_model(
    "logistic",
    "Two classes: raw, probability, prediction; NaN and infinite features.",
    ROWS,
    versions=ALL,
    regParam=0.05,
)
_model("logistic_threshold", "threshold moves the prediction only.", ROWS, regParam=0.05, threshold=0.8)
_model(
    "logistic_threshold_0",
    "At threshold 0 whatever is above minus infinity is 1.",
    ROWS,
    regParam=0.05,
    threshold=0.0,
)
_model(
    "logistic_threshold_1",
    "At threshold 1 only an infinite margin could be 1.",
    ROWS,
    regParam=0.05,
    threshold=1.0,
)
_model(
    "logistic_thresholds",
    "thresholds for two classes stand for one threshold.",
    ROWS,
    regParam=0.05,
    thresholds=[0.3, 0.6],
)
_model("logistic_thresholds_0", "A zero among thresholds.", ROWS, regParam=0.05, thresholds=[0.0, 0.6])
_model(
    "logistic_no_raw",
    "An empty name means: do not make that column (raw).",
    ROWS,
    regParam=0.05,
    rawPredictionCol="",
)
_model(
    "logistic_no_probability",
    "An empty name means: do not make that column (probability).",
    ROWS,
    regParam=0.05,
    probabilityCol="",
)
_model(
    "logistic_only_prediction",
    "The prediction alone.",
    ROWS,
    regParam=0.05,
    rawPredictionCol="",
    probabilityCol="",
    threshold=0.6,
)
_model(
    "logistic_only_probability",
    "The probability alone.",
    ROWS,
    regParam=0.05,
    rawPredictionCol="",
    predictionCol="",
)
_model(
    "logistic_sparse",
    "An elastic net leaves coefficients at zero, stored sparse.",
    ROWS,
    regParam=0.2,
    elasticNetParam=1.0,
)
_model("logistic_no_intercept", "No intercept.", ROWS, regParam=0.05, fitIntercept=False)
_model(
    "logistic_one_label",
    "A label that never varies gives an infinite intercept.",
    ROWS,
    train=[[v, 1.0] for v, _ in TWO],
)
_model(
    "logistic_zero_label",
    "A label that is always 0 gives minus infinity.",
    ROWS,
    train=[[v, 0.0] for v, _ in TWO],
)
_model(
    "logistic_multinomial_two",
    "The multinomial family on two classes has two rows of coefficients.",
    ROWS,
    family="multinomial",
    regParam=0.05,
)
_model("multinomial", "Three classes.", ROWS, versions=ALL, train=THREE, regParam=0.02)
_model(
    "multinomial_thresholds",
    "Three classes, thresholds.",
    ROWS,
    train=THREE,
    regParam=0.02,
    thresholds=[0.2, 0.5, 0.3],
)
_model(
    "multinomial_thresholds_0",
    "Three classes, one threshold is zero.",
    ROWS,
    train=THREE,
    regParam=0.02,
    thresholds=[0.2, 0.0, 0.3],
)
_model(
    "multinomial_sparse",
    "Three classes, sparse coefficients: NaN touches only the classes that hold the feature.",
    ROWS,
    versions=ALL,
    train=THREE,
    regParam=0.15,
    elasticNetParam=1.0,
)
_model(
    "multinomial_no_intercept",
    "Three classes, no intercept.",
    ROWS,
    train=THREE,
    regParam=0.02,
    fitIntercept=False,
)
_model(
    "multinomial_only_prediction",
    "Three classes, the prediction alone.",
    ROWS,
    train=THREE,
    regParam=0.02,
    rawPredictionCol="",
    probabilityCol="",
    thresholds=[0.2, 0.5, 0.3],
)
_model(
    "multinomial_only_probability",
    "Three classes, the probability alone.",
    ROWS,
    train=THREE,
    regParam=0.02,
    rawPredictionCol="",
    predictionCol="",
)
WIDE = [
    [sparse(40, {i % 40: p[0], (i * 7 + 3) % 40: p[1] or 0.5}), float(p[0] > p[1])]
    for i, p in enumerate(POINTS)
]
_model(
    "logistic_wide",
    "Forty slots, sparse rows and sparse coefficients.",
    [*hard(40), [sparse(40, dict.fromkeys(range(40), 1.0))], [sparse(40, {5: NAN, 6: INF})]],
    train=WIDE,
    regParam=0.05,
    elasticNetParam=0.9,
)
