"""A small Spark session, and frames of literal rows in it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyspark.ml.linalg import VectorUDT
from pyspark.ml.util import Identifiable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DataType, StructField, StructType, _parse_datatype_string

# Rows held in memory are scored as rows of a file are: this rule would evaluate stages before filters are pushed down.
LITERAL_ROWS = "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation"
_COUNTS: dict[str, int] = {}


def start() -> SparkSession:
    """Start Spark on one core and one partition, so that sums are taken in one order."""
    _fix_uids()
    spark = (
        SparkSession.builder.master("local[1]")
        .appName("goldens")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "3g")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.default.parallelism", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.log.level", "OFF")
        .config("spark.sql.optimizer.excludedRules", LITERAL_ROWS)
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    return spark


def _fix_uids() -> None:
    """Number the stages that Python makes, so that a second run writes the same names."""

    def numbered(cls: type[Identifiable]) -> str:
        name = cls.__name__
        _COUNTS[name] = _COUNTS.get(name, 0) + 1
        return f"{name}_{_COUNTS[name]:012x}"

    Identifiable._randomUID = classmethod(numbered)  # type: ignore[assignment]


def restart_uids() -> None:
    """Count the stages of the next case from one."""
    _COUNTS.clear()


class Session:
    """Spark, and the frames that cases are trained on."""

    def __init__(self, spark: SparkSession, data: Path) -> None:
        self.spark = spark
        self.data = data
        self.version = ".".join(spark.version.split(".")[:2])

    def frame(self, schema: str, rows: Sequence[Sequence[Any]]) -> DataFrame:
        """Give a frame of one partition; `schema` is like `"x:double v:vector"`."""
        return self.spark.createDataFrame([tuple(row) for row in rows], struct(schema)).coalesce(1)

    @contextmanager
    def set_up(self, settings: Mapping[str, str]) -> Iterator[None]:
        """Set what is Spark's and what is Hadoop's, and take it back."""
        hadoop = self.spark.sparkContext._jsc.hadoopConfiguration()
        for name, value in settings.items():
            self.spark.conf.set(name, value)
            hadoop.set(name, value)
        yield
        for name in settings:
            self.spark.conf.unset(name)
            hadoop.unset(name)

    def parquet(self, path: str) -> DataFrame:
        """Give the frame of one Parquet file."""
        return self.spark.read.parquet(path).coalesce(1)


def struct(schema: str) -> StructType:
    """Read a schema of blank-separated `name:type`, where `vector` is Spark ML's vector."""
    fields = [re.fullmatch(r"(.*?):([^:]+(?:<.*>)?)", part) for part in schema.split()]
    return StructType([StructField(f[1].replace("~", " "), _type(f[2])) for f in fields if f])


def _type(name: str) -> DataType:
    return VectorUDT() if name == "vector" else _parse_datatype_string(name)


def type_name(kind: DataType) -> str:
    """Name a Spark type as `struct` reads it."""
    return "vector" if isinstance(kind, VectorUDT) else kind.simpleString()


def seeded(name: str) -> uuid.UUID:
    """Give the UUID that stands in the names of part files."""
    return uuid.uuid5(uuid.NAMESPACE_URL, name)
