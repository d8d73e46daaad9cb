"""An output file that is whole or not there: written beside its place, and renamed at the end."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from policy.cli.tables.formats import Place


@contextlib.contextmanager
def output(place: Place) -> Iterator[Any]:
    """Open a file, or standard output, for writing bytes.

    An error, Ctrl-C or SIGTERM leaves what was there before. A device or a pipe is written directly.
    """
    if place.is_standard:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(os.path.realpath(place.name))
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        with path.open("wb") as file, _compressed(file, place.compression) as stream:
            yield stream
        return
    draft = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.part")
    with _terminable():
        try:
            with draft.open("xb") as file:
                with _compressed(file, place.compression) as stream:
                    yield stream
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                draft.chmod(stat.S_IMODE(path.stat().st_mode))
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def _compressed(file: Any, compression: str | None) -> Iterator[Any]:
    if compression is None:
        yield file
        return
    own = os.fdopen(os.dup(file.fileno()), "wb")  # Arrow closes what it writes to
    with pa.CompressedOutputStream(pa.PythonFile(own), compression) as stream:
        yield stream


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the program as an exception does, so that files are cleaned up."""
    if threading.current_thread() is not threading.main_thread():  # no signal comes here
        yield
        return
    before = signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _exit(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)
