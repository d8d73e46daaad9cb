"""Files that stand beside a policy: facts of cases, lists and tables."""

from __future__ import annotations

import errno
import json
import stat
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from policy import sheets
from policy.sheets import Sheet

MAX_BYTES = 1 << 20


class UnreadableError(Exception):
    """A file that cannot be read at all; the text says why."""


def inside(folder: Path, path: str) -> Path:
    """The file of a path that a policy names. Raises UnreadableError if it is none, or leaves the policy's folder."""
    pure = PurePosixPath(path)
    if not path or pure.is_absolute() or ".." in pure.parts or any(char in path for char in "\0\\:"):
        raise UnreadableError("its path must lie beside the policy or below it, such as lists/office.csv")
    file = folder / pure
    try:
        if not file.resolve().is_relative_to(folder.resolve()):
            raise UnreadableError("its path leads out of the policy's folder")
        if not stat.S_ISREG(file.stat().st_mode):
            raise UnreadableError("it is not a file")
    except (OSError, ValueError, RuntimeError) as error:  # a loop of links is a RuntimeError
        raise UnreadableError(_reason(error)) from None
    return file


def check_regular(file: Path) -> None:
    """Raises OSError for a pipe, a socket or a folder, which reading could wait for without end; /dev/ is let be."""
    if not stat.S_ISREG(file.stat().st_mode) and not str(file).startswith("/dev/"):
        raise OSError(errno.EINVAL, "it is not a file")


def read_sheet(folder: Path, path: str) -> Sheet:
    """The rows of a list or table beside or below the folder. Raises UnreadableError.

    A file that ends in .csv or .tsv is CSV, any other holds a value a line.
    """
    file = inside(folder, path)
    try:
        with file.open("rb") as stream:
            data = stream.read(sheets.MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableError(_reason(error)) from None
    if len(data) > sheets.MAX_BYTES:
        raise UnreadableError(f"it has more than {sheets.MAX_BYTES:,} bytes")
    return sheets.parse(data, str(folder / path), csv=file.suffix.lower() in (".csv", ".tsv"))


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file, such as the facts of a case.

    Raises OSError, or ValueError that says what is wrong: stricter than `json`, it takes no NaN and no key twice.
    """
    check_regular(file)
    with file.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
    try:
        value = json.loads(data, object_pairs_hook=_members, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if isinstance(value, dict):
        return value
    raise ValueError("it must hold a JSON object")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key `{twice}` stands twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
