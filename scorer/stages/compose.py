"""Stages that only hold stages: pipelines, and the models that tuning chose."""

from __future__ import annotations

from collections.abc import Iterable

from scorer.saved import Saved
from scorer.stage import container


@container("org.apache.spark.ml.PipelineModel")
def pipeline_model(saved: Saved) -> Iterable[Saved]:
    """Open a PipelineModel (Python's writer saves it as `pyspark.ml.pipeline.PipelineModel`)."""
    return saved.stages()


@container(
    "org.apache.spark.ml.tuning.CrossValidatorModel", "org.apache.spark.ml.tuning.TrainValidationSplitModel"
)
def tuned_model(saved: Saved) -> Iterable[Saved]:
    """Open the best model that tuning found."""
    yield saved.child("bestModel")
