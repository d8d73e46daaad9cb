"""Large arrays are held once for all processes, in files that only this user can write; or held as they are."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from scorer import shared as module
from scorer.shared import SHARED, shared

ROOT = Path(__file__).parents[2]
LARGE = np.arange(SHARED // 4 + 1, dtype=np.float32).reshape(-1, 1)


@pytest.fixture
def home(monkeypatch, tmp_path):
    """A cache directory of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "scoregate" / "arrays"


def files(home):
    return sorted(path.name for path in home.iterdir()) if home.exists() else []


def test_a_large_array_is_mapped_and_a_small_one_is_left(home):
    """A large array becomes a mapped file of its bytes, read-only; a small one stays, read-only too."""
    for array in (LARGE, LARGE.astype(np.int8).repeat(4, axis=1)):
        held = shared(array)
        assert held is not array
        assert held.dtype == array.dtype
        assert np.array_equal(held, array)
        assert not held.flags.writeable
    assert len(files(home)) == 2
    assert {path.stat().st_mode & 0o077 for path in home.iterdir()} == {0}
    small = np.ones(3)
    assert shared(small) is small
    assert not small.flags.writeable
    assert len(files(home)) == 2


def test_equal_arrays_share_one_file(home):
    """A second process finds the file of the first, and writes none."""
    shared(LARGE)
    before = {path: path.stat().st_ino for path in home.iterdir()}
    code = (
        "import numpy as np; from scorer.shared import SHARED, shared\n"
        "held = shared(np.arange(SHARED // 4 + 1, dtype=np.float32).reshape(-1, 1))\n"
        "print(held.base is not None, any('/arrays/' in line for line in open('/proc/self/maps')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"
    assert {path: path.stat().st_ino for path in home.iterdir()} == before


@pytest.mark.parametrize(
    "damage", [lambda p: p.write_bytes(b"x"), lambda p: p.write_bytes(bytes(LARGE.nbytes))]
)
def test_a_file_of_other_bytes_is_replaced(home, damage):
    """A file that was cut or changed is written anew, and never believed."""
    shared(LARGE)
    (path,) = home.iterdir()
    damage(path)
    assert np.array_equal(shared(LARGE), LARGE)
    assert np.array_equal(np.fromfile(path, np.float32), LARGE.ravel())
    assert len(files(home)) == 1


def test_without_a_place_the_array_stays_as_it_is(monkeypatch):
    """Where no folder can be written, or the disk is full, the array is held by the process."""
    monkeypatch.setattr(module, "private", lambda name: None)
    assert np.array_equal(shared(LARGE), LARGE)
    monkeypatch.setattr(module, "private", lambda name: Path("/dev/full"))
    assert np.array_equal(shared(LARGE), LARGE)


def test_what_nobody_used_for_a_month_is_removed(home):
    """Writing a new file removes those that no process has opened for long, and no other."""
    shared(LARGE)
    (old,) = home.iterdir()
    shared(LARGE + 1)
    os.utime(old, (time.time() - 31 * 86400,) * 2)
    shared(LARGE + 2)
    assert old.name not in files(home)
    assert len(files(home)) == 2
