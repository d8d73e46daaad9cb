"""`scoregate init` and `scoregate explain`."""

from __future__ import annotations

import re
import shlex

import pytest
from click.testing import CliRunner

from policy.catalog import PAGES
from policy.cli import explain, init


def test_what_is_written_works(scoregate, tmp_path):
    """The folder that `init` writes passes `check`, and the commands it names work as they stand."""
    made = scoregate("init", "a folder")
    assert made.returncode == 0
    commands = re.findall(r"^  scoregate (.+)$", made.stdout.decode(), re.MULTILINE)
    verbs = {}
    for line in commands:
        verbs.setdefault(line.split()[0], shlex.split(line))
    assert set(verbs) == {"check", "decide", "rank", "serve"}
    assert scoregate(*verbs["check"]).returncode == 0
    assert b"action" in scoregate(*verbs["decide"]).stdout
    assert b"plan: scan" in scoregate(*verbs["rank"]).stdout
    assert not list(tmp_path.rglob("*.pyc"))


@pytest.mark.parametrize("kind", ["full", "file", "under a file"])
def test_never_overwrites(tmp_path, kind):
    """A folder that is not empty, or a file, is left alone."""
    target = tmp_path / "there"
    if kind == "full":
        target.mkdir()
        (target / "mine").write_text("x")
    else:
        target.write_text("x")
    if kind == "under a file":
        target /= "below"
    result = CliRunner().invoke(init.command, [str(target)])
    assert (result.exit_code, "there" in result.output) == (1, True)
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 1


def test_empty_folder_is_taken(tmp_path):
    """An empty folder is filled."""
    assert CliRunner().invoke(init.command, [str(tmp_path)]).exit_code == 0
    assert (tmp_path / "login.yaml").is_file()
    assert (tmp_path / "models" / "login" / "metadata").is_dir()


@pytest.mark.parametrize("code", PAGES)
def test_every_code_is_explained(code):
    """Every code has its page, in either case of letters."""
    result = CliRunner().invoke(explain.command, [code.lower()])
    assert (result.exit_code, result.output.startswith(code)) == (0, True)


def test_codes_are_listed():
    """Without a code all are listed; one that does not exist is answered with a hint."""
    assert set(PAGES) <= set(CliRunner().invoke(explain.command, []).output.split())
    unknown = CliRunner().invoke(explain.command, ["E999"])
    assert (unknown.exit_code, "scoregate explain" in unknown.output or "did you mean" in unknown.output) == (
        1,
        True,
    )
