"""The `serve` process: starts workers, replaces the dead, stops them all.

It loads no model and starts no thread pool.

The server is granian's. Only its loop is replaced: granian's gives up when one worker dies twice within
seconds, and can miss a second worker that dies while it replaces the first.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.context import BaseContext
from multiprocessing.synchronize import Semaphore
from typing import Any

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer, WorkerProcess

from policy.web.address import Address
from policy.web.door import WSGIApp
from policy.web.watch import Hangups

_FIRST_DELAY = 0.05  # seconds before a dead worker is replaced
_LONGEST_DELAY = 5.0
_STABLE = 3.0  # a worker that lived so long starts with the first delay again
_TICK = 0.5
_PATIENCE = 120.0  # in which the first workers must have loaded
_THREADS = 16  # of a worker, started as they are needed: a client that is slow to send its body holds one
_GRACE = 10  # in which a worker must have finished what is under way

log = structlog.get_logger("scoregate.supervisor")


@dataclass(slots=True)
class _Restart:
    """When a dead worker may be replaced."""

    delay: float = _FIRST_DELAY
    due: float | None = None


@dataclass(slots=True)
class _Restarts:
    """Delays of replacement a worker: short at first, longer when it keeps dying young."""

    plans: dict[int, _Restart] = field(default_factory=dict)

    def due(self, index: int, age: float, now: float) -> bool:
        """Whether the dead worker is to be replaced now; its age is counted when it is first seen dead."""
        plan = self.plans.setdefault(index, _Restart())
        if plan.due is None:
            plan.delay = _FIRST_DELAY if age >= _STABLE else min(plan.delay * 2, _LONGEST_DELAY)
            plan.due = now + plan.delay
        if now < plan.due:
            return False
        plan.due = None
        return True

    def wait(self, now: float) -> float:
        """Seconds until the next replacement is due, or the tick."""
        pending = [plan.due - now for plan in self.plans.values() if plan.due is not None]
        return max(0.01, min([_TICK, *pending]))


class Supervisor(MPServer):
    """Granian with several processes, whose dead workers are always replaced.

    announce: called once all the first workers have loaded and listen. On SIGHUP the workers are told to load
    everything anew: each replaces its policies, or keeps them. `failed` tells whether the start failed.
    """

    def __init__(self, address: Address, *, workers: int, announce: Callable[[], None]) -> None:
        super().__init__(
            "scoregate",
            address=address.host,
            port=address.port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=_THREADS,
            backpressure=512,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=5_000, max_buffer_size=65_536),
            websockets=False,
            log_level=LogLevels.critical,
            workers_kill_timeout=_GRACE,
        )
        self.failed = False
        self._address = address
        self._announce = announce
        self._restarts = _Restarts()
        self._loaded = context().Semaphore(0)
        self._hangups: Hangups = context().Value("Q", 0, lock=False)

    def run(self, loader: Callable[[Semaphore, Hangups], WSGIApp]) -> None:
        """Serve until SIGTERM or SIGINT.

        `loader` makes the application in each worker, and then releases its first argument; the second grows
        with every SIGHUP.
        """
        self.serve(target_loader=partial(_load, loader, self._loaded, self._hangups), wrap_loader=False)

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        if not self._wait_for_all():
            self.failed = not self.interrupt_signal
        else:
            self._announce()
            while not self.interrupt_signal:
                self._turn(spawn_target, target_loader)
        self.interrupt_children.clear()  # granian would take them for a failure

    def _turn(self, spawn_target: Any, target_loader: Any) -> None:
        self.main_loop_interrupt.wait(self._restarts.wait(time.monotonic()))
        self.main_loop_interrupt.clear()
        if self.interrupt_signal:
            return
        self._replace_dead(spawn_target, target_loader)
        if self.reload_signal:
            self.reload_signal = False
            self._hangups.value += 1

    def _wait_for_all(self) -> bool:
        """Whether all workers have loaded and the port answers; False as soon as one of them dies."""
        deadline = time.monotonic() + _PATIENCE
        waiting = self.workers
        while waiting > 0 or not self._address.answers():
            if self.interrupt_signal or time.monotonic() > deadline:
                return False
            if not all(worker.is_alive() for worker in self.wrks):
                return False
            if self._loaded.acquire(timeout=0.02):
                waiting -= 1
        return True

    def _replace_dead(self, spawn_target: Any, target_loader: Any) -> None:
        now = time.monotonic()
        for index, worker in enumerate(self.wrks):
            if not worker.is_alive() and self._restarts.due(index, now - worker.birth, now):
                log.warning(
                    "worker died, starting another", worker=index + 1, exit_code=worker.inner.exitcode
                )
                self.wrks[index] = self._start(index, spawn_target, target_loader)

    def _start(self, index: int, spawn_target: Any, target_loader: Any) -> WorkerProcess:
        fresh = self._spawn_worker(idx=index, target=spawn_target, callback_loader=target_loader)
        fresh.start()
        return fresh


def _load(loader: Callable[[Semaphore, Hangups], WSGIApp], loaded: Semaphore, hangups: Hangups) -> WSGIApp:
    """The application of a worker, whose threads, those that the server starts after this too, take turns.

    For each request the server's thread wakes the one of the application, and is woken by it. In the normal class
    of scheduling the woken one interrupts the other each time, which takes 9 of the 23 µs of a request whose
    application does nothing. In the class for batches it waits until the other pauses, and finds several to do.
    """
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):  # a sandbox may forbid it
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    return loader(loaded, hangups)


def context() -> BaseContext:
    """The way of starting processes that granian uses too."""
    method = multiprocessing.get_start_method()
    return multiprocessing.get_context(method if method in {"fork", "spawn"} else "spawn")
