"""Laws of the log that a service holds."""

from __future__ import annotations

import pytest

from policy.errors import LogError
from policy.log import DecisionLog
from policy.runtime import load

FACTS = {"user": "ann", "age": 39, "risk": 0.5}


def test_decisions_are_recorded_by_their_policy(tmp_path, decision, contents):
    """Each decision is recorded as its own policy's inputs say, a new version of a policy included."""
    log = DecisionLog(tmp_path / "log")
    log.record(decision, decision.row(FACTS), "d1", 0)
    path = tmp_path / "login.yaml"
    path.write_text(path.read_text().replace("age:    {type: int}", "age:    {type: int, log: drop}"))
    newer = load(path)
    log.record(newer, newer.row(FACTS), "d2", 0)
    log.record(decision, decision.row(FACTS), "d3", 0)
    records, damages = contents(tmp_path / "log")
    assert damages == []
    assert [record.facts.get("age") for record in records] == [39, None, 39]
    assert len({record.facts["user"] for record in records}) == 1


def test_a_log_that_cannot_be_written_does_not_start(tmp_path):
    """A folder that cannot be written is found when the log is opened."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match="cannot be written"):
        DecisionLog(tmp_path / "file" / "log")


def test_hashes_survive_a_restart(tmp_path, decision, contents):
    """Two runs on one folder give one fact one hash."""
    for run in ("a", "b"):
        log = DecisionLog(tmp_path / "log")
        log.record(decision, decision.row(FACTS), run, 0)
        log.close()
    records, _ = contents(tmp_path / "log")
    assert len(records) == 2
    assert len({record.facts["user"] for record in records}) == 1
