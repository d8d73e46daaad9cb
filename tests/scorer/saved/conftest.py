"""The save of a small pipeline, and a copy of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def original(goldens):
    """The save of a small pipeline: indexers, an encoder, an imputer, an assembler, a scaler, a linear model."""
    return next(g.model_path for g in goldens if g.folder.name == "pipeline_skip-4.3")


@pytest.fixture
def model(original, tmp_path):
    """A copy of it that a test may damage."""
    return Path(shutil.copytree(original, tmp_path / "model"))
