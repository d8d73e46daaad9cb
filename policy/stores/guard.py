"""A store that is never waited for: whatever a driver does, a reader has its answer in time or a StoreError.

Drivers keep their own timeouts, but not all of them in every state of a network. So a read happens in a thread of its
own; after a failure the store is left alone for a while, so that a dead one costs one wait and not one a request.

What a reader is told goes to callers and into records, so it names neither the store nor what its driver said: that
is for the process log, once a failure.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from policy.errors import StoreError
from policy.stores.store import Entry, Store

T = TypeVar("T")

THREADS = 8
SECONDS = 0.25
PAUSE = 1.0

log = logging.getLogger(
    "scoregate.stores"
)  # that of the library: it speaks on standard error where nobody set it up


@dataclass(slots=True)
class Guarded:
    """Reads a store with a deadline. seconds: for one read; pause: seconds without reads after a failure."""

    store: Store
    seconds: float = SECONDS
    pause: float = PAUSE
    clock: Callable[[], float] = time.monotonic
    _closed_until: float = field(default=0.0, init=False)
    _free: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(THREADS), init=False
    )
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, thread_name_prefix="store"), init=False
    )

    def get(self, name: str, key: str) -> Entry | None:
        """The entry of a key; None if there is none. Raises StoreError at the latest after `seconds`."""
        return self._asked(lambda: self.store.get(name, key))

    def many(self, name: str, keys: Sequence[str]) -> Mapping[str, Entry]:
        """The entries of those keys that have one, likewise."""
        return self._asked(lambda: self.store.many(name, keys))

    def _asked(self, ask: Callable[[], T]) -> T:
        if self.clock() < self._closed_until:
            raise StoreError("the store failed a moment ago, and is not asked again yet")
        end = time.monotonic() + self.seconds
        if not self._free.acquire(timeout=self.seconds):
            raise self._failed(
                f"the store gave no answer within {self.seconds:g} s", "every thread waits for it"
            )
        future = self._threads.submit(self._read, ask)
        try:
            return future.result(max(0.0, end - time.monotonic()))
        except TimeoutError:
            raise self._failed(f"the store gave no answer within {self.seconds:g} s") from None
        except Exception as error:  # drivers raise what they like
            raise self._failed("the store cannot be read", str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Let go of threads and connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.store.close()

    def _read(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        finally:
            self._free.release()

    def _failed(self, why: str, detail: str = "") -> StoreError:
        self._closed_until = self.clock() + self.pause
        log.warning("%s%s", why, f": {detail}" if detail else "")
        return StoreError(why)
