"""Saves of clusters that are set up otherwise: lists in the older form of Parquet, text that is compressed."""

from __future__ import annotations

from case import case
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import DecisionTreeClassifier
from pyspark.ml.feature import MinMaxScaler, StringIndexer, VectorAssembler
from session import Session

SCHEMA = "town:string x:double y:double label:double"
TRAIN = [
    ["Oslo", 1.0, 3.0, 0.0],
    ["Rome", 2.0, 4.0, 1.0],
    ["Oslo", -1.0, 5.0, 0.0],
    ["Lima", 0.5, 3.0, 1.0],
    ["Rome", 7.0, 9.0, 2.0],
    ["Lima", 3.0, 1.0, 2.0],
]
ROWS = [["Oslo", 1.0, 3.0], ["Rome", -2.0, 9.5], ["Lima", 3.0, 1.0], ["new", 0.0, 0.0], [None, 1.0, 1.0]]
HADOOP = "mapreduce.output.fileoutputformat.compress"


def _fitted(s: Session) -> PipelineModel:
    stages = [
        StringIndexer(inputCol="town", outputCol="t", handleInvalid="keep"),
        VectorAssembler(inputCols=["t", "x", "y"], outputCol="raw"),
        MinMaxScaler(inputCol="raw", outputCol="features"),
        DecisionTreeClassifier(maxDepth=3, seed=1),
    ]
    return Pipeline(stages=stages).fit(s.frame(SCHEMA, TRAIN))


@case(
    "legacy_lists",
    "Lists of two levels in Parquet, as spark.sql.parquet.writeLegacyFormat writes them.",
    "town:string x:double y:double",
    ROWS,
    settings={"spark.sql.parquet.writeLegacyFormat": "true"},
)
def _lists(s: Session) -> PipelineModel:
    return _fitted(s)


for word, codec in (
    ("gzip", "GzipCodec"),
    ("snappy", "SnappyCodec"),
    ("lz4", "Lz4Codec"),
    ("deflate", "DefaultCodec"),
):

    @case(
        f"text_{word}",
        f"Metadata that Hadoop's {codec} compressed, for the cluster compresses all text.",
        "town:string x:double y:double",
        ROWS,
        settings={HADOOP: "true", f"{HADOOP}.codec": f"org.apache.hadoop.io.compress.{codec}"},
    )
    def _text(s: Session) -> PipelineModel:
        return _fitted(s)
