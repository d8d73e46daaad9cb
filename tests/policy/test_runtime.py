"""Policy files, their models and their cases, put together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import policy
from policy.diagnostics import render
from policy.engine.scorer import ConstantScorer
from policy.runtime import check, check_all, load_policy
from scorer import ScorerError

POLICY = """\
decision: login
inputs: {user_id: {type: string}}
score: {model: models/login}
actions: {allow: , block: }
bands: {allow: 0, block: 0.9}
on_error: {score: block}
cases:
  - {facts: examples/login.json, expect: allow}
  - {facts: {user_id: a}, score: 0.9, expect: block}
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with one policy and the facts of its case."""
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/login.json").write_text('{"user_id": "u1"}')
    (tmp_path / "login.yaml").write_text(POLICY)
    return tmp_path


def constant(_location):
    return ConstantScorer(0.3)


def codes(loaded):
    return [(one.code, one.span.line) for one in loaded.diagnostics]


def test_a_policy_loads_with_its_model_and_cases(folder):
    """`load` gives a decision; `check` runs its cases, facts from files included."""
    asked = []
    decision = policy.load(folder / "login.yaml", lambda place: asked.append(place) or ConstantScorer(0.3))
    assert asked == [str(folder / "models/login")]
    assert decision.row({"user_id": "u"}).action == "allow"
    loaded = check(folder / "login.yaml", constant)
    assert [case.passed for case in loaded.cases] == [True, True]
    assert loaded.sound


def test_a_uri_of_a_model_is_taken_as_it_stands(folder):
    """A model's location with a scheme is not sought beside the policy."""
    (folder / "login.yaml").write_text(POLICY.replace("models/login", "s3://bucket/model"))
    asked = []
    load_policy(folder / "login.yaml", lambda place: asked.append(place) or ConstantScorer(0.3))
    assert asked == ["s3://bucket/model"]


def test_a_failing_case_says_what_came_and_why(folder):
    """A case that fails is an error at what it expects, with the score and the band that it fell into."""
    loaded = check(folder / "login.yaml", lambda _: ConstantScorer(0.95))
    (found,) = loaded.diagnostics
    assert (found.code, found.span.line) == ("E151", 8)
    assert found.notes == (
        "expected action allow",
        "found action block",
        "the score 0.95 lies in [0.9, 1] `block`",
    )
    assert not loaded.sound
    assert loaded.decision is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"a": NaN}',
        '{"a": 1, "a": 2}',
        "[" * 100_000,
        b"\xff\xfe\xfd",
        '{"a": "' + "x" * (1 << 20) + '"}',
    ],
)
def test_facts_that_cannot_be_read_are_told_at_the_case(folder, text):
    """Whatever a case's file holds, the answer is a diagnostic at the line that names it."""
    (folder / "examples/login.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert ("E150", 8) in codes(load_policy(folder / "login.yaml", constant))


def test_what_is_no_proper_yaml_hides_nothing(folder):
    """A key that stands twice, or a tag, is told together with all that is wrong elsewhere; a value is told of once."""
    text = (folder / "login.yaml").read_text()
    (folder / "login.yaml").write_text(f"{text}description: a\ndescription: !b c\nunknown_factz: ignore\n")
    found = [code for code, _ in codes(load_policy(folder / "login.yaml", constant))]
    assert sorted(found) == ["E102", "E104", "E111"]


def test_facts_lie_in_the_folder(folder, tmp_path_factory):
    """A case reads no file outside its policy's folder, by a link either."""
    outside = tmp_path_factory.mktemp("outside") / "facts.json"
    outside.write_text((folder / "examples/login.json").read_text())
    (folder / "examples/login.json").unlink()
    (folder / "examples/login.json").symlink_to(outside)
    assert ("E150", 8) in codes(load_policy(folder / "login.yaml", constant))


def test_facts_that_do_not_fit_fail_the_case(folder):
    """A mistyped fact in a case is refused and named."""
    (folder / "examples/login.json").write_text('{"user_id": "u1", "usr": 1}')
    loaded = check(folder / "login.yaml", constant)
    assert ("E151", 8) in codes(loaded)
    assert "/usr: is not an input of this policy" in render(loaded.diagnostics)


@pytest.mark.parametrize("kind", ["missing", "folder", "bytes", "null byte"])
def test_a_policy_that_cannot_be_read_is_a_diagnostic(tmp_path, kind):
    """A missing file, a folder, bytes that are no text: an error that names the file, and PolicyError from load."""
    file = tmp_path / ("a\0b" if kind == "null byte" else "login.yaml")
    if kind == "folder":
        file.mkdir()
    elif kind == "bytes":
        file.write_bytes(b"\xff")
    with pytest.raises(policy.PolicyError) as caught:
        policy.load(file, constant)
    assert [one.code for one in caught.value.diagnostics] == ["E100"]
    assert "E100" in str(caught.value)


def test_a_model_that_does_not_load_is_told_at_its_path(folder):
    """The scorer's words stand at the line of the model."""
    loaded = load_policy(folder / "login.yaml")
    assert ("E301", 3) in codes(loaded)

    class Model:
        def output(self, name):
            raise ScorerError(f"there is no column {name}")

    assert ("E304", 3) in codes(load_policy(folder / "login.yaml", lambda _: Model()))


def test_a_model_that_does_not_load_is_told_beside_all_else(folder):
    """Whatever else is wrong with a policy, its model is tried, too: all problems are named at once."""

    def missing(place):
        raise ScorerError(f"{place}: there is no such model")

    wrong = POLICY.replace("decision: login", "decsion: login").replace("block: 0.9", "block: 1.9")
    (folder / "login.yaml").write_text(wrong)
    told = codes(load_policy(folder / "login.yaml", missing))
    assert told == [("E111", 1), ("E301", 3), ("E134", 5)]
    (folder / "login.yaml").write_text(wrong.replace("score: {model: models/login}", "score: 7"))
    assert "E301" not in [code for code, _ in codes(load_policy(folder / "login.yaml", missing))]


def test_a_runtime_holds_every_policy_of_a_folder_and_each_model_once(folder):
    """Policies are found by their names, and a model that several use is loaded once."""
    (folder / "other.yml").write_text(POLICY.replace("decision: login", "decision: other"))
    (folder / "login.cases.yaml").write_text("[]")
    (folder / ".hidden.yaml").write_text("ignored")
    asked = []
    runtime = policy.Runtime.load(folder, lambda place: asked.append(place) or ConstantScorer(0.3))
    assert sorted(runtime.decisions) == ["login", "other"]
    assert len(asked) == 1
    assert policy.Runtime.load(folder / "login.yaml", constant).decisions.keys() == {"login"}


def test_a_runtime_refuses_a_folder_with_one_bad_policy_and_tells_all(folder):
    """Every problem of every file is told; nothing is served by halves."""
    (folder / "bad.yaml").write_text(POLICY.replace("block: 0.9", "block: 9"))
    (folder / "worse.yaml").write_text("a: [")
    with pytest.raises(policy.LoadError) as caught:
        policy.Runtime.load(folder, constant)
    assert {one.span.file.rsplit("/", 1)[1] for one in caught.value.diagnostics} == {"bad.yaml", "worse.yaml"}


def test_two_policies_of_one_name_are_refused(folder):
    """The second file is named, and the first."""
    (folder / "zwei.yaml").write_text(POLICY)
    _, (found,) = check_all(folder, constant)
    assert (found.code, found.span.file) == ("E116", str(folder / "zwei.yaml"))
    assert "login.yaml" in found.notes[0]


def test_a_folder_without_policies_is_refused(tmp_path):
    """An empty folder is told apart from a service without policies."""
    _, (found,) = check_all(tmp_path)
    assert found.code == "E100"


def test_the_embedded_policy_is_sound():
    """The policy that ships loads, and its own cases pass through its own model."""
    configs = Path(policy.__file__).parent.parent / "configs"
    loaded, found = check_all(configs)
    assert render(found) == ""
    assert all(case.passed for one in loaded for case in one.cases)
    assert json.loads((configs / "examples/login.json").read_text())
