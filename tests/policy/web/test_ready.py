"""GET /readyz: whether requests may come."""

from __future__ import annotations

import shutil

import pytest

from policy.web import open_service


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
    answer = send("GET", "/readyz")
    assert (answer.status, answer.json["type"]) == (503, "urn:scoregate:problem:log-unavailable")
    assert str(place) not in answer.body.decode()  # who asks needs no token
    assert send("GET", "/healthz").status == 200
    place.unlink()
    assert send("GET", "/readyz").json["log"] == "ok"


def test_a_log_that_may_fail(adapter, configs, disk):
    """Where every policy has an action for it, the service is ready without its log, and says that this fails."""
    place, fail = disk
    send = adapter(open_service(configs / "lenient.yaml", log_dir=place))
    fail()
    answer = send("GET", "/readyz")
    assert (answer.status, answer.json["log"]) == (200, "failing")
