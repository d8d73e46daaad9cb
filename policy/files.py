"""Files that stand beside a policy."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

MAX_BYTES = 1 << 20


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file, such as the facts of a case.

    Raises OSError, or ValueError that says what is wrong: stricter than `json`, it takes no NaN and no key twice.
    """
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
