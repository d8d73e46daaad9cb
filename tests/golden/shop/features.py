"""A transformer written in Python, as a team keeps one beside its pipelines."""

from __future__ import annotations

from typing import Any

from pyspark.ml import Transformer
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812  Spark's own name for it


class Clip(Transformer, HasInputCol, HasOutputCol, DefaultParamsReadable, DefaultParamsWritable):
    """A number held between `low` and `high`; NaN counts as the largest number, null stays null."""

    low: Param[float] = Param(Params._dummy(), "low", "the least value", typeConverter=TypeConverters.toFloat)
    high: Param[float] = Param(
        Params._dummy(), "high", "the largest value", typeConverter=TypeConverters.toFloat
    )

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._setDefault(low=0.0, high=1.0)
        self._set(**params)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        low, high = self.getOrDefault(self.low), self.getOrDefault(self.high)
        value: Any = dataset[self.getInputCol()]
        held = F.when(value < low, low).when(value > high, high).otherwise(value)
        return dataset.withColumn(self.getOutputCol(), held)
