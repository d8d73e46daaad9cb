"""Laws of the key of hashes."""

from __future__ import annotations

import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from policy.errors import LogError
from policy.log import load_key
from policy.log.key import VARIABLE


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


def test_a_key_is_made_once_and_kept(tmp_path):
    """Without a configured key one is made, readable by its owner alone, and found again."""
    key = load_key(tmp_path / "log")
    assert len(key) == 64
    assert stat.S_IMODE((tmp_path / "log" / "hash.key").stat().st_mode) == 0o600
    assert load_key(tmp_path / "log") == key
    assert [path.name for path in (tmp_path / "log").iterdir()] == ["hash.key"]


def test_workers_that_start_at_once_share_one_key(tmp_path):
    """Processes that all find no key end up with the same one."""
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        keys = set(pool.map(load_key, [tmp_path] * 16))
    assert len(keys) == 1


def test_a_configured_key_wins(tmp_path, monkeypatch):
    """The file that is given, or else the one that the environment names, holds the key."""
    (tmp_path / "a").write_bytes(b"a" * 20 + b"\n")
    (tmp_path / "b").write_bytes(b"b" * 20)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "a"))
    assert load_key(tmp_path / "log") == b"a" * 20
    assert load_key(tmp_path / "log", tmp_path / "b") == b"b" * 20
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 65])
def test_a_bad_key_is_refused(tmp_path, content):
    """A key that is too short or too long is refused with what was expected."""
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(LogError, match="expected 16 to 64 bytes"):
        load_key(tmp_path, tmp_path / "key")


def test_a_missing_key_file_is_refused(tmp_path):
    """A key file that is named must be there: no other key is made in its place."""
    with pytest.raises(LogError, match="No such file"):
        load_key(tmp_path, tmp_path / "nowhere")
