"""A saved model whose files are damaged or missing is refused with a ScorerError that says where; nothing else happens."""

from __future__ import annotations

import os
import shutil

import pytest
from saves import LINEAR, SCALER, part, refused

import scorer


def test_the_copy_loads(model, original):
    """The undamaged copy is the model that the original is, so what follows fails for the damage alone."""
    assert scorer.load(model).version == scorer.load(original).version


def test_a_missing_model_is_named(tmp_path):
    """A path where nothing stands is refused by its name."""
    refused(tmp_path / "nowhere", tmp_path / "nowhere", "no such file")


def test_a_folder_that_is_no_model_is_named(tmp_path):
    """A folder without `metadata` is refused and told apart from a damaged model."""
    refused(tmp_path, tmp_path, "no `metadata` folder")


def test_a_file_is_not_a_model(tmp_path):
    """A file where a folder is expected is refused by its name."""
    path = tmp_path / "model"
    path.write_text("{}")
    refused(path, path, "is a file")


@pytest.mark.parametrize("location", ["\0", "nope://x/y", "s3:/", ""])
def test_an_odd_location_is_refused(location):
    """A location that names nothing is a ScorerError, whatever its form."""
    refused(location, kind=scorer.ScorerError)


@pytest.mark.parametrize("keep", [0, 1, 100, -9, -1])
def test_a_truncated_table_names_file_and_stage(model, keep):
    """A Parquet file that was cut names the file and the stage."""
    path = part(model / "stages" / LINEAR / "data")
    path.write_bytes(path.read_bytes()[:keep])
    error = refused(model, path.name, "LogisticRegression_000000000001")
    assert error.stage == "LogisticRegression_000000000001"


def test_a_missing_table_names_stage(model):
    """A stage whose data folder is gone names the folder and the stage."""
    shutil.rmtree(model / "stages" / LINEAR / "data")
    refused(model, model / "stages" / LINEAR / "data", "stage LogisticRegression_000000000001")


def test_an_empty_table_folder_names_stage(model):
    """A data folder without part files is refused."""
    part(model / "stages" / LINEAR / "data").unlink()
    refused(model, "no Parquet part files", "LogisticRegression_000000000001")


def test_a_missing_stage_is_named(model):
    """A stage that the pipeline lists and whose folder is gone is named with its number."""
    shutil.rmtree(model / "stages" / SCALER)
    refused(model, "stage 5 of 7", "StandardScaler_000000000001")


def test_stages_as_a_file_is_refused(model):
    """A file where the folder of stages should be is refused."""
    shutil.rmtree(model / "stages")
    (model / "stages").write_text("")
    refused(model, model / "stages", kind=scorer.ScorerError)


@pytest.mark.parametrize("name", ["data", "metadata"])
def test_a_file_in_a_folders_place_is_told(model, name):
    """Spark Connect's local format, one file where a folder is expected, is named for what it is."""
    folder = model / "stages" / LINEAR / name
    shutil.rmtree(folder)
    folder.write_bytes(b"\0\0\0\1?\xf0\0\0\0\0\0\0")
    refused(model, folder, "local format", "model.save")


def test_a_folder_in_a_files_place_is_refused(model):
    """A folder named as a part file is an error, not a crash."""
    path = part(model / "stages" / LINEAR / "data")
    path.unlink()
    path.mkdir()
    refused(model, path, kind=scorer.ScorerError)


def test_a_pipe_is_not_opened(model):
    """A named pipe among the part files does not make the loader wait."""
    path = part(model / "stages" / LINEAR / "data")
    path.unlink()
    os.mkfifo(path)
    refused(model, "no Parquet part files")
