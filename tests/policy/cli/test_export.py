"""Laws of `scoregate export`: one file that is the same model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import scorer

GOLDEN = Path(__file__).parents[2] / "golden"
LOGIN = Path(__file__).parents[3] / "configs" / "models" / "login"
FACTS = Path(__file__).parents[3] / "configs" / "examples" / "login.json"


@pytest.mark.parametrize(
    "model", [LOGIN, GOLDEN / "spark" / "gbt_classifier-4.3" / "model"], ids=["login", "gbt"]
)
def test_an_exported_model_has_the_version_and_the_answers_of_its_folder(scoregate, tmp_path, model):
    """The file loads anywhere as the same model, and its JSON lines in and out are those of the folder."""
    done = scoregate("export", model, "model.json")
    assert done.returncode == 0, done.stderr
    one, other = scorer.load(model), scorer.load(tmp_path / "model.json")
    assert one.version == other.version
    assert one.version.encode() in done.stderr
    assert one.inputs == other.inputs
    facts = dict.fromkeys(one.inputs.names) | json.loads(FACTS.read_text())
    if model is not LOGIN:
        facts = {f.name: "x" if f.type == "string" else 1.0 for f in one.inputs}
    lines = json.dumps({name: facts.get(name) for name in one.inputs.names}).encode() + b"\n"
    by_folder, by_file = (
        scoregate("score", m, "-", "-", "--keep-going", stdin=lines) for m in (model, "model.json")
    )
    assert by_folder.returncode == by_file.returncode == 0, by_file.stderr
    assert by_folder.stdout == by_file.stdout
    assert "_status" in json.loads(by_file.stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "x.json"], b"nowhere"),
        ([LOGIN, "x.txt"], b".json"),
        ([LOGIN, "no/x.json"], b"cannot be written"),
    ],
)
def test_what_cannot_be_exported_is_said(scoregate, tmp_path, arguments, message):
    """A model that is not there, or a file that cannot be written, is named; nothing half is left."""
    done = scoregate("export", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert b"Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_goes_where_it_is_piped(scoregate, tmp_path):
    """A name of - is standard output: the same bytes as a file's, and no file."""
    done = scoregate("export", LOGIN, "-")
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
    assert scoregate("export", LOGIN, "model.json").returncode == 0
    assert done.stdout == (tmp_path / "model.json").read_bytes()
