"""Laws of the command as a whole."""

from __future__ import annotations

import subprocess
import sys

from click.testing import CliRunner

from policy.cli import main
from policy.cli.verbs import VERBS


def test_help_names_every_verb_and_the_exit_codes():
    """`scoregate --help` tells every verb, examples and what the exit codes mean."""
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for name, verb in VERBS.items():
        assert f"  {name} " in result.output
        assert verb.help in result.output
    assert "Exit codes:" in result.output


def test_help_loads_no_verb():
    """The list of verbs is written without importing any of them, the web and the progress bar included."""
    program = "import sys; from policy.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    loaded = set(out.splitlines()[-1].split())
    assert not {verb.module for verb in VERBS.values()} & loaded
    assert not {"flask", "granian", "rich", "numba"} & loaded


def test_every_verb_has_its_own_help():
    """Each verb in the table loads, and explains itself."""
    for name in VERBS:
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0, result.output
        assert (
            result.output.startswith(f"Usage: scoregate {name}")
            or f" {name} " in result.output.splitlines()[0]
        )


def test_an_unknown_verb_is_answered_with_the_nearest():
    """A mistyped verb ends with exit code 2 and what was probably meant."""
    result = CliRunner().invoke(main, ["bacth"])
    assert result.exit_code == 2
    assert "Did you mean `batch`?" in result.output
