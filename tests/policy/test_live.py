"""Policies that follow their files, over real files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from policy.errors import LoadError
from policy.live import Live
from policy.runtime import load_model

CONFIGS = Path(__file__).parents[2] / "configs"
POLICY = """\
decision: login
inputs:
  risk: {type: double}
score: {input: risk}
actions: {allow: , block: }
bands: {allow: 0, block: 0.5}
on_error: {score: block, facts: refuse, log: refuse}
cases:
  - {facts: facts.json, expect: allow}
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with a policy whose case reads its facts from a file."""
    (tmp_path / "login.yaml").write_text(POLICY)
    (tmp_path / "facts.json").write_text('{"risk": 0.1}')
    for file in tmp_path.iterdir():
        os.utime(file, (1e9, 1e9))  # long ago: a file that is as young as its reading is read twice
    return tmp_path


def piped(file):
    """A pipe in the place of a file, from which reading would wait for ever."""
    file.unlink()
    os.mkfifo(file)


def settled(live):
    """What came of the files as they are now, once they have been seen at rest."""
    return live.follow() or live.follow()


def action(live, risk):
    return live.decisions["login"].row({"risk": risk}).action


def test_a_change_is_taken_once_it_is_at_rest(folder):
    """A change is not taken while the file still moves; then it is, and only once."""
    live = Live(folder)
    assert settled(live) is None
    (folder / "login.yaml").write_text(POLICY.replace("block: 0.5", "block: 0.3"))
    assert live.follow() is None
    (folder / "login.yaml").write_text(POLICY.replace("block: 0.5", "block: 0.25"))
    assert live.follow() is None
    assert action(live, 0.4) == "allow"
    assert live.follow().error is None
    assert action(live, 0.3) == "block"
    assert settled(live) is None


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "login.yaml").write_text(POLICY[:40]), "E1"),
        (lambda folder: (folder / "login.yaml").write_bytes(b"\xff\xfe\x00"), "login.yaml"),
        (lambda folder: (folder / "login.yaml").unlink(), "no policy file"),
        (lambda folder: (folder / "facts.json").unlink(), "facts.json"),
        (lambda folder: piped(folder / "login.yaml"), "it is not a file"),
        (lambda folder: piped(folder / "facts.json"), "it is not a file"),
        (lambda folder: (folder / "facts.json").write_text('{"risk": 0.9}'), "expect"),
    ],
)
def test_what_is_not_sound_changes_nothing(folder, spoil, words):
    """Half-written, unreadable, deleted or failing files keep the last good policies, and their age is told."""
    times = iter(range(100, 200))
    live = Live(folder, clock=lambda: float(next(times)))
    before = live.decisions
    spoil(folder)
    reload = settled(live)
    assert words in reload.error
    assert live.decisions is before
    assert live.status.loaded_at == 100.0
    assert live.status.failed_at == 101.0
    assert settled(live) is None
    for name, text in (("login.yaml", POLICY + "# mended\n"), ("facts.json", '{"risk": 0.2}')):
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_text(text)
    assert settled(live).error is None
    assert live.status.failed_at is None


def test_a_policy_that_is_gone_is_kept(folder):
    """Of two policies the one whose file is deleted is still served, and the reload says why it failed."""
    (folder / "other.yaml").write_text(POLICY.replace("decision: login", "decision: other"))
    live = Live(folder)
    (folder / "other.yaml").unlink()
    assert "served policy other" in settled(live).error
    assert set(live.decisions) == {"login", "other"}


def test_a_new_policy_is_taken(folder):
    """A policy file that is added is served."""
    live = Live(folder)
    (folder / "other.yaml").write_text(POLICY.replace("decision: login", "decision: other"))
    assert settled(live).error is None
    assert set(live.decisions) == {"login", "other"}


def test_a_model_is_loaded_again_only_if_it_changed(tmp_path):
    """A changed threshold loads no model; a changed model is loaded, and a broken one keeps the last good one."""
    folder = tmp_path / "configs"
    shutil.copytree(CONFIGS, folder)
    for other in folder.glob("*.yaml"):
        if other.name != "login.yaml":
            other.unlink()
    loads = []
    live = Live(folder, lambda place: loads.append(place) or load_model(place))
    assert len(loads) == 1
    text = (folder / "login.yaml").read_text()
    (folder / "login.yaml").write_text(text.replace("challenge: 0.40", "challenge: 0.39995"))
    assert settled(live).error is None
    assert len(loads) == 1
    metadata = next((folder / "models" / "login" / "metadata").glob("part-*"))
    whole = metadata.read_bytes()
    metadata.write_bytes(whole[: len(whole) // 2])
    assert "E301" in settled(live).error
    metadata.write_bytes(whole)
    assert settled(live).error is None
    assert live.reload(anew=True).error is None


def test_a_changed_list_file_is_taken_and_an_expiry_fails_nothing(folder):
    """A list file beside the policy is followed; an entry that has ended does not keep a reload from passing."""
    rules = "lists: {bad: {type: double, file: bad.csv}}\nrules: [{name: bad, when: risk in lists.bad, action: block}]\n"
    (folder / "login.yaml").write_text(POLICY + rules)
    (folder / "bad.csv").write_text("value,expires\n0.2,2001-01-01\n0.3,\n")
    live = Live(folder)
    decision = live.decisions["login"]
    assert [decision.row({"risk": risk}, now="2026-01-01T00:00:00Z").action for risk in (0.2, 0.3)] == [
        "allow",
        "block",
    ]
    (folder / "bad.csv").write_text("value,expires\n0.2,2099-01-01\n0.3,2001-01-01\n")
    assert settled(live).error is None
    decision = live.decisions["login"]
    assert [decision.row({"risk": risk}, now="2026-01-01T00:00:00Z").action for risk in (0.2, 0.3)] == [
        "block",
        "allow",
    ]
    (folder / "bad.csv").write_text("value,expires\nmuch,\n")
    assert "bad.csv:2" in settled(live).error


def test_unsound_at_the_start(folder):
    """There is no service without sound policies: the start raises every diagnostic."""
    (folder / "login.yaml").write_text("decision: [")
    with pytest.raises(LoadError):
        Live(folder)
