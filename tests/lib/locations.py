"""A small pipeline as MLflow logs it, and what a refusal of a location says."""

from __future__ import annotations

import saves

import scorer

FACTS = {"town": "Oslo", "x": 1.0, "y": 3}
RUN = "0dfc4c0fefcc49c9823dace5895abbc9"
MLMODEL = """
artifact_path: model
flavors:
  python_function:
    data: sparkml
    loader_module: mlflow.spark
    python_version: 3.11.7
  spark:
    code: null
    model_class: pyspark.ml.pipeline.PipelineModel
    model_data: sparkml
    pyspark_version: 3.5.9
mlflow_version: 2.22.0
run_id: 0dfc4c0fefcc49c9823dace5895abbc9
signature:
  inputs: '[{"type": "string", "name": "town", "required": true}, {"type": "float", "name":
    "x", "required": false}, {"type": "integer", "name": "y", "required": true}]'
  outputs: '[{"type": "double", "required": true}]'
  params: null
utc_time_created: '2026-11-24 03:30:30.584091'
"""


def refused(path, *words):
    """Load, and check that the error names what it should."""
    return str(saves.refused(path, *words, kind=scorer.ScorerError))
