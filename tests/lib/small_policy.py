"""A small policy whose inputs have few values, what lint says of it, and random values of its inputs."""

from __future__ import annotations

from hypothesis import strategies as st

from policy import source
from policy.spec.decision import read_decision
from policy.spec.lint import lint
from policy.spec.reader import Reader

LADDER = ["allow", "challenge", "sms", "agent", "block"]
SEEDS = st.integers(0, 2**40)

POLICY = """\
decision: login
inputs:
  n: {type: int, min: 0, max: 5}
  m: {type: int, optional: true}
  b: {type: bool, default: false}
  e: {type: string, enum: [x, y, z]}
  s: {type: string, optional: true}
  risk: {type: double, min: 0, max: 1, optional: true}
score: {input: risk}
actions: {allow: , challenge: , sms: , agent: , block: }
bands: {allow: 0, challenge: 0.4, sms: 0.6, agent: 0.75, block: 0.9}
on_error: {score: challenge}
"""


def spec_of(text):
    root, found = source.read(text.encode(), "p.yaml")
    assert root is not None, found
    spec, more = read_decision(root)
    assert spec is not None, more
    return spec


def linted(text):
    """The spec, and the codes and names of what is proved about it."""
    spec, reader = spec_of(text), Reader()
    lint(spec, None, {"risk"}, reader)
    return spec, reader.found


def random_values(random):
    score = random.choice([None, 0.0, 0.29, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.9, 0.93, 0.95, 1.0])
    return {
        "n": random.randint(0, 5),
        "m": random.choice([None, -1, 0, 1, 2, 3, 5]),
        "b": random.random() < 0.5,
        "e": random.choice("xyz"),
        "s": random.choice([None, "", "a", "ab", "abc", "b"]),
        "risk": random.choice([None, 0.0, 0.3, 0.75, 0.8, 1.0]),
        "score": score,
    }
