"""`scoregate check`."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from policy.cli.check import command

POLICY = """\
decision: login
inputs:
  user: {type: string}
  risk: {type: double, min: 0, max: 1}
score: {input: risk}
actions: {allow: , block: }
bands: {allow: 0, block: 0.9}
on_error: {score: block}
cases:
  - {name: low, facts: {user: a, risk: 0.1}, expect: allow}
  - {name: high, facts: {user: a, risk: 0.1}, score: 0.95, expect: block}
"""


@pytest.fixture
def check(tmp_path):
    """A function that checks policies of these texts, with options."""

    def run(*options, **texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        result = CliRunner().invoke(command, [str(tmp_path), *options])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


def test_sound(check):
    """Sound policies end with exit code 0 and a summary; the table shows every case with its score."""
    result = check(login=POLICY)
    assert result.exit_code == 0
    rows = [line.split() for line in result.output.splitlines() if "pass" in line]
    assert rows == [["pass", "low", "0.1", "allow", "allow"], ["pass", "high", "0.95*", "block", "block"]]
    assert "1 policy; 2 cases, all as expected; no problems" in result.output


def test_every_problem_at_once(check):
    """All problems of all files are shown, each with its place, and the exit code is 1."""
    bad = POLICY.replace("allow: 0,", "allow: 0.1,").replace("score: block", "score: blok")
    result = check(one=bad, two=POLICY.replace("type: string", "type: strin").replace("login", "other"))
    assert result.exit_code == 1
    for place in ("one.yaml:7:16: E132", "one.yaml:8:19: E131", "two.yaml:3:16: E113"):
        assert place in result.output
    assert "did you mean `block`?" in result.output
    assert "scoregate explain E113" in result.output


def test_failing_case(check):
    """A case that fails is an error at its expectation, and stands as FAIL in the table."""
    result = check(login=POLICY.replace("expect: allow", "expect: block"))
    assert result.exit_code == 1
    assert "E151" in result.output
    assert "FAIL" in result.output
    assert "2 cases, 1 of them failing; 1 error" in result.output


def test_json(check):
    """As JSON the cases and diagnostics are plain data; notes do not fail."""
    result = check("--format", "json", login=POLICY.replace("  - {name: high", "  # - {name: high"))
    body = json.loads(result.output)
    assert (result.exit_code, body["ok"]) == (0, True)
    assert [one["code"] for one in body["diagnostics"]] == ["W402"]
    assert body["policies"][0]["cases"] == [
        {"name": "low", "passed": True, "score": 0.1, "action": "allow", "rule": None, "differences": []}
    ]


def test_json_of_what_does_not_load(check):
    """As JSON a policy that does not load has no name, and its diagnostics have their places."""
    result = check("--format", "json", login="decision: [")
    body = json.loads(result.output)
    assert (result.exit_code, body["ok"], body["policies"][0]["name"]) == (1, False, None)
    assert body["diagnostics"][0]["line"] == 1


def test_github(check):
    """As annotations every problem is a workflow command."""
    result = check("--format", "github", login=POLICY.replace("score: block", "score: blok"))
    assert result.output.startswith("::error file=")
    assert "title=E131" in result.output


def test_two_of_one_name(check):
    """Two files of one name are an error."""
    assert "E116" in check(one=POLICY, two=POLICY).output


def test_missing_path():
    """A path that does not exist is not understood: exit code 2."""
    assert CliRunner().invoke(command, ["/no/such/path"]).exit_code == 2


def test_embedded_default_is_sound(scoregate, pytestconfig):
    """The embedded default passes its own check, as a process."""
    result = scoregate("check", pytestconfig.rootpath / "configs")
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"no problems" in result.stdout


def test_cases_may_stand_in_a_file_of_their_own(check):
    """`login.cases.yaml` holds more cases of `login.yaml`, as a list or under `cases`; a failing one is shown there."""
    more = "- {name: middle, facts: {user: a, risk: 0.5}, expect: allow}\n"
    result = check(**{"login": POLICY, "login.cases": more})
    assert result.exit_code == 0, result.output
    assert "1 policy; 3 cases, all as expected" in result.output
    result = check(
        **{"login.cases": "cases:\n  " + more.replace("expect: allow", "expect: {rule: null, band: block}")}
    )
    assert result.exit_code == 1
    assert "login.cases.yaml:2:57: E151 middle fails" in result.output


def test_a_file_of_cases_is_checked_like_the_policy(check):
    """What is wrong in it is told with its place, and so is a policy that is not there."""
    result = check(
        **{"login": POLICY, "login.cases": "- {facts: {user: a}, expects: allow}", "logon.cases": "[]"}
    )
    assert result.exit_code == 1
    assert "login.cases.yaml:1:22: E111" in result.output
    assert "did you mean `expect`?" in result.output
    assert "logon.cases.yaml:1:1: W405" in result.output


RULES = POLICY.replace(
    "cases:",
    """\
lists:
  guests:
    type: string
    entries:
      - {value: eve, expires: 2027-01-31T00:00:00Z, owner: ana, reason: OPS-812}
      - {value: bob, expires: 2099-01-31}
      - carl
rules:
  - {name: guest, when: user in lists.guests, action: block}
  - {name: risky, when: score > 0.5, at_least: block, mode: preview}
  - {name: high, when: score > 0.99, at_least: block}
cases:
  - {name: guest, facts: {user: carl, risk: 0.1}, expect: {action: block, rule: guest}}
  - {name: before its end, facts: {user: eve, risk: 0.1}, expect: block}
  - {name: after its end, facts: {user: eve, risk: 0.1}, at: 2027-01-31T00:00:00Z, expect: {action: allow, rule: null}}
  - {name: no guest, facts: {user: ana, risk: 0.6}, expect: {action: block, rule: guest}}""",
)


def test_entries_that_will_have_ended_are_named(check):
    """`--at` takes a day or a time; an entry that has ended by then is a warning with its owner and reason."""
    for at, lines in (("2027-01-30", []), ("2027-01-31", [13]), ("2099-02-01T00:00:00Z", [13, 14])):
        body = json.loads(check("--at", at, "--format", "json", login=RULES).output)
        found = [one for one in body["diagnostics"] if one["code"] == "W425"]
        assert ([one["line"] for one in found], {one["severity"] for one in found}) == (
            lines,
            {"warning"} if lines else set(),
        )
        assert all("ana owns it; OPS-812" in one["notes"][0] for one in found[:1])
    assert check("--at", "soon", login=RULES).exit_code == 1


def test_rules_in_cases(check):
    """The table names the rule that decided, a failing case says what rules did, and a rule without a case is named."""
    output = check(login=RULES).output
    rows = [line.split() for line in output.splitlines() if "pass" in line or "FAIL" in line]
    assert rows[0] == ["pass", "guest", "0.1", "block,", "rule", "guest", "block", "guest"]
    assert rows[3] == ["FAIL", "no", "guest", "0.6", "block,", "rule", "guest", "allow,", "rule", "none"]
    assert "in preview, not applied: with `risky` it would be `block`" in output
    assert re.findall(r"W403 note: no case covers the rule `(\w+)`", output) == ["high"]
