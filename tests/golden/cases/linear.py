"""Linear models: regression, GLM with every family and link, survival, isotonic, SVM, factorization machines."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from case import TWO, case
from pyspark.ml.classification import FMClassifier, LinearSVC
from pyspark.ml.regression import (
    AFTSurvivalRegression, FMRegressor, GeneralizedLinearRegression, IsotonicRegression, LinearRegression,
)  # fmt: skip
from session import Session
from values import INF, NAN, cloud, dense, hard, sparse

POINTS = list(cloud(60, 3, seed=21))
F = "features:vector"
REAL = [[dense(*p), round(2.0 * p[0] - p[1] + 0.3 * p[2] + 1.0, 3)] for p in POINTS]
BINARY = [[dense(*p), float(p[0] - p[1] + 0.5 * p[2] > 0.1)] for p in POINTS]
NOISY = [[v, y if i % 7 else 1.0 - y] for i, (v, y) in enumerate(BINARY)]
COUNTS = [[dense(*p), float(min(9, max(0, round(math.exp(0.4 * p[0] - 0.2 * p[1] + 0.5)))))] for p in POINTS]
POSITIVE = [[dense(*p), round(math.exp(0.2 * p[0] - 0.1 * p[1] + 0.05 * p[2] + 1.0), 4)] for p in POINTS]
TIDY = [[dense(*(0.1 * x for x in p)), round(3.0 + 0.2 * p[0] - 0.1 * p[1], 4)] for p in POINTS]
TRAIN = f"{F} label:double"


def _fit(name: str, law: str, train: Any, make: Any, rows: Any = None, **options: Any) -> None:
    @case(name, law, F, rows or hard(), tolerance="sums", **options)
    def _made(s: Session) -> Any:
        return make().fit(s.frame(TRAIN, train))


_fit("linear_regression", "A weighted sum and an intercept.", REAL, lambda: LinearRegression(regParam=0.01))
_fit(
    "linear_regression_lasso",
    "Zero coefficients, no intercept.",
    REAL,
    lambda: LinearRegression(regParam=0.8, elasticNetParam=1.0, fitIntercept=False),
)
_fit(
    "linear_regression_huber",
    "The huber loss keeps its scale beside the coefficients.",
    REAL,
    lambda: LinearRegression(loss="huber", maxIter=20),
)
_fit("linear_svc", "A margin, no probability.", BINARY, lambda: LinearSVC(maxIter=10, regParam=0.1))
_fit(
    "linear_svc_threshold",
    "The threshold lies on the raw scale.",
    BINARY,
    lambda: LinearSVC(maxIter=10, regParam=0.1, threshold=1.5),
)
_fit(
    "linear_svc_infinite",
    "An infinite threshold.",
    BINARY,
    lambda: LinearSVC(maxIter=5, regParam=0.1, threshold=-INF),
)
_fit(
    "fm_classifier",
    "Factorization machine for two classes.",
    BINARY,
    lambda: FMClassifier(factorSize=2, maxIter=10, seed=3, stepSize=0.1),
)
_fit(
    "fm_classifier_bare",
    "No intercept and no linear part; thresholds.",
    BINARY,
    lambda: FMClassifier(
        factorSize=2, maxIter=5, seed=3, fitIntercept=False, fitLinear=False, thresholds=[0.4, 0.6]
    ),
)
_fit(
    "fm_regressor",
    "Factorization machine for a real target.",
    REAL,
    lambda: FMRegressor(factorSize=3, maxIter=10, seed=3, stepSize=0.1),
)

GLMS: list[tuple[str, str, Any]] = [
    *(("gaussian", link, POSITIVE if link != "identity" else REAL) for link in ("identity", "log")),
    ("gaussian", "inverse", TIDY),
    *(("binomial", link, NOISY) for link in ("logit", "probit", "cloglog")),
    *(("poisson", link, COUNTS if link == "log" else TIDY) for link in ("log", "identity", "sqrt")),
    *(("gamma", link, TIDY) for link in ("inverse", "identity", "log")),
]
for _family, _link, _train in GLMS:
    _fit(
        f"glm_{_family}_{_link}",
        f"The {_family} family under the {_link} link: prediction and link prediction.",
        _train,
        lambda family=_family, link=_link: GeneralizedLinearRegression(
            family=family, link=link, linkPredictionCol="eta", regParam=0.01, maxIter=15
        ),
        [
            *hard(),
            [dense(300.0, 0.0, 0.0)],
            [dense(-300.0, 0.0, 0.0)],
            [dense(0.0, 3.0, -3.0)],
            [dense(5.0, 0.0, 0.0)],
        ],
    )
for _family, _train in {"gaussian": REAL, "binomial": NOISY, "poisson": COUNTS, "gamma": TIDY}.items():
    _fit(
        f"glm_{_family}_default",
        f"The {_family} family with the link left to its default.",
        _train,
        lambda family=_family: GeneralizedLinearRegression(family=family, maxIter=15),
    )
for _power, _lp in (
    (0.0, None),
    (1.0, None),
    (2.0, None),
    (1.5, None),
    (1.6, 0.0),
    (1.5, 1.0),
    (2.5, -1.0),
    (3.0, 0.5),
    (0.0, 2.0),
    (1.0, 0.5),
):
    _fit(
        f"glm_tweedie_{str(_power).replace('.', '_')}_{'default' if _lp is None else str(_lp).replace('.', '_').replace('-', 'm')}",
        f"Tweedie with variance power {_power} and link power {'by default' if _lp is None else _lp}.",
        TIDY,
        lambda power=_power, lp=_lp: GeneralizedLinearRegression(
            family="tweedie",
            variancePower=power,
            maxIter=15,
            linkPredictionCol="eta",
            **({} if lp is None else {"linkPower": lp}),
        ),
        # Before 4.0 a JVM of 11 to 17 multiplies and adds in one step: a sum overflows to infinity that is NaN after.
        versions=("4.0", "4.3") if (_power, _lp) in ((1.5, 1.0), (0.0, 2.0)) else TWO,
    )


@case(
    "glm_offset",
    "An offset column joins the link prediction.",
    f"{F} o:double",
    [
        [dense(1.0, 2.0, 3.0), 0.5],
        [dense(0.0, 0.0, 0.0), 0.0],
        [dense(0.0, 0.0, 0.0), NAN],
        [dense(0.0, 0.0, 0.0), None],
        [dense(0.0, 0.0, 0.0), INF],
        [sparse(3, {0: 1.0}), -2.0],
    ],
    tolerance="sums",
)
def _offset(s: Session) -> Any:
    made = GeneralizedLinearRegression(family="poisson", offsetCol="o", linkPredictionCol="eta", maxIter=15)
    return made.fit(
        s.frame(f"{F} o:double label:double", [[v, 0.1 * (i % 3), y] for i, (v, y) in enumerate(COUNTS)])
    )


@case(
    "glm_offset_decimal",
    "The offset is any number, a decimal too.",
    f"{F} o:decimal(10,2)",
    [[dense(1.0, 2.0, 3.0), Decimal("0.50")], [sparse(3, {0: 1.0}), Decimal("-2.00")], [dense(0.0, 0.0, 0.0), None]],
    tolerance="sums",
)  # fmt: skip
def _offset_decimal(s: Session) -> Any:
    return _offset(s)


SURVIVAL = [[v, y, float(i % 4 != 0)] for i, (v, y) in enumerate(POSITIVE)]


def _survival(name: str, law: str, **params: Any) -> None:
    @case(name, law, F, hard(), tolerance="sums")
    def _made(s: Session) -> Any:
        return AFTSurvivalRegression(maxIter=20, **params).fit(
            s.frame(f"{F} label:double censor:double", SURVIVAL)
        )


_survival("aft", "Expected survival; no quantiles unless their column is named.")
_survival(
    "aft_quantiles",
    "Quantiles of the survival time.",
    quantilesCol="q",
    quantileProbabilities=[0.1, 0.5, 0.99],
)
_survival(
    "aft_quantiles_default",
    "The nine quantiles by default, no intercept.",
    quantilesCol="q",
    fitIntercept=False,
)

STEPS = [[x, y, 1.0] for x, y in ((1.0, 1.0), (2.0, 3.0), (3.0, 2.0), (4.0, 6.0), (5.0, 5.5), (7.0, 9.0))]
XS = [1.0, 0.0, -0.0, 1.5, 2.0, 2.5, 3.0, 3.9999, 4.5, 5.0, 6.0, 7.0, 100.0, -INF, INF, NAN]


@case(
    "isotonic",
    "Between two boundaries the prediction is interpolated.",
    "features:double",
    [[x] for x in [*XS, None]],
    tolerance="sums",
)
def _isotonic(s: Session) -> Any:
    return IsotonicRegression().fit(s.frame("features:double label:double weight:double", STEPS))


@case(
    "isotonic_falling", "An antitonic model.", "features:double", [[x] for x in [*XS, None]], tolerance="sums"
)
def _antitonic(s: Session) -> Any:
    return IsotonicRegression(isotonic=False).fit(
        s.frame("features:double label:double weight:double", [[x, -y * y, w] for x, y, w in STEPS])
    )


@case(
    "isotonic_vector",
    "One slot of a vector is the feature.",
    F,
    [*([dense(9.0, x)] for x in XS), [sparse(2, {})], [None], [dense(1.0)]],
    tolerance="sums",
)
def _isotonic_vector(s: Session) -> Any:
    return IsotonicRegression(featureIndex=1).fit(
        s.frame(f"{F} label:double", [[dense(0.0, x), y] for x, y, _ in STEPS])
    )


@case("isotonic_int", "An integer feature.", "features:int", [[0], [1], [6], [9], [None]], tolerance="sums")
def _isotonic_int(s: Session) -> Any:
    return IsotonicRegression().fit(s.frame("features:double label:double", [[x, y] for x, y, _ in STEPS]))
