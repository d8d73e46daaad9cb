"""No path leaves a saved model."""

from __future__ import annotations

import json
import shutil

import pytest
from saves import LINEAR, edit_params, part, refused

import scorer
from scorer import ledger


@pytest.mark.parametrize(
    "uid", ["../../x", "..", "/etc", "a/../../../b", "C:\\x", "x\0y", "", ".", "a" * 5000]
)
def test_a_uid_never_leaves_the_model(model, uid):
    """A uid that is a path, absolute or upwards, is refused."""
    uids = json.loads(part(model / "metadata").read_text())["paramMap"]["stageUids"]
    (model.parent / "x").mkdir()
    edit_params(model, stageUids=[uid, *uids[1:]])
    refused(model, kind=scorer.ScorerError)


@pytest.mark.parametrize(
    "place", ["metadata", "stages", f"stages/{LINEAR}", f"stages/{LINEAR}/data", f"stages/{LINEAR}/metadata"]
)
def test_a_linked_folder_that_leaves_the_model_is_refused(model, place):
    """A symbolic link from a folder of the model to one outside is refused, whatever stands there."""
    outside = model.parent / "outside"
    shutil.move(model / place, outside)
    (model / place).symlink_to(outside)
    refused(model, "leaves the model's folder")


@pytest.mark.parametrize("below", ["data", "metadata"])
def test_a_linked_file_that_leaves_the_model_is_refused(model, below):
    """A symbolic link from a part file to a file outside is refused, for data and metadata."""
    path = part(model / "stages" / LINEAR / below)
    shutil.move(path, model.parent / path.name)
    path.symlink_to(model.parent / path.name)
    refused(model, path.name, "leaves the model's folder")


def test_a_link_to_a_device_is_refused(model):
    """A metadata file that is a link to an endless device is refused, not read."""
    path = part(model / "metadata")
    path.unlink()
    path.symlink_to("/dev/zero")
    refused(model, kind=scorer.ScorerError)


def test_a_pipeline_inside_itself_ends(model):
    """A pipeline whose stage is a link to itself is refused at a depth."""
    edit_params(model, stageUids=["loop"])
    (model / "stages" / "0_loop").symlink_to(model)
    refused(model, "nested more than")


def test_a_pipeline_twice_inside_itself_ends(model, monkeypatch):
    """Links that double at each level are refused at a count, not followed for ever."""
    monkeypatch.setattr(ledger, "MAX_STAGES", 200)
    edit_params(model, stageUids=["one", "two"])
    (model / "stages" / "0_one").symlink_to(model)
    (model / "stages" / "1_two").symlink_to(model)
    refused(model, kind=scorer.SavedError)
