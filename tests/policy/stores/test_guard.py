"""A store that is down, slow or silent costs a reader at most its deadline."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from policy.stores import Entry, Guarded, StoreError, open_store


class Slow:
    """A store whose answers take their time."""

    def __init__(self, seconds):
        self.seconds, self.asked = seconds, 0

    def get(self, name, key):
        self.asked += 1
        time.sleep(self.seconds)
        return Entry(b"1", 0.0, "v")

    def close(self):
        pass


@pytest.fixture
def silent():
    """The port of a server that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield server.getsockname()[1]


def test_an_answer_in_time_is_given():
    """A store that answers in time is read through the guard as it is."""
    guard = Guarded(Slow(0.0))
    assert guard.get("p", "a") == Entry(b"1", 0.0, "v")
    guard.close()


@pytest.mark.parametrize("scheme", ["postgresql://u@127.0.0.1:{}/db", "redis://127.0.0.1:{}/0"])
def test_a_silent_server_is_not_waited_for(silent, scheme):
    """A server that takes the connection and then is silent costs a reader the deadline, and the next one nothing."""
    guard = Guarded(open_store(scheme.format(silent), seconds=5), seconds=0.2, pause=60)
    began = time.monotonic()
    with pytest.raises(StoreError, match=r"0\.2 s"):
        guard.get("p", "a")
    assert time.monotonic() - began < 4  # a hang would be longer; how much longer is the machine's affair
    with pytest.raises(StoreError, match="a moment ago"):
        guard.get("p", "a")


def test_after_a_pause_the_store_is_asked_again():
    """A store that failed is left alone for the pause, and then asked again."""
    now = [0.0]
    slow = Slow(0.5)
    guard = Guarded(slow, seconds=0.05, pause=10, clock=lambda: now[0])
    for _ in range(3):
        with pytest.raises(StoreError):
            guard.get("p", "a")
    assert slow.asked == 1
    now[0], slow.seconds = 11.0, 0.0
    assert guard.get("p", "a").value == b"1"
    assert slow.asked == 2
    guard.close()


def test_threads_that_hang_are_bounded():
    """However many readers come while a store hangs, a handful of threads wait for it, and nobody else does."""
    slow = Slow(1.0)
    guard = Guarded(slow, seconds=0.01, pause=0.0)
    failures = []

    def read():
        try:
            guard.get("p", "a")
        except StoreError as error:
            failures.append(str(error))

    threads = [threading.Thread(target=read) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == 40
    assert slow.asked <= 8
    assert all("no answer" in failure for failure in failures)
    guard.close()


def test_more_readers_than_threads():
    """A store that answers is not given up because many ask at once: they wait for their turn."""
    guard = Guarded(Slow(0.01), seconds=5.0)
    found = []
    threads = [threading.Thread(target=lambda: found.append(guard.get("p", "a"))) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    guard.close()


class Broken:
    """A store whose driver raises what no driver should."""

    def get(self, name, key):
        raise UnicodeError("of 10.0.0.7:5432")

    def close(self):
        pass


def test_what_a_driver_says_is_for_the_process_log(caplog):
    """Whatever a driver raises is a StoreError that tells a caller nothing of the store; the process log has it."""
    guard = Guarded(Broken())
    with pytest.raises(StoreError) as caught:
        guard.get("p", "a")
    assert str(caught.value) == "the store cannot be read"
    assert "10.0.0.7:5432" in caplog.text
    guard.close()
