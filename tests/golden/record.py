"""What Spark answered, as Arrow tables: rows, or the message with which a row was refused."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from pyspark.ml.linalg import DenseMatrix, Vector, VectorUDT
from pyspark.sql import DataFrame, Row
from pyspark.sql.types import ArrayType, DataType, StructType
from pyspark.sql.pandas.types import to_arrow_type

ROW = "_row"


Answers = tuple[StructType | None, list[Row], dict[int, str]]


def answers(model: Any, frame: DataFrame) -> Answers:
    """Score the frame at once; if Spark refuses, its halves: the schema, the rows, and the refusals by row number."""
    try:
        scored = model.transform(frame)
        return scored.schema, scored.collect(), {}
    except Exception:
        return _part(model, frame, frame._jdf.collectAsList())


def _part(model: Any, frame: DataFrame, rows: Any) -> Answers:
    spark = frame.sparkSession
    part = DataFrame(spark._jsparkSession.createDataFrame(rows, frame._jdf.schema()), spark)
    try:
        scored = model.transform(part)
        return scored.schema, scored.collect(), {}
    except Exception as error:
        if rows.size() == 1:
            return None, [], {part.collect()[0][ROW]: message(error)}
    middle = rows.size() // 2
    left = _part(model, frame, rows.subList(0, middle))
    right = _part(model, frame, rows.subList(middle, rows.size()))
    return left[0] or right[0], left[1] + right[1], left[2] | right[2]


def message(error: Exception) -> str:
    """Give the first line of the innermost cause."""
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    if java is None:
        return str(error).split("\n")[0]
    while java.getCause() is not None:
        java = java.getCause()
    return str(java.toString()).split("\n")[0]


def table(schema: StructType, rows: list[Row], columns: list[str]) -> pa.Table:
    """Give the named columns of collected rows; a vector becomes a list of doubles."""
    kinds = {field.name: field.dataType for field in schema.fields}
    arrays = [pa.array([plain(row[name]) for row in rows], arrow(kinds[name])) for name in columns]
    return pa.table(arrays, names=columns)


def arrow(kind: DataType) -> pa.DataType:
    """Give the Arrow type of a Spark type, nested vectors too."""
    if isinstance(kind, VectorUDT):
        return pa.list_(pa.float64())
    if isinstance(kind, ArrayType):
        return pa.list_(arrow(kind.elementType))
    if isinstance(kind, StructType):
        return pa.struct([(field.name, arrow(field.dataType)) for field in kind.fields])
    return to_arrow_type(kind)


def plain(value: Any) -> Any:
    """Give a value as Arrow takes it."""
    if isinstance(value, Vector):
        return [float(x) for x in value.toArray()]
    if isinstance(value, DenseMatrix):
        return value.toArray().tolist()
    if isinstance(value, Row):
        return {name: plain(item) for name, item in value.asDict().items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
