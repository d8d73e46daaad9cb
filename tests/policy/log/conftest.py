"""A decision and its outcomes for the log's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.engine.decision import Decision
from policy.log import Damage, Record, read
from policy.runtime import load

POLICY = """\
decision: login
inputs:
  user:   {type: string, log: hash}
  age:    {type: int}
  ratio:  {type: double, optional: true}
  secret: {type: string, log: drop, optional: true}
  at:     {type: timestamp, optional: true}
  took:   {type: duration, optional: true}
  ip:     {type: ip, optional: true}
  new:    {type: bool, default: false}
  risk:   {type: double, min: 0, max: 1, optional: true}
score: {input: risk}
actions: {allow: , challenge: , block: }
bands: {allow: 0, challenge: 0.4, block: 0.9}
on_error: {score: challenge, facts: block, log: refuse}
"""


@pytest.fixture
def decision(tmp_path: Path) -> Decision:
    """A policy with an input of every type, some of them masked."""
    path = tmp_path / "login.yaml"
    path.write_text(POLICY)
    return load(path)


@pytest.fixture
def contents():
    """A function from a log's folder to its records and damages."""

    def of(place: Path) -> tuple[list[Record], list[Damage]]:
        damages: list[Damage] = []
        return list(read(place, damages.append)), damages

    return of
