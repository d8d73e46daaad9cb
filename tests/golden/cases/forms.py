"""What the form of a vector decides, sparse or dense: slots beyond its end, and zeros that are not stored."""

from __future__ import annotations

from typing import Any

from case import case
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import DecisionTreeClassifier, RandomForestClassifier
from pyspark.ml.feature import (
    IDF, Binarizer, Interaction, MaxAbsScaler, Normalizer, PolynomialExpansion, StandardScaler, StringIndexer,
    VarianceThresholdSelector, VectorAssembler, VectorSizeHint, VectorSlicer,
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


# -- sizes that Spark takes from the first row, or does not know ------------------------------------------------

ANY = [  # ascending: each row is answered as if it were the first
    [dense(), 1.0, "a"],
    [sparse(0, {}), 1.0, "b"],
    [dense(4.0), 2.0, "b"],
    [dense(1.0, 2.0), 3.0, "b"],
    [sparse(2, {1: 2.0}), 3.0, "c"],
    [dense(1.0, -2.0, 3.0), 2.0, "a"],
    [dense(0.0, NAN, -0.0), 2.0, "c"],
    [sparse(3, {1: INF}), 0.0, "b"],
    [sparse(5, {0: 2.0, 1: 1.0}), -1.0, "c"],
    [sparse(5, {4: 1.0}), NAN, "a"],
    [sparse(9, {8: 1.0, 2: 0.0}), 2.0, "b"],
    [dense(*range(9)), 2.0, "c"],
    [None, 1.0, "a"],
    [dense(1.0, 2.0), None, "a"],
]
VXS = "v:vector x:double s:string"


def _any(s: Session, *stages: Any) -> Any:
    return Pipeline(stages=list(stages)).fit(s.frame(VXS, ANY[2:4] + ANY[8:9]))


@case("interaction_of_any_size", "Vectors whose size the first row tells are multiplied, twice.", VXS, ANY)
def _interaction_of_any_size(s: Session) -> Any:
    return _any(
        s,
        VectorAssembler(inputCols=["v"], outputCol="a"),
        Interaction(inputCols=["a", "x"], outputCol="i"),
        VectorAssembler(inputCols=["a", "x", "i"], outputCol="b"),
        Interaction(inputCols=["b", "a"], outputCol="j"),
    )


@case(
    "interaction_beside_any_size", "Nominal slots before and after vectors of any size have places.", VXS, ANY
)
def _interaction_beside_any_size(s: Session) -> Any:
    return _any(
        s,
        StringIndexer(inputCol="s", outputCol="k", stringOrderType="alphabetAsc"),
        VectorAssembler(inputCols=["k", "x", "v", "x", "v", "k"], outputCol="a", handleInvalid="skip"),
        Interaction(inputCols=["a", "k"], outputCol="i"),
        VectorSlicer(inputCol="a", outputCol="b", indices=[0, 2]),
        VectorAssembler(inputCols=["v", "x"], outputCol="c", handleInvalid="skip"),
        VectorSlicer(inputCol="c", outputCol="d", indices=[1, 0]),
        Interaction(inputCols=["d", "k"], outputCol="j"),
    )


for _made in (VectorAssembler, Normalizer, Binarizer):

    @case(
        f"slots_beyond_{_made.__name__.lower()}",
        "Where the first row tells the size, no slot lies beyond it.",
        VXS,
        ANY,
    )
    def _beyond(s: Session, made: Any = _made) -> Any:
        between = [] if made is VectorAssembler else [made(inputCol="a", outputCol="b")]
        cut = VectorSlicer(inputCol="b" if between else "a", outputCol="c", indices=[4, 0])
        return _any(s, VectorAssembler(inputCols=["v"], outputCol="a"), *between, cut)


for _mode in ("error", "skip", "optimistic"):

    @case(
        f"size_hint_of_assembled_{_mode}",
        "A size that the first row tells is not declared otherwise, whatever handleInvalid says.",
        VXS,
        [
            *ANY[:3],
            *ANY[5:13],
            *ANY[3:5],
            ANY[13],
        ],  # a half of the rows begins with two slots if all have two
    )
    def _hinted(s: Session, mode: str = _mode) -> Any:
        assembler = VectorAssembler(inputCols=["v"], outputCol="a")
        hint = VectorSizeHint(inputCol="a", size=2, handleInvalid=mode)
        return Pipeline(stages=[assembler, hint]).fit(s.frame(VXS, ANY[3:5]))

    @case(
        f"size_hint_of_known_{_mode}", "A size that is known is not declared otherwise.", "x:double", [[1.0]]
    )
    def _rehinted(s: Session, mode: str = _mode) -> Any:
        assembler = VectorAssembler(inputCols=["x", "x"], outputCol="a")
        return PipelineModel([assembler, VectorSizeHint(inputCol="a", size=3, handleInvalid=mode)])


@case(
    "slots_beyond_products",
    "Spark does not know how many products there are: a sparse vector has any slot.",
    VXS,
    ANY,
)
def _beyond_products(s: Session) -> Any:
    return _any(
        s,
        VectorSizeHint(inputCol="v", size=2, handleInvalid="skip"),
        PolynomialExpansion(inputCol="v", outputCol="p", degree=2),
        VectorSlicer(inputCol="p", outputCol="a", indices=[7, 1]),
        VectorSizeHint(inputCol="p", size=4, handleInvalid="optimistic"),
        VectorAssembler(inputCols=["p"], outputCol="b"),
    )


@case("products_keep", "Products are not kept, since Spark does not know how many there are.", VXS, ANY[3:5])
def _products_keep(_: Session) -> Any:
    return PipelineModel(
        [
            VectorSizeHint(inputCol="v", size=2),
            PolynomialExpansion(inputCol="v", outputCol="p"),
            VectorAssembler(inputCols=["p"], outputCol="b", handleInvalid="keep"),
        ]
    )
