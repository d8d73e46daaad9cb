"""One-file bundles: the whole model as JSON."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import scorer
from policy.cli.export import command


def through(model_path, file, schema):
    """Load a model by way of its bundle."""
    file.write_bytes(scorer.export(model_path))
    return scorer.load(file, schema=schema)


def test_a_bundle_is_the_model(case, tmp_path):
    """A bundle of a golden model has its version, its columns and its answers."""
    file = tmp_path / "model.json"
    table = case.whole_input.slice(0, 60)
    try:
        folder = scorer.load(case.model_path, schema=table.schema)
    except scorer.ColumnError as refused:
        with pytest.raises(scorer.ColumnError) as again:  # the export or the load finds it, in the same words
            through(case.model_path, file, table.schema)
        assert str(again.value) == str(refused)
        return
    bundle = through(case.model_path, file, table.schema)
    assert bundle.version == folder.version
    assert bundle.outputs == folder.outputs
    made, status = bundle.try_batch(table)
    expected, before = folder.try_batch(table)
    assert status.equals(before)
    assert repr(made.to_pylist()) == repr(expected.to_pylist())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": "other", "version": 1, "model": {}}',
        '{"format": "scoregate-model", "version": 99, "model": {}}',
        '{"format": "scoregate-model", "version": 1, "model": {}}',
        '{"format": "scoregate-model", "version": 1, "model": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"format": "scoregate-model", "version": 1, "model": {"metadata": 5}}',
    ],
    ids=range(8),
)
def test_a_damaged_bundle_is_named(text, tmp_path):
    """A file that is no bundle raises SavedError, which names it."""
    file = tmp_path / "model.json"
    file.write_text(text)
    with pytest.raises(scorer.SavedError, match=r"model\.json"):
        scorer.load(file)


def test_a_cut_bundle_is_refused(tmp_path, goldens):
    """A bundle cut anywhere, or with a table whose lengths do not agree, raises ScorerError."""
    path = next(g.model_path for g in goldens if g.folder.name.startswith("one_hot_keep_all"))
    whole = scorer.export(path)
    file = tmp_path / "model.json"
    for end in range(0, len(whole) - 1, max(1, len(whole) // 50)):
        file.write_bytes(whole[:end])
        with pytest.raises(scorer.ScorerError):
            scorer.load(file)


def test_the_command_writes_a_bundle(tmp_path, goldens):
    """`scoregate export` writes a file that loads; a model that does not load leaves none."""
    path = next(g.model_path for g in goldens if g.folder.name.startswith("one_hot_keep_all"))
    out = tmp_path / "model.json"
    assert CliRunner().invoke(command, [str(path), str(out)]).exit_code == 0
    assert json.loads(out.read_bytes())["format"] == "scoregate-model"
    assert scorer.load(out).version == scorer.load(path).version
    failed = CliRunner().invoke(command, [str(tmp_path / "none"), str(tmp_path / "other.json")])
    assert failed.exit_code == 1
    assert not (tmp_path / "other.json").exists()
