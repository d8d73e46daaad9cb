"""A policy to decide by."""

from __future__ import annotations

import pytest

from policy import source
from policy.engine.build import build
from policy.engine.scorer import ConstantScorer
from policy.spec.decision import read_decision

POLICY = """\
decision: login
inputs:
  user_id: {type: string}
  ip: {type: ip, log: hash}
  failed: {type: int, min: 0, default: 0}
  rtt: {type: double, optional: true}
score: {model: models/login}
actions:
  allow:
  challenge:
  sms:
  agent: {queue: fraud}
  block:
bands: {allow: 0, challenge: 0.40, sms: 0.60, agent: 0.75, block: 0.90}
on_error: {score: challenge, facts: refuse}
"""


@pytest.fixture
def make():
    """A function (text, scorer) -> Decision, and (old, new) pairs to replace in the policy before."""

    def make(*changes, scorer=None, text=POLICY):
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        root, found = source.read(text.encode(), "login.yaml")
        spec, more = read_decision(root)
        assert spec is not None, [*found, *more]
        decision, found = build(spec, ConstantScorer(0.73) if scorer is None and spec.score.model else scorer)
        assert decision is not None, found
        return decision

    return make


@pytest.fixture
def facts():
    """Facts that the policy takes."""
    return {"user_id": "u1", "ip": "203.0.113.7", "failed": 2, "rtt": 31.5}
