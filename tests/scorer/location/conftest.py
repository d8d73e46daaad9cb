"""The save of a small pipeline, a copy of it, and the same as MLflow logs it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from locations import MLMODEL


@pytest.fixture(scope="module")
def original(goldens):
    """The save of a small pipeline."""
    return next(g.model_path for g in goldens if g.folder.name == "pipeline_skip-4.3")


@pytest.fixture
def model(original, tmp_path):
    """A copy of it that a test may change."""
    return Path(shutil.copytree(original, tmp_path / "model"))


@pytest.fixture
def logged(original, tmp_path):
    """The same model as MLflow logs it."""
    shutil.copytree(original, tmp_path / "logged" / "sparkml")
    (tmp_path / "logged" / "MLmodel").write_text(MLMODEL)
    return tmp_path / "logged"
