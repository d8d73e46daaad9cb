"""The key of the hashes that stand for facts in the log (`log: hash`)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from policy.errors import LogError

VARIABLE = "SCOREGATE_LOG_KEY_FILE"
NAME = "hash.key"

_SHORTEST, _LONGEST = 16, 64  # BLAKE2b takes keys of up to 64 bytes


def load_key(directory: Path, path: str | Path | None = None) -> bytes:
    """The key: what the file holds, without white space around it, 16 to 64 bytes.

    The file is `path`, or the one that SCOREGATE_LOG_KEY_FILE names, or `hash.key` in the log's folder. The
    last is made (mode 0600) if it is not there, so that hashes stay the same across restarts and workers.
    Whoever reads both folder and key can guess at hashed facts: for more protection, keep the key
    elsewhere. Raises LogError.
    """
    named = path or os.environ.get(VARIABLE)
    try:
        return _read(Path(named)) if named else _read_or_make(directory / NAME)
    except OSError as error:
        place = named or directory / NAME
        raise LogError(f"the key of the log's hashes, {place}: {error.strerror}") from error


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        key = file.read(4096).strip()
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise LogError(
            f"the key of the log's hashes, {path}: expected {_SHORTEST} to {_LONGEST} bytes, "
            f"found {len(key)}; `openssl rand -hex 32 > {path}` makes one"
        )
    return key


def _read_or_make(path: Path) -> bytes:
    try:
        return _read(path)
    except FileNotFoundError:
        _make(path)
        return _read(path)


def _make(path: Path) -> None:
    """Of several workers that make the key at once, the first to link it wins, and nobody sees half a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, secrets.token_hex(32).encode() + b"\n")
        os.fsync(file)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.close(file)
        draft.unlink()
