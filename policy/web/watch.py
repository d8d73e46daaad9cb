"""A thread that keeps the policies in step with their files: it looks once a second, and at a word from outside."""

from __future__ import annotations

import os
import threading
import time
from typing import Protocol

import structlog

from policy.live import Live, Reload

SECONDS = 1.0  # between looks; a change is taken once it has been at rest from one look to the next

log = structlog.get_logger("scoregate.policies")


class Hangups(Protocol):
    """How many SIGHUPs the service has had, as a value that processes share."""

    value: int


def watch(live: Live, hangups: Hangups | None = None, seconds: float = SECONDS) -> threading.Thread:
    """Follow the files of the policies until the process ends. `hangups`: when it grows, everything is loaded anew."""
    thread = threading.Thread(
        target=_watch, args=(live, hangups, seconds), name="watch-policies", daemon=True
    )
    thread.start()
    return thread


def _watch(live: Live, hangups: Hangups | None, seconds: float) -> None:
    heard = 0 if hangups is None else hangups.value
    while True:
        time.sleep(seconds)
        count = heard if hangups is None else hangups.value
        try:
            tell(live.reload(anew=True) if count != heard else live.follow())
        except Exception:
            log.exception("the policies cannot be watched; trying again")
        heard = count


def tell(reload: Reload | None) -> None:
    """Say in the process log what came of an attempt."""
    if reload is None:
        return
    status = reload.status
    if reload.error is None:
        log.info("policies reloaded", policies=reload.runtime.versions, process=os.getpid())
        return
    age = round(time.time() - status.loaded_at)
    log.error(
        "policies not reloaded: the last good ones stay",
        age_seconds=age,
        error=reload.error,
        process=os.getpid(),
    )
