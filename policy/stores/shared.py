"""The stores that policies name: each opened once in a process, and read with a deadline."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from policy.diagnostics import Diagnostic
from policy.errors import StoreError
from policy.spec.store import StoreSpec
from policy.stores.address import beside, open_store
from policy.stores.guard import Guarded

_lock = threading.Lock()
_open: dict[tuple[int, str, float], Guarded] = {}  # by process too: connections do not survive a fork


def shared(spec: StoreSpec, folder: Path) -> Guarded:
    """The guarded store of a policy in a folder. Raises StoreError if its address means nothing."""
    address = beside(spec.url, folder)
    key = os.getpid(), address, spec.seconds
    with _lock:
        if key not in _open:
            _open[key] = Guarded(open_store(address, spec.seconds), spec.seconds)
        return _open[key]


def check_store(spec: StoreSpec | None, folder: Path) -> list[Diagnostic]:
    """An address that means nothing is found at load, and a driver that is not there; nothing is asked of the store."""
    if spec is None:
        return []
    try:
        open_store(beside(spec.url, folder), spec.seconds).close()
    except StoreError as error:
        return [Diagnostic("E188", f"the store cannot be used: {error}", spec.span)]
    return []
