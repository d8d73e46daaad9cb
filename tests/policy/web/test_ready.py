"""GET /readyz: whether requests may come."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.log.writable import Rarely
from policy.web import open_service


def until(condition):
    """Wait for what the next look at the disk shows."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)


@pytest.fixture
def disk(tmp_path):
    """A folder for the log, and a function that makes it one that nothing can be written to."""
    place = tmp_path / "log"

    def fail():
        shutil.rmtree(place)
        place.write_text("a file where the folder should be")

    return place, fail


def test_without_a_log(send):
    """Who records nothing is ready, and says so."""
    assert send("GET", "/readyz").json["log"] == "off"


def test_a_log_that_cannot_be_written(adapter, configs, disk):
    """While the log cannot be written, and a policy gives nothing unrecorded, requests should go elsewhere: 503."""
    place, fail = disk
    send = adapter(open_service(configs, log_dir=place))
    assert send("GET", "/readyz").json["log"] == "ok"
    fail()
    until(lambda: send("GET", "/readyz").status == 503)
    answer = send("GET", "/readyz")
    assert (answer.status, answer.json["type"]) == (503, "urn:scoregate:problem:log-unavailable")
    assert str(place) not in answer.body.decode()  # who asks needs no token
    assert send("GET", "/healthz").status == 200
    place.unlink()
    until(lambda: send("GET", "/readyz").status == 200)
    assert send("GET", "/readyz").json["log"] == "ok"


def test_a_log_that_may_fail(adapter, configs, disk):
    """Where every policy has an action for it, the service is ready without its log, and says that this fails."""
    place, fail = disk
    send = adapter(open_service(configs / "lenient.yaml", log_dir=place))
    fail()
    answer = send("GET", "/readyz")
    assert (answer.status, answer.json["log"]) == (200, "failing")


@given(steps=st.lists(st.tuples(st.floats(0, 0.7), st.sampled_from([None, "no space", "gone"])), max_size=60))
def test_the_disk_is_asked_once_a_second(steps):
    """However often it is asked, the disk works once a second at most, and no answer is older than that."""
    now, state, asked, truths = [0.0], [None], [], []

    def ask():
        asked.append(now[0])
        return state[0]

    rarely = Rarely(ask, clock=lambda: now[0])
    for wait, said in steps:
        now[0], state[0] = now[0] + wait, said
        truths.append((now[0], said))
        assert rarely() in [known for at, known in truths if at > now[0] - 1.0]
    assert all(after - before >= 1.0 for before, after in pairwise(asked))


def test_nobody_waits_for_a_disk_that_hangs():
    """While one who asks waits for the disk, others are told what it said last."""
    now, hangs, released = [0.0], Event(), Event()

    def ask():
        if now[0]:
            hangs.set()
            released.wait(10)
            return "slow"
        return None

    rarely = Rarely(ask, clock=lambda: now[0])
    assert rarely() is None
    now[0] = 2.0
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(rarely)
        assert hangs.wait(10)
        assert [rarely() for _ in range(3)] == [None] * 3
        released.set()
        assert first.result(10) == "slow"
    assert rarely() == "slow"
