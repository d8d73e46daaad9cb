"""The kernels are compiled once, kept where only this user can write, and are not needed to get the answers."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

numba = pytest.importorskip("numba", reason="the extra `fast` is not installed")
cache = pytest.importorskip("scorer.kernels.cache")
ROOT = Path(__file__).parents[3]
SCORE = """
from scorer.kernels import Forest, trees
stump = Forest.of(features=1, sizes=[3], left=[1, -1, -1], right=[2, -1, -1], feature=[0, -1, -1],
                  arity=[-1, -1, -1], split=[0.5], split_at=[0, 1, 1, 1], payload=[0.0, 1.0, 2.0])
kernel = trees(stump)
print(type(kernel).__name__, kernel.number([0.0]), kernel.number([1.0]))
"""


def run(code: str, *, limit: int | None = None, **env: str) -> str:
    """Run Python in a new process with no caches but those that are named; return what it prints."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME")}

    def hold() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1", **env},
        cwd=ROOT,
        preexec_fn=hold,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in folder.rglob("*.nb?")}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A cache that one process has filled."""
    home = tmp_path_factory.mktemp("home")
    assert run(SCORE, XDG_CACHE_HOME=str(home)) == "CompiledTrees 1.0 2.0\n"
    return home


@pytest.mark.slow
def test_the_second_process_compiles_nothing(compiled):
    """A process that finds the kernels in the cache leaves every file of it as it was."""
    before = files(compiled)
    assert before
    assert run(SCORE, XDG_CACHE_HOME=str(compiled)) == "CompiledTrees 1.0 2.0\n"
    assert files(compiled) == before


@pytest.mark.slow
def test_no_model_compiles_anything(compiled):
    """Forests of all forms, rows and batches add nothing to the cache that the import has filled."""
    before = files(compiled)
    counted = "{n: len(f.signatures) for n, f in vars(compiled).items() if hasattr(f, 'signatures')}\n"
    code = (
        "from scorer.kernels import compiled\nbefore = "
        + counted
        + SCORE
        + (
            "import numpy as np\n"
            "kernel.row([1]); kernel.leaves([True]); kernel.batch(np.zeros((9, 1)))\n"
            "kernel.batch_leaves(np.asfortranarray(np.zeros((9, 1))))\n"
            "after = " + counted + "assert len(before) > 5 and after == before, (before, after)\n"
        )
    )
    run(code, XDG_CACHE_HOME=str(compiled))
    assert files(compiled) == before


@pytest.mark.slow
def test_without_a_home_the_cache_is_a_directory_of_temporary_files(compiled, tmp_path):
    """Where the home cannot be written, the kernels are kept below TMPDIR, readable by this user alone."""
    ours = tmp_path / f"scoregate-{os.getuid()}"
    shutil.copytree(compiled / "scoregate", ours)
    for folder in (ours, *ours.iterdir()):
        folder.chmod(0o700)
    before = files(ours)
    assert run(SCORE, HOME="/dev/null", TMPDIR=str(tmp_path)) == "CompiledTrees 1.0 2.0\n"
    assert files(ours) == before


@pytest.mark.slow
def test_a_disk_that_takes_no_files_stops_nobody(tmp_path):
    """If the cache cannot be written to the end, the kernels are compiled all the same."""
    assert run(SCORE, limit=100, XDG_CACHE_HOME=str(tmp_path)) == "CompiledTrees 1.0 2.0\n"


def test_without_numba_the_answers_are_the_same():
    """Where numba is not installed, the plain trees answer."""
    assert run("import sys; sys.modules['numba'] = None\n" + SCORE) == "PlainTrees 1.0 2.0\n"


def test_nobody_pays_for_numba_before_a_tree_is_loaded():
    """Importing the scorer and its kernels' face imports neither numba nor the compiled module."""
    code = "import scorer, scorer.kernels, sys; print('numba' in sys.modules, 'scorer.kernels.compiled' in sys.modules)"
    assert run(code) == "False False\n"


@pytest.fixture
def place(monkeypatch, tmp_path):
    """Give `directory` a new home and a new place for temporary files, and no memory of the old."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_the_directory_is_this_users_alone(place):
    """The cache is made in the user's cache directory, with no right for anyone else."""
    found = cache.directory.__wrapped__()
    assert found.parent == place / "home" / "scoregate"
    assert {p.stat().st_mode & 0o777 for p in (found, found.parent)} == {0o700}


def test_numbas_own_setting_comes_first(place, monkeypatch):
    """NUMBA_CACHE_DIR is followed, in a folder of ours below it."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(place / "mine"))
    assert cache.directory.__wrapped__().parent == place / "mine" / "scoregate"


def test_a_directory_that_others_can_write_is_passed_over(place):
    """Compiled code that somebody else may have put there is never run."""
    shared = place / "home" / "scoregate"
    shared.mkdir(parents=True)
    shared.chmod(0o777)
    assert cache.directory.__wrapped__().parent == place / f"scoregate-{os.getuid()}"


def test_a_link_is_passed_over(place):
    """A link in the place of the directory of temporary files is not followed."""
    (place / "home").mkdir()
    (place / "home" / "scoregate").write_text("in the way")
    (place / "elsewhere").mkdir()
    (place / f"scoregate-{os.getuid()}").symlink_to(place / "elsewhere")
    assert cache.directory.__wrapped__() is None


@pytest.mark.usefixtures("place")
def test_numba_keeps_its_own_setting():
    """The setting of numba is ours only while a kernel is declared."""
    with cache.kept() as cached:
        assert cached
        assert "scoregate" in numba.config.CACHE_DIR
    assert numba.config.CACHE_DIR == ""
