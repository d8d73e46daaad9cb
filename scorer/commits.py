"""What Databricks leaves beside part files: which of them belong to a transaction that ended.

A write of transaction T makes parts named `…-tid-T-…`, an empty `_started_T`, and at its end `_committed_T`: JSON that
names the parts `added` and those of earlier transactions that it `removed`. Parts of a write that never ended, of a
task that was tried twice, and removed parts stay where they are until a VACUUM, and none of them is to be read.
Source: "Transactional writes to cloud storage with DBIO", docs.databricks.com.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

_MARK = re.compile(r"_(started|committed)_(\d{1,40})")  # `_committed_vacuum…` tells of what is gone already
_TRANSACTION = re.compile(r"-tid-(\d{1,40})-")


class Commit(msgspec.Struct, frozen=True):
    """What one transaction added and removed, by name."""

    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


def parse(content: bytes) -> Commit:
    """Read a `_committed_T` file; raises ValueError."""
    try:
        return msgspec.json.decode(content, type=Commit)
    except (msgspec.MsgspecError, RecursionError) as e:
        raise ValueError(str(e)) from None


def marks(names: Iterable[str]) -> tuple[frozenset[str], dict[str, str]]:
    """Return the transactions that started, and the file of each that was committed."""
    found = [(name, mark) for name in names if (mark := _MARK.fullmatch(name))]
    started = frozenset(mark[2] for _, mark in found if mark[1] == "started")
    return started, {mark[2]: name for name, mark in found if mark[1] == "committed"}


def current(parts: Iterable[str], started: frozenset[str], commits: Mapping[str, Commit]) -> list[str]:
    """Keep the parts that are to be read; raises ValueError if one that was committed is missing.

    A save is written whole: where transactions list what they added, nothing else belongs to it. Where none does, a
    part is read unless its own transaction started and did not end, or another one removed it.
    """
    present = list(parts)
    gone = frozenset().union(*(commit.removed for commit in commits.values()))
    due = frozenset().union(*(commit.added for commit in commits.values())) - gone
    missing = sorted(name for name in due.difference(present) if name.startswith("part-"))
    if missing:
        raise ValueError(f"its part `{missing[0]}`, which a transaction committed, is missing")
    if due:
        return [name for name in present if name in due]
    return [name for name in present if name not in gone and not _of(name, started - commits.keys())]


def _of(name: str, transactions: frozenset[str]) -> bool:
    found = _TRANSACTION.search(name)
    return found is not None and found[1] in transactions
