"""What runs in each worker: load everything, then say so, and leave when the supervisor is gone."""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.synchronize import Semaphore
from pathlib import Path

import structlog

from policy.errors import LogError, PolicyError
from policy.log import Sync
from policy.telemetry import configure
from policy.web.app import application
from policy.web.door import Door, WSGIApp
from policy.web.service import open_service
from policy.web.stalled import end_stalled
from policy.web.tokens import Tokens
from policy.web.watch import Hangups, watch

log = structlog.get_logger("scoregate.worker")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker is told: a policy file or a folder of them, its port, the log, who may ask, where to count."""

    configs: str
    port: int
    log_dir: Path
    log_sync: Sync
    log_key_file: Path | None
    tokens: Tokens
    counts_dir: Path


def load(settings: Settings, loaded: Semaphore, hangups: Hangups) -> WSGIApp:
    """The application of one worker, with the door in front.

    `loaded` is released once all is loaded and warm; `hangups` counts the signals to load everything anew.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a fork brings the supervisor's handlers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches everybody; the supervisor passes it on
    configure()
    _leave_with_parent()
    try:
        service = open_service(
            settings.configs,
            log_dir=settings.log_dir,
            log_sync=settings.log_sync,
            log_key_file=settings.log_key_file,
            tokens=settings.tokens,
            counts_dir=settings.counts_dir,
        )
    except (PolicyError, LogError) as error:
        hint = "while the service runs it is started again and again, and serves once this is mended"
        log.critical("worker cannot start", error=str(error), hint=hint)
        sys.exit(1)
    app = application(service)
    watch(service.policies, hangups)
    end_stalled(settings.port)
    loaded.release()
    return Door(app.wsgi_app, service)


def _leave_with_parent() -> None:
    """A worker whose supervisor was killed would hold the port with nobody to stop it."""
    threading.Thread(target=_watch_parent, name="watch-parent", daemon=True).start()


def _watch_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
