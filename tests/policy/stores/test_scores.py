"""Scores of decisions computed beforehand, on every store: written by the command, looked up for each record."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import policy
from policy.cli.batch import command as batch_command
from policy.cli.decide import command as decide_command
from policy.cli.precompute import command
from policy.log import read
from policy.runtime import check
from policy.stores import Guarded
from policy.stores.scores import StoredScores, fill_scores
from policy.web import open_service
from policy.web.handler import answer
from policy.web.messages import Head

CONFIGS = Path(__file__).parents[3] / "configs"
LOGIN = json.loads((CONFIGS / "examples" / "login.json").read_text())
BOT = json.loads((CONFIGS / "examples" / "bot.json").read_text())
ROWS = [LOGIN | {"user_id": "ana"}, BOT | {"user_id": "bo"}, BOT | {"user_id": "42"}]

POLICY = """\
decision: {name}
inputs:
  user: {{type: string, optional: true, log: hash}}
  amount: {{type: double, default: 1}}
score: {{store: {{url: '{address}', key: user{more}}}}}
actions: {{allow: , challenge: , block: }}
bands: {{allow: 0, challenge: 0.5, block: 0.9}}
rules:
  - {{name: large, when: amount > 100.0, at_least: challenge}}
on_error: {{score: challenge}}
cases:
  - {{name: low, facts: {{user: ana}}, score: 0.1, expect: allow}}
  - {{name: no score, facts: {{user: ana}}, expect: {{action: challenge, degraded: true}}}}
"""


def login(folder, name, address, more=""):
    """The embedded policy under another name, with a store before its model."""
    text = (CONFIGS / "login.yaml").read_text().replace("decision: login", f"decision: {name}")
    store = f"score:\n  store: {{url: '{address}', key: user_id{more}}}\n"
    text = text.replace("score:\n", store, 1).replace("model: models/", f"model: {CONFIGS}/models/")
    (folder / "login.yaml").write_text(text.partition("\ncases:")[0])
    return folder / "login.yaml"


def alone(folder, name, address, more=""):
    """A policy without a model."""
    (folder / "alone.yaml").write_text(POLICY.format(name=name, address=address, more=more))
    return folder / "alone.yaml"


def post(service, name, facts):
    body = json.dumps(facts).encode()
    head = Head("POST", f"/v1/decisions/{name}", str(len(body)), content_type="application/json")
    return json.loads(answer(service, head, body).body)


def run(*arguments):
    return CliRunner().invoke(command, [str(one) for one in arguments])


def first(outcome):
    return outcome.reasons[0]


def agree(decision, facts):
    """A row and a batch of one say the same; the row's outcome."""
    outcome = decision.row(facts)
    out = decision.batch(pa.Table.from_pylist([facts])).to_pylist()[0]
    band = None if outcome.band is None else outcome.band.action
    assert (out["action"], out["score"], out["band"]) == (outcome.action, outcome.score, band)
    assert out["reason"] == outcome.reasons[-1]["code"]
    assert (out["degraded"] is None) == (not outcome.degraded)
    assert all(one["cause"] in out["degraded"] for one in outcome.degraded)
    assert out["store"] == first(outcome).get("missing", "found")
    return outcome


def test_the_service_reads_what_the_command_wrote(tmp_path, name, address):
    """After `precompute` the stored probability decides, here and in every other place; before, the model's does."""
    file = login(tmp_path, name, address)
    live = policy.load(CONFIGS / "login.yaml")
    service = open_service(file, log_dir=tmp_path / "log")
    before = post(service, name, ROWS[0])
    assert before["reasons"][0] == {"code": "store", "missing": "there is no entry"}
    assert "degraded" not in before
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "facts.parquet")
    result = run(file, "--facts", tmp_path / "facts.parquet")
    assert (result.exit_code, "3 scores" in result.output) == (0, True), result.output
    decision = policy.load(file)
    for row in ROWS:
        wanted = live.row(row)
        body, outcome = post(service, name, row), agree(decision, row)
        assert body["score"] == outcome.score == wanted.score
        assert body["action"] == outcome.action == wanted.action
        assert set(body["reasons"][0]) == {"code", "at", "version"}
        assert body["reasons"][0] == first(outcome)
    logged = [one for one in read(tmp_path / "log", pytest.fail) if one.facts["user_id"] is not None]
    assert [one.reasons[0]["code"] for one in logged] == ["store"] * 4
    other = ROWS[1] | {"user_id": "ana"}  # what is stored counts, whatever the other facts of the request
    assert decision.row(other).score == live.row(ROWS[0]).score
    (tmp_path / "request.json").write_text(json.dumps(ROWS[0]))
    said = CliRunner().invoke(decide_command, [str(file), str(tmp_path / "request.json")])
    assert "computed beforehand" in said.output
    out = CliRunner().invoke(
        batch_command, [str(file), str(tmp_path / "facts.parquet"), str(tmp_path / "out.parquet")]
    )
    assert out.exit_code == 0
    assert pq.read_table(tmp_path / "out.parquet")["store"].to_pylist() == ["found"] * 3


def test_what_cannot_be_used_is_said_and_counted(tmp_path, name, store, address):
    """An entry that is missing, old, damaged or of another version is answered as the policy says, and counted."""
    decision = policy.load(alone(tmp_path, name, address, ", max_age: 1h"))
    now = time.time()
    fill = store.begin(name, "v1")
    entries = {"ana": b"0.95", "far": b"1.5", "text": b'"x"', "nan": b"NaN", "int": b"1"}
    fill.put(0, list(entries.items()), now)
    fill.put(1, [("old", b"0.2")], now - 7200)
    fill.put(2, [("odd", b"0.2")], -5.0)
    fill.finish(now)
    found = agree(decision, {"user": "ana"})
    assert (found.action, found.score, found.model_version) == ("block", 0.95, None)
    assert first(found)["version"] == "v1"
    assert agree(decision, {"user": "int"}).score == 1.0
    for user, words in {
        "nobody": "there is no entry",
        "old": "old",
        "far": "damaged",
        "text": "damaged",
        "nan": "damaged",
        "odd": "damaged",
        None: "the key is missing",
        "": "the key is missing",
    }.items():
        outcome = agree(decision, {"user": user})
        assert (outcome.action, outcome.score) == ("challenge", None)
        assert words in first(outcome)["missing"]
        assert words in outcome.degraded[0]["cause"]
    counts = decision.scoring.kept.lookup.counts
    assert counts == {"found": 4, "missing": 6, "stale": 2, "damaged": 8}
    given = decision.row({"user": "ana"}, score=0.1)
    assert (given.score, given.store) == (0.1, None)


def test_rules_and_bands_may_change(tmp_path, name, address):
    """Scores hang on the model and the facts it reads: a new threshold or rule leaves them, another output does not."""
    file = login(tmp_path, name, address, ", missing: fallback")
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "facts.parquet")
    assert run(file, "--facts", tmp_path / "facts.parquet").exit_code == 0
    decision, text = policy.load(file), file.read_text()
    assert "  block: 0.90" in text
    file.write_text(text.replace("  block: 0.90", "  block: 0.95"))
    assert policy.load(file).version != decision.version
    assert policy.load(file).row(ROWS[0]).score is not None
    file.write_text(text.replace("output: probability[1]", "output: probability[0]"))
    changed = policy.load(file)
    assert "another version" in first(changed.row(ROWS[0]))["missing"]
    assert changed.live.row(ROWS[0]).score is not None


def test_the_facts_that_only_rules_read_may_be_missing(tmp_path, name, address):
    """`precompute` needs what the score reads, and the key; a row without a score is left out, and told."""
    file = login(tmp_path, name, address)
    decision = policy.load(file)
    needed = {*decision.score_reads, "user_id"}
    rows = [{key: value for key, value in row.items() if key in needed} for row in ROWS]
    rows.append(rows[0] | {"user_id": "cy", "failed_logins_1h": -5})
    (tmp_path / "facts.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    result = run(file, "--facts", tmp_path / "facts.jsonl")
    assert result.exit_code == 0, result.output
    assert "3 scores" in result.output
    assert "1 rows without a score are left out; the first is" in result.output
    assert "failed_logins_1h" in result.output
    assert decision.row(ROWS[2]).score == policy.load(CONFIGS / "login.yaml").row(ROWS[2]).score


def test_scores_of_elsewhere(tmp_path, name, address):
    """Without a model the scores come from a column, and their version is that of the file."""
    file = alone(tmp_path, name, address)
    (tmp_path / "scores.csv").write_text("user,p\nana,0.95\nbo,0.2\ncy,1.7\n")
    result = run(file, "--facts", tmp_path / "scores.csv", "--score", "p")
    assert (result.exit_code, "2 scores" in result.output) == (0, True), result.output
    decision = policy.load(file)
    assert agree(decision, {"user": "ana"}).action == "block"
    assert agree(decision, {"user": "bo", "amount": 500.0}).action == "challenge"
    assert agree(decision, {"user": "cy"}).degraded
    assert first(decision.row({"user": "bo"}))["version"].startswith("sha256:")


def test_the_cases_of_a_policy_do_not_ask_the_store(tmp_path, name):
    """A check proves something of the policy, whatever its store holds today, and whether it is up."""
    loaded = check(alone(tmp_path, name, "redis://127.0.0.1:1/0"))
    assert loaded.sound, loaded.diagnostics


@pytest.mark.parametrize("missing", ["live", "fallback"])
def test_a_store_that_is_down_or_silent(tmp_path, name, missing):
    """A store that is away costs a request its timeout at most, and the answer says what was done without."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        for port in (1, silent.getsockname()[1]):
            for scheme in ("redis://127.0.0.1:{}/0", "postgresql://u@127.0.0.1:{}/db"):
                more = f", missing: {missing}, timeout: 200ms"
                decision = policy.load(login(tmp_path, name, scheme.format(port), more))
                began = time.monotonic()
                outcomes = [decision.row(row) for row in ROWS]
                out = decision.batch(pa.Table.from_pylist(ROWS))
                assert time.monotonic() - began < 8  # a hang would be longer
                assert all("missing" in first(outcome) for outcome in outcomes)
                assert (
                    "127.0.0.1" not in first(outcomes[0])["missing"]
                )  # a caller learns nothing of the store
                assert {outcome.score is None for outcome in outcomes} == {missing == "fallback"}
                assert out["score"].to_pylist() == [outcome.score for outcome in outcomes]
                assert out["action"].to_pylist() == [outcome.action for outcome in outcomes]
                assert decision.scoring.kept.lookup.counts == {"failed": 6}


def test_many_keys_are_asked_at_once(tmp_path, name, store):
    """A batch asks by the block, repeated keys too, and answers in the order of its rows."""
    pairs = [(f"u{number}", number / 2000) for number in range(2_000)]
    fill_scores(store, name, "v", [lambda: pairs[:900], lambda: pairs[900:]], time.time)
    lookup = StoredScores(Guarded(store, 10.0), name, "v")
    keys = [f"u{number % 2_100}" for number in range(0, 4_200, 7)]
    assert [held.score for held in lookup.batch(keys)] == [
        int(key[1:]) / 2000 if int(key[1:]) < 2_000 else None for key in keys
    ]
    assert lookup.counts.total() == len(keys)
    assert lookup.row("u7").score == lookup.batch(["u7"])[0].score == 7 / 2000


def test_an_interrupted_fill_goes_on(name, store):
    """After a failure half-way the scores that are there are not computed again, and readers see none until all are."""
    made = []

    def block(number, fails=False):
        def pairs():
            if fails:
                raise KeyboardInterrupt
            made.append(number)
            return [(f"u{number}", 0.5)]

        return pairs

    with pytest.raises(KeyboardInterrupt):
        fill_scores(store, name, "v", [block(0), block(1), block(2, fails=True)], time.time, "job")
    assert store.get(name, "u0") is None
    assert fill_scores(store, name, "v", [block(0), block(1), block(2)], time.time, "job").entries == 3
    assert made == [0, 1, 2]


@pytest.mark.parametrize(
    ("score", "code", "words"),
    [
        ("{store: {url: 'sqlite:///x.db'}}", "E112", "needs the key `key`"),
        ("{store: {url: 'sqlite:///x.db', key: nobody}}", "E160", "nobody"),
        ("{store: {url: 'sqlite:///x.db', key: risk}}", "E160", "string or int"),
        ("{store: {url: 'sqlite:///x.db', key: user, missing: live}}", "E160", "needs a model"),
        ("{store: {url: 'sqlite:///x.db', key: user, max_age: soon}}", "E183", "length of time"),
        ("{store: {url: 'sqlite:///x.db', key: user, timeout: 2h}}", "E183", "60s"),
        ("{store: {url: 'sqlite:///x.db', key: user}, output: x}", "E160", "there is none"),
        ("{store: {url: 'sqlite:///x.db', key: user}, input: risk}", "E160", "both `input` and `store`"),
        ("{store: {url: nowhere, key: user}}", "E188", "no address"),
        ("{store: {url: 'sqlite:///x.db', key: user, ttl: 3}}", "E111", "no key `ttl`"),
    ],
)
def test_blocks_that_are_wrong(tmp_path, score, code, words):
    """Each mistake in the block is a diagnostic with its place."""
    (tmp_path / "login.yaml").write_text(
        "decision: login\ninputs: {user: {type: string}, risk: {type: double}}\n"
        f"score: {score}\nactions: {{allow: , block: }}\nbands: {{allow: 0, block: 0.9}}\non_error: {{score: block}}\n"
    )
    found = [one for one in check(tmp_path / "login.yaml").diagnostics if one.severity == "error"]
    assert [(one.code, words in one.message + "".join(one.notes)) for one in found] == [(code, True)], found


def test_the_command_refuses_in_sentences(tmp_path, name):
    """What the command lacks, or cannot use, is said in a sentence, with exit code 1."""
    file = alone(tmp_path, name, f"sqlite:///{tmp_path}/s.db")
    (tmp_path / "t.csv").write_text("user,p\nana,0.1\nana,0.2\n")
    (tmp_path / "u.csv").write_text("name,p\nana,0.1\n")
    table = ("--facts", tmp_path / "t.csv")
    for arguments, words in (
        ((), "--facts FILE"),
        (("--users", tmp_path / "t.csv"), "a decision takes --facts"),
        (table, "no model"),
        ((*table, "--score", "q"), "no column `q`"),
        ((*table, "--score", "p"), "the user ana stands in an earlier row, too"),
        (("--facts", tmp_path / "u.csv", "--score", "p"), "no column `user`"),
        (("--facts", tmp_path / "nowhere.csv", "--score", "p"), "No such file"),
        ((*table, "--score", "p", "--to", "redis://127.0.0.1:1/0"), "127.0.0.1:1"),
    ):
        result = run(file, *arguments)
        assert (result.exit_code, words in result.output) == (1, True), (arguments, result.output)


def test_sqlite_lies_beside_the_policy(tmp_path, name):
    """A relative file of SQLite is sought beside the policy, wherever the process stands."""
    file = alone(tmp_path, name, "sqlite:///scores.db")
    (tmp_path / "t.csv").write_text("user,p\nana,0.1\n")
    assert run(file, "--facts", tmp_path / "t.csv", "--score", "p").exit_code == 0
    assert (tmp_path / "scores.db").exists()
    assert policy.load(file).row({"user": "ana"}).score == 0.1
