"""The command as a real process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def scoregate(tmp_path):
    """A function that runs `scoregate` with arguments, standard input as bytes, and gives the finished process."""

    def run(*arguments, stdin=b"", **options):
        return subprocess.run(
            [sys.executable, "-m", "policy.cli", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path.cwd()), "NO_COLOR": "1"},
            check=False,
            timeout=120,
            **options,
        )

    return run
