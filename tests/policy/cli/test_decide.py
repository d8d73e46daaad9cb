"""`scoregate decide`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from policy.cli.decide import command

POLICY = """\
decision: login
inputs:
  user: {type: string}
  tries: {type: int, default: 3}
  risk: {type: double, min: 0, max: 1, optional: true}
score: {input: risk}
actions: {allow: , challenge: , block: {queue: fraud}}
bands: {allow: 0, challenge: 0.4, block: 0.9}
on_error: {score: challenge, facts: block}
"""


@pytest.fixture
def decide(tmp_path):
    """A function that decides facts by the policy, with options; the facts may be bytes."""
    path = tmp_path / "login.yaml"
    path.write_text(POLICY)

    def run(facts, *options, policy=path):
        file = tmp_path / "facts.json"
        file.write_bytes(facts if isinstance(facts, bytes) else json.dumps(facts).encode())
        result = CliRunner().invoke(command, [str(policy), str(file), *options])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


def test_explained(decide):
    """A decision is shown with its score, band, edges, distance, reasons, data and versions."""
    result = decide({"user": "u", "risk": 0.95})
    assert result.exit_code == 0
    for words in (
        "action   block",
        "0.95 (the fact `risk`)",
        "[0.9, 1]",
        "0.05 from",
        '"queue": "fraud"',
        "sha256:",
    ):
        assert words in result.output


def test_what_if(decide):
    """`--score` decides as if the model had said it."""
    result = decide({"user": "u", "risk": 0.95}, "--score", "0.59")
    assert "action   challenge" in result.output
    assert "0.59 (given by --score)" in result.output


def test_no_score(decide):
    """Without a score the cause is shown."""
    result = decide({"user": "u"})
    assert "action   challenge" in result.output
    assert "degraded" in result.output
    assert decide({"user": "u"}, "--score", "nan").output.count("degraded") == 1


def test_completed(decide):
    """A completed action counts as allow; one that does not exist is refused."""
    assert "action   allow" in decide({"user": "u", "risk": 0.5}, "--completed", "challenge").output
    refused = decide({"user": "u"}, "--completed", "chalenge")
    assert (refused.exit_code, "`challenge`" in refused.output) == (1, True)


def test_trace(decide):
    """`--trace` shows the facts as they were read and where the score lies among the bands."""
    output = decide({"user": "u", "risk": 0.5}, "--trace").output
    assert "tries = 3" in output
    assert "[0.4, 0.9)   challenge <- here" in output


def test_json(decide):
    """As JSON it is the service's answer, with the facts if traced."""
    body = json.loads(decide({"user": "u", "risk": 0.5}, "--format", "json", "--trace").output)
    assert (body["action"], body["band"]["upper"], body["facts"]["tries"]) == ("challenge", 0.9, 3)


def test_strict(decide):
    """A fact that the policy does not know is refused with the name that is nearest."""
    result = decide({"user": "u", "tires": 2})
    assert result.exit_code == 1
    assert "/tires" in result.stderr
    assert "did you mean `tries`?" in result.stderr


def test_wrong_facts_as_action(decide):
    """Where the policy has an action for wrong facts, it is shown, with every problem."""
    body = json.loads(decide({"tries": "x"}, "--format", "json").output)
    assert (body["action"], [one["pointer"] for one in body["degraded"]]) == ("block", ["/user", "/tries"])


def test_wrong_facts_refused(decide, tmp_path):
    """Where the policy refuses wrong facts, every problem is named, in either format, with exit code 1."""
    refusing = tmp_path / "refusing.yaml"
    refusing.write_text(POLICY.replace("facts: block", "facts: refuse"))
    result = decide({"tries": "x"}, "--format", "json", policy=refusing)
    assert [one["pointer"] for one in json.loads(result.stdout)["problems"]] == ["/user", "/tries"]
    assert (result.exit_code, "/user" in result.stderr, "/tries" in result.stderr) == (1, True, True)


@pytest.mark.parametrize(
    "facts",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"user":NaN}',
        b"[" * 100_000,
        b'{"user":"\\ud800"}',
        b"x" * 2_000_000,
        b"9" * 5000,
    ],
)
def test_hostile_facts(decide, facts):
    """Facts that are no facts are one clear error."""
    result = decide(facts)
    assert "Traceback" not in result.output
    assert "recursion" not in result.output
    assert result.output.strip()


def test_standard_input(tmp_path):
    """`-` reads standard input."""
    (tmp_path / "login.yaml").write_text(POLICY)
    result = CliRunner().invoke(
        command, [str(tmp_path / "login.yaml"), "-"], input='{"user": "u", "risk": 0.1}'
    )
    assert "action   allow" in result.output


def test_policy_with_errors(decide, tmp_path):
    """A policy that does not load is shown with its diagnostics."""
    (tmp_path / "bad.yaml").write_text("decision: 1")
    result = decide({}, policy=tmp_path / "bad.yaml")
    assert (result.exit_code, "bad.yaml:1:" in result.stderr) == (1, True)
    assert "E100" in decide({}, policy=tmp_path / "none.yaml").stderr
