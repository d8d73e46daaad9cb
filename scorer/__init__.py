"""Spark MLlib pipelines without a JVM.

import scorer
model = scorer.load("models/login")
model.row({"age": 39, "workclass": "Private"})["probability"]
"""

from scorer import stages as stages
from scorer.errors import ColumnError, RowError, SavedError, ScorerError, UnsupportedError
from scorer.export import export
from scorer.model import Model, Output, load
from scorer.stage import supported

__all__ = [
    "ColumnError",
    "Model",
    "Output",
    "RowError",
    "SavedError",
    "ScorerError",
    "UnsupportedError",
    "export",
    "load",
    "supported",
]
