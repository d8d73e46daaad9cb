"""The small pipeline as MLflow logs it."""

from __future__ import annotations

import shutil

import pytest
from locations import MLMODEL


@pytest.fixture
def logged(original, tmp_path):
    """The same model as MLflow logs it."""
    shutil.copytree(original, tmp_path / "logged" / "sparkml")
    (tmp_path / "logged" / "MLmodel").write_text(MLMODEL)
    return tmp_path / "logged"
