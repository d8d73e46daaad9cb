"""What a policy file may say, and what is said when it says something else."""

from __future__ import annotations

import re

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from policy import source
from policy.diagnostics import render
from policy.spec.decision import DecisionSpec, read_decision

GOOD = """\
decision: login
description: What to do.
inputs:
  user_id: {type: string, log: hash}
  failed: {type: int, min: 0, default: 0}
  country: {type: string, enum: [NO, SE], optional: true}
  seen: {type: timestamp, min: "2000-01-01T00:00:00Z", optional: true}
unknown_facts: refuse
score:
  model: models/login
  inputs: {failedLogins: failed}
actions:
  allow:
  challenge:
  agent: {queue: fraud}
bands:
  allow: 0
  challenge: 0.40
  agent: 0.75
on_error: {score: challenge, facts: refuse, log: allow}
cases:
  - {facts: {user_id: a}, score: 0.59, expect: challenge}
  - {name: file, facts: examples/login.json, expect: {action: allow, degraded: false}, completed: [challenge]}
"""


def read(text):
    root, found = source.read(text.encode(), "p.yaml")
    if root is None:
        return None, found
    spec, more = read_decision(root)
    return spec, [*found, *more]


def test_a_policy_reads_as_written():
    """A sound file gives a spec with all that it says, and no diagnostics."""
    spec, found = read(GOOD)
    assert found == []
    assert isinstance(spec, DecisionSpec)
    assert (spec.name, spec.unknown_facts, spec.ladder) == (
        "login",
        "refuse",
        ("allow", "challenge", "agent"),
    )
    assert [(band.action, band.lower) for band in spec.bands] == [
        ("allow", 0.0),
        ("challenge", 0.4),
        ("agent", 0.75),
    ]
    user, failed, country, seen = spec.inputs
    assert (user.log, failed.minimum, failed.default, country.enum, country.optional) == (
        "hash",
        0,
        0,
        ("NO", "SE"),
        True,
    )
    assert seen.minimum.year == 2000
    assert (spec.score.model, spec.score.output, spec.score.inputs["failedLogins"].fact) == (
        "models/login",
        "probability[1]",
        "failed",
    )
    assert (spec.on_error.score, spec.on_error.facts, spec.on_error.log) == ("challenge", "refuse", "allow")
    assert spec.actions[2].data == {"queue": "fraud"}
    assert [(case.name, case.score, case.path) for case in spec.cases] == [
        ("case 1", 0.59, None),
        ("file", None, "examples/login.json"),
    ]


# What to replace in the good file, by what, and what must be said of it: code, line, words.
MISTAKES = [
    ("decision: login", "decision: Log in", "E115", 1, "Log in"),
    ("decision: login\n", "", "E112", 1, "`decision`"),
    ("bands:\n", "bnads:\n", "E111", 16, "did you mean `bands`?"),
    ("unknown_facts: refuse", "rollout: {}", "E114", 8, "`rollout`"),
    ("unknown_facts: refuse", "unknown_facts: ignroe", "E113", 8, "did you mean `ignore`?"),
    ("unknown_facts: refuse", "unknown_facts: off", "E113", 8, "expected ignore, refuse"),
    ("type: int", "type: integer", "E113", 5, "did you mean `int`?"),
    ("type: int, min: 0", "type: int, mim: 0", "E111", 5, "did you mean `min`?"),
    ("type: int, min: 0", "type: int, min: 0.5", "E121", 5, "int"),
    ("type: int, min: 0", "type: int, enum: [1, 1]", "E121", 5, "twice"),
    ("type: int, min: 0", "type: bool, min: 0", "E120", 5, "int, double, timestamp, duration"),
    ("min: 0, default: 0", "min: 3, max: 2", "E120", 5, "`min` is 3"),
    ("default: 0", "default: -1", "E121", 5, "at least 0"),
    ("default: 0", "default: 99999999999999999999", "E121", 5, "int"),
    ("enum: [NO, SE]", "enum: [NO, 5]", "E121", 6, 'write it in quotes: "5"'),
    ("enum: [NO, SE]", "enum: []", "E121", 6, "at least one"),
    ("enum: [NO, SE], optional: true", "optional: yes", "E110", 6, "write true"),
    ("optional: true}\n  seen", "optional: true, default: NO}\n  seen", "W404", 6, "no effect"),
    ('"2000-01-01T00:00:00Z"', '"2000-01-01"', "E121", 7, "RFC 3339"),
    ("country: {type", "in: {type", "E115", 6, "word of the policy language"),
    ("country: {type", "score: {type", "E115", 6, "bands divide"),
    ("country: {type", "my-country: {type", "E115", 6, "my-country"),
    ("failedLogins: failed", "failedLogins: faild", "E161", 11, "did you mean `failed`?"),
    ("model: models/login", "input: failed", "E160", 11, "`inputs`"),
    (
        "  model: models/login\n  inputs: {failedLogins: failed}\n",
        "  input: country\n",
        "E160",
        10,
        "declared string",
    ),
    ("  model: models/login\n  inputs: {failedLogins: failed}\n", "  {}\n", "E160", 10, "`model:`"),
    ("  agent: {queue: fraud}", "  agent: {needs: failed > 1}", "E146", 15, "`else`"),
    ("  allow:\n  challenge:", "  allow:\n  refuse:\n  challenge:", "E115", 14, "`refuse`"),
    ("  allow: 0", "  allow: 0.1", "E132", 17, "below 0.1"),
    ("  challenge: 0.40", "  challenge: 0.80", "E133", 19, "line 18"),
    ("  challenge: 0.40", "  challenge: 40", "E134", 18, "between 0 and 1"),
    ("  challenge: 0.40", "  challenge: high", "E110", 18, "number"),
    ("  challenge: 0.40", "  chalenge: 0.40", "E131", 18, "did you mean `challenge`?"),
    ("  challenge: 0.40\n  agent: 0.75", "  agent: 0.40\n  challenge: 0.75", "E135", 19, "line 18"),
    ("{score: challenge,", "{score: chalenge,", "E131", 20, "did you mean `challenge`?"),
    ("{score: challenge,", "{score: refuse,", "E131", 20, "expected allow, challenge, agent"),
    ("{score: challenge, ", "{", "E112", 20, "`score`"),
    ("score: 0.59, expect: challenge", "score: 0.59, expect: chalenge", "E131", 22, "did you mean"),
    ("score: 0.59, expect: challenge", "score: 0.59", "E112", 22, "`expect`"),
    ("examples/login.json", "../../etc/passwd", "E150", 23, "beside the policy"),
    ("examples/login.json", "/etc/passwd", "E150", 23, "beside the policy"),
    ("type: int, min: 0", "type: int, min: 0,5", "E110", 5, "has a point"),
    ("  agent: {queue: fraud}", "  agent: [queue]", "E110", 15, "write each as a key"),
    ("  agent: {queue: fraud}", "  agent: [{queue: fraud}]", "E110", 15, "leave out the dashes"),
]


@pytest.mark.parametrize(("old", "new", "code", "line", "words"), MISTAKES)
def test_each_mistake_is_told_with_its_place_and_a_way_out(old, new, code, line, words):
    """A mistake gives its code at its line, in words that name what was expected."""
    assert old in GOOD
    _, found = read(GOOD.replace(old, new, 1))
    told = [render([one]) for one in found if (one.code, one.span.line) == (code, line)]
    assert any(words in one for one in told), render(found)


def test_all_mistakes_are_told_at_once():
    """One reading names every planted mistake that does not hide another."""
    text = GOOD
    planted = [MISTAKES[number] for number in (0, 4, 6, 18, 26, 28, 34, 39)]
    for old, new, *_ in planted:
        assert old in text
        text = text.replace(old, new, 1)
    spec, found = read(text)
    assert spec is None
    assert {(code, line) for _, _, code, line, _ in planted} <= {(one.code, one.span.line) for one in found}


def test_the_version_ignores_form_but_not_meaning():
    """Comments, quotes, spaces, 0.40 for 0.4, descriptions and cases keep the version; a threshold changes it."""
    version = read(GOOD)[0].version
    assert re.fullmatch("sha256:[0-9a-f]{64}", version)
    for old, new in [
        ("decision: login", "# a comment\ndecision:   'login'"),
        ("0.40", "4e-1"),
        ("description: What to do.", "description: Something else."),
        ("score: 0.59, expect: challenge", "score: 0.58, expect: challenge"),
        ("type: string, log: hash", "type: string, log: hash, description: Who"),
    ]:
        assert read(GOOD.replace(old, new, 1))[0].version == version
    for old, new in [
        ("0.40", "0.41"),
        ("log: hash", "log: drop"),
        ("queue: fraud", "queue: fraud2"),
        ("min: 0", "min: -1"),
    ]:
        assert read(GOOD.replace(old, new, 1))[0].version != version


TOKENS = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ":",
        "- ",
        "\n",
        "\n  ",
        "null",
        "true",
        "0.4",
        "-1",
        "1e999",
        ".nan",
        "allow",
        "refuse",
        "&a ",
        "*a",
        "inputs:",
        "bands:",
        "<<: ",
        "!!int ",
        "'",
        '"',
        "\x00",
        "é",
        "9" * 30,
        "type: int",
        "enum:",
        "facts:",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 30), TOKENS), min_size=1, max_size=4))
def test_a_mutated_policy_gives_a_spec_or_diagnostics(cuts):
    """Whatever is done to a policy file, the answer is a spec or an error with a place."""
    text = GOOD
    for start, length, token in cuts:
        text = text[:start] + token + text[start + length :]
    spec, found = read(text)
    assert spec is not None or any(one.severity == "error" for one in found)
    assert render(found).count("\n") >= len(found) - 1


def test_one_mistake_is_told_once():
    """What follows from a mistake alone is not told besides: actions that are none, a broken definition, a wrong key."""
    text = """\
decision: login
inputs: {risk: {type: float}, n: {type: int}}
score: {input: risk}
actions: [allow, block]
bands: {allow: 0, block: 0.9}
define: {many: n > 1;000, more: many && n > 2000, round: again, again: round}
rules:
  - {name: one, if: many || more || round, action: block}
  - just words
tables:
  - {name: all, columns: n action, rows: []}
on_error: {score: challenge}
"""
    root, _ = source.read(text.encode(), "p.yaml")
    assert root is not None
    _, found = read_decision(root)
    assert [(one.code, one.span.line) for one in found] == [
        ("E113", 2), ("E143", 6), ("E200", 6), ("E110", 4), ("E111", 8), ("E110", 9), ("E110", 11)
    ]  # fmt: skip
