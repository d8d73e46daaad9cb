"""Pipelines in pipelines, rows dropped on the way, labels given back."""

from __future__ import annotations

from case import ALL, case
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import (
    Bucketizer,
    Imputer,
    IndexToString,
    Normalizer,
    OneHotEncoder,
    StandardScaler,
    SQLTransformer,
    StringIndexer,
    VectorAssembler,
    VectorSizeHint,
)
from pyspark.sql import DataFrame
from session import Session
from values import INF, NAN, dense

SCHEMA = "town:string x:double y:int label:string"
TRAIN = [
    ["Oslo", 1.0, 3, "a"],
    ["Rome", 2.0, 4, "b"],
    ["Oslo", -1.0, 5, "c"],
    ["Lima", 0.5, 3, "a"],
    ["Rome", 7.0, 9, "b"],
    ["Lima", 3.0, None, "c"],
    ["Oslo", NAN, 2, "a"],
]
ROWS = [
    ["Oslo", 1.0, 3],
    ["Rome", NAN, None],
    ["", 1.0, 3],
    [None, 1.0, 3],
    ["Bonn", 1.0, 3],
    ["Lima", INF, 3],
    ["Lima", None, 100],
    ["Oslo", -5.0, -100],
]
INPUTS = "town:string x:double y:int"


def _front(mode: str) -> list[object]:
    return [
        StringIndexer(inputCol="town", outputCol="ti", handleInvalid=mode),
        OneHotEncoder(inputCols=["ti"], outputCols=["tv"]),
        Imputer(inputCols=["x", "y"], outputCols=["xf", "yf"], strategy="median"),
    ]


def _back() -> list[object]:
    return [
        VectorAssembler(inputCols=["tv", "xf", "yf"], outputCol="raw"),
        StandardScaler(inputCol="raw", outputCol="features", withMean=True),
        LogisticRegression(regParam=0.05, maxIter=15, labelCol="li"),
    ]


@case(
    "pipeline_nested",
    "A pipeline in a pipeline in a pipeline, the label's indexer skipped at scoring.",
    INPUTS,
    ROWS,
    versions=ALL,
    tolerance="sums",
)
def _nested(s: Session) -> PipelineModel:
    label = StringIndexer(inputCol="label", outputCol="li")
    inner = Pipeline(stages=[Pipeline(stages=_front("keep")), label])
    return Pipeline(stages=[inner, Pipeline(stages=_back())]).fit(s.frame(SCHEMA, TRAIN))


@case(
    "pipeline_labels_back",
    "IndexToString at the end gives the prediction its label.",
    INPUTS,
    ROWS,
    versions=ALL,
    tolerance="sums",
)
def _labels(s: Session) -> PipelineModel:
    frame = s.frame(SCHEMA, TRAIN)
    label = StringIndexer(inputCol="label", outputCol="li").fit(frame)
    back = IndexToString(inputCol="prediction", outputCol="answer", labels=label.labels)
    return Pipeline(stages=[label, *_front("keep"), *_back(), back]).fit(frame)


@case(
    "pipeline_skip",
    "An indexer in the middle drops rows; stages before and after see their own.",
    INPUTS,
    ROWS,
    versions=ALL,
    tolerance="sums",
)
def _skip(s: Session) -> PipelineModel:
    label = StringIndexer(inputCol="label", outputCol="li")
    return Pipeline(stages=[label, *_front("skip"), *_back()]).fit(s.frame(SCHEMA, TRAIN))


@case(
    "pipeline_skip_before_error",
    "A row that one stage drops does not raise in a later one, and the reverse.",
    "town:string x:double",
    [
        ["Oslo", 1.0],
        ["Bonn", 99.0],
        ["Oslo", 99.0],
        [None, NAN],
        ["Oslo", NAN],
        ["Rome", 0.0],
        ["Rome", None],
    ],
)
def _skip_error(s: Session) -> PipelineModel:
    stages = [
        Bucketizer(splits=[-10.0, 0.0, 10.0], inputCol="x", outputCol="b", handleInvalid="error"),
        StringIndexer(inputCol="town", outputCol="ti", handleInvalid="skip"),
        VectorAssembler(inputCols=["ti", "b"], outputCol="v", handleInvalid="skip"),
    ]
    return Pipeline(stages=stages).fit(s.frame("town:string x:double", [["Oslo", 1.0], ["Rome", -1.0]]))


@case(
    "pipeline_one_hot_of_buckets",
    "Buckets are encoded by the sizes seen at fitting.",
    "x:double",
    [[-3.0], [0.2], [0.7], [1.0], [NAN], [None]],
)
def _buckets(s: Session) -> PipelineModel:
    stages = [
        Bucketizer(splits=[-INF, 0.0, 0.5, 1.0, INF], inputCol="x", outputCol="b", handleInvalid="keep"),
        OneHotEncoder(inputCols=["b"], outputCols=["v"], dropLast=False, handleInvalid="keep"),
    ]
    return Pipeline(stages=stages).fit(s.frame("x:double", [[-1.0], [0.2], [0.7], [2.0]]))


@case("pipeline_empty", "A pipeline of no stages gives back its input.", "x:double", [[1.0], [None]])
def _empty(s: Session) -> PipelineModel:
    return Pipeline(stages=[]).fit(s.frame("x:double", [[1.0]]))


@case(
    "pipeline_label_skip",
    "A label's indexer that drops rows, last in the pipeline: a row that it drops raises nowhere before.",
    "x:double label:string",
    [
        [1.0, "a"],
        [99.0, "a"],
        [99.0, "new"],
        [1.0, "new"],
        [None, None],
        [NAN, "b"],
        [NAN, None],
        [-1.0, "b"],
    ],
)
def _label_skip(s: Session) -> PipelineModel:
    stages = [
        Bucketizer(splits=[-10.0, 0.0, 10.0], inputCol="x", outputCol="b", handleInvalid="error"),
        StringIndexer(inputCol="label", outputCol="li", handleInvalid="skip"),
    ]
    return Pipeline(stages=stages).fit(s.frame("x:double label:string", [[1.0, "a"], [-1.0, "b"]]))


SEVEN = [[1.0, 1.0], [NAN, 1.0], [-1.0, 99.0], [-1.0, NAN], [None, 1.0], [1.0, 99.0], [-1.0, 1.0]]


@case(
    "pipeline_filter_first", "A filter runs before what raises, unless it stays.", "x:double y:double", SEVEN
)
def _filter_first(s: Session) -> PipelineModel:
    return Pipeline(stages=[_buckets(), _positive()]).fit(_numbers(s))


@case(
    "pipeline_assembler_stays",
    "A filter stays behind an assembler: it refuses rows that the filter would drop; other stages do not.",
    "x:double y:double",
    SEVEN,
)
def _assembler_stays(s: Session) -> PipelineModel:
    stages = [_buckets(), VectorAssembler(inputCols=["x"], outputCol="v"), _positive()]
    return Pipeline(stages=stages).fit(_numbers(s))


@case("pipeline_indexer_stays", "A filter stays behind an indexer, too.", "x:double y:double", SEVEN)
def _indexer_stays(s: Session) -> PipelineModel:
    stages = [
        StringIndexer(inputCol="y", outputCol="i"),
        IndexToString(inputCol="i", outputCol="t"),
        _positive(),
    ]
    return Pipeline(stages=stages).fit(_numbers(s))


@case(
    "pipeline_label_stays",
    "So it does behind a label's indexer that nobody reads.",
    "x:double y:double",
    SEVEN,
)
def _label_stays(s: Session) -> PipelineModel:
    return Pipeline(stages=[StringIndexer(inputCol="y", outputCol="i"), _positive()]).fit(_numbers(s))


@case(
    "pipeline_size_hint_stays",
    "Before Spark 4 a filter stays behind a hint of sizes that raises.",
    "x:double v:vector",
    [[1.0, dense(1.0)], [-1.0, dense(1.0, 2.0)], [-1.0, None], [-1.0, dense(1.0)], [1.0, dense(1.0, 2.0)]],
    versions=ALL,
)
def _size_hint_stays(s: Session) -> PipelineModel:
    stages = [VectorSizeHint(inputCol="v", size=1), Normalizer(inputCol="v", outputCol="n"), _positive()]
    return Pipeline(stages=stages).fit(s.frame("x:double v:vector _row:int", [[1.0, dense(1.0), 0]]))


def _buckets() -> Bucketizer:
    return Bucketizer(splits=[0.0, 5.0, 10.0], inputCol="y", outputCol="b")


def _positive() -> SQLTransformer:
    return SQLTransformer(statement="SELECT *, 1 AS one FROM __THIS__ WHERE x > 0")


def _numbers(s: Session) -> DataFrame:
    return s.frame("x:double y:double _row:int", [[1.0, 1.0, 0], [2.0, 2.0, 0]])
