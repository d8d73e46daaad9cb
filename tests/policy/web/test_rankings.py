"""POST /v1/rankings/<name>, through both adapters, on the embedded ranking."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from policy.engine.ranking.request import MAX_HISTORY, MAX_ID
from policy.errors import LogError
from policy.log import read, read_rankings
from policy.web import Service, open_service
from policy.web.bodies import RANKING_BYTES

FILE = Path(__file__).parents[3] / "configs" / "recommend.yaml"
PATH = "/v1/rankings/recommend"


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    """The service of the ranking, with a log; and the log's folder."""
    folder = tmp_path_factory.mktemp("ranks") / "log"
    return open_service(FILE, log_dir=folder), folder


def test_a_list_and_its_record(adapter, ranks):
    """The answer holds the list with reasons and versions, and the log the same under its id."""
    service, folder = ranks
    asked = {"user": 7, "n": 3, "kids": True}
    answer = adapter(service)("POST", PATH, json.dumps(asked).encode())
    assert answer.status == 200
    assert [set(item) for item in answer.json["items"]] == [{"id", "score", "source", "reasons"}] * 3
    assert set(answer.json["versions"]) == {"policy", "model"}
    (record,) = [
        one for one in read_rankings(folder, pytest.fail) if one.ranking_id == answer.json["ranking_id"]
    ]
    assert (record.user, record.n, record.facts["kids"]) == (7, 3, True)
    assert record.items == answer.json["items"]
    assert list(read(folder, pytest.fail)) == []


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/v1/rankings/recomend", b'{"user": 1}', 404, "did you mean `recommend`"),
        (PATH, b"{", 400, "JSON"),
        (PATH, b"[]", 422, "expected object"),
        (PATH, b'{"user": 1, "n": -1, "country": "no"}', 422, "/n"),
        (PATH, b'{"user": 1e999}', 422, "/user"),
    ],
)
def test_problems(adapter, ranks, path, body, status, words):
    """What is wrong is a problem document that names it."""
    answer = adapter(ranks[0])("POST", path, body)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.body.decode()


def test_the_longest_history_fits_and_is_recorded(adapter, ranks):
    """10,000 items of history and as many to leave out, with ids of 80 bytes, are answered; one more is named."""
    service, folder = ranks
    send = adapter(service)
    ids = [f"F-{number}".ljust(80, "x") for number in range(MAX_HISTORY - 1)] + ["F-1003"]
    asked = {"user": 4711, "history": [{"item": one, "rating": 4.25} for one in ids], "exclude": ids}
    answer = send("POST", PATH, json.dumps(asked).encode())
    assert answer.status == 200
    assert {item["source"] for item in answer.json["items"]} == {"fold_in"}
    record = next(
        one for one in read_rankings(folder, pytest.fail) if one.ranking_id == answer.json["ranking_id"]
    )
    assert (record.history, record.exclude) == (asked["history"], asked["exclude"])
    many = send("POST", PATH, json.dumps({"history": [*ids, "F-1"]}).encode())
    assert many.status == 422
    assert many.json["problems"][0]["got"] == "10,001 items"
    assert send("POST", PATH, b" " * (RANKING_BYTES + 1)).status == 413


def test_the_limits_that_are_described_hold(adapter, ranks):
    """What OpenAPI says of a ranking's request is what the service takes: both lists, ids, ratings, null, `n`."""
    send = adapter(ranks[0])
    content = send("GET", "/openapi.json").json["paths"][PATH]["post"]["requestBody"]["content"]
    validator = jsonschema.Draft202012Validator(content["application/json"]["schema"])
    for asked in (
        {"user": "u" * MAX_ID},
        {"user": "u" * (MAX_ID + 1)},
        {"user": None, "n": None, "history": None, "exclude": None},
        {"n": 10**6, "history": ["x", {"item": 3, "rating": None}]},
        {"n": -1},
        {"history": [{"rating": 3}]},
        {"history": [{"item": 1, "rating": 1e13}]},
        {"history": [1] * MAX_HISTORY, "exclude": ["x"] * MAX_HISTORY},
        {"history": [1] * (MAX_HISTORY + 1)},
        {"exclude": [1] * (MAX_HISTORY + 1)},
        {"exclude": ["i" * (MAX_ID + 1)]},
    ):
        status = send("POST", PATH, json.dumps(asked).encode()).status
        assert (status == 200) == validator.is_valid(asked), asked


def test_an_idempotency_key_fixes_the_id(adapter, ranks):
    """Two requests with one key have one ranking id."""
    send = adapter(ranks[0])
    ids = {
        send("POST", PATH, b'{"user": 2}', HTTP_IDEMPOTENCY_KEY="k-1").json["ranking_id"] for _ in range(2)
    }
    assert len(ids) == 1


class Full:
    """A log on a disk that is full."""

    def record_ranking(self, *_):
        raise LogError("no space left on device")


def test_a_ranking_that_cannot_be_recorded(adapter, ranks, tmp_path):
    """Where the log cannot be written the list is refused with 503, or given if the policy says so."""
    shown = Service(ranks[0].policies, Full())
    assert adapter(shown)("POST", PATH, b'{"user": 2}').status == 503
    lenient = FILE.read_text().replace("{log: refuse}", "{log: serve}")
    for name in ("recommend", "models"):
        (tmp_path / name).symlink_to(FILE.parent / name)
    (tmp_path / "recommend.yaml").write_text(lenient.replace("file: recommend/", "file: copy/"))
    shutil.copytree(FILE.parent / "recommend", tmp_path / "copy")
    serving = Service(open_service(tmp_path / "recommend.yaml").policies, Full())
    answer = adapter(serving)("POST", PATH, b'{"user": 2}').json
    assert len(answer["items"]) == 10
    assert answer["degraded"] == [{"cause": "the decision log cannot be written", "pointer": ""}]
    text = adapter(serving)("GET", "/metrics").body.decode()
    assert 'scoregate_decisions_degraded_total{cause="log",policy="recommend"} 1.0' in text


def test_it_is_described(adapter, ranks):
    """The policy's page and the OpenAPI document know the ranking."""
    send = adapter(ranks[0])
    assert send("GET", "/v1/policies/recommend").json["n"] == {"default": 10, "max": 50}
    assert PATH in send("GET", "/openapi.json").json["paths"]
    assert send("GET", "/v1/policies").json["policies"][0]["kind"] == "ranking"


def test_rankings_are_counted_by_source(adapter, ranks):
    """A ranking is counted by where its items come from, and one that is refused as such."""
    send = adapter(Service(ranks[0].policies))
    for body in (
        b'{"user": 7}',
        b'{"user": 7}',
        b'{"user": 987654321}',
        b'{"n": -1}',
        b'{"user": 7, "new": 1}',
    ):
        send("POST", PATH, body)
    text = send("GET", "/metrics").body.decode()
    assert 'scoregate_rankings_total{policy="recommend",source="model"} 3.0' in text
    assert 'scoregate_rankings_total{policy="recommend",source="popular"} 1.0' in text
    assert 'scoregate_refused_total{cause="facts",policy="recommend"} 1.0' in text
    assert 'scoregate_facts_ignored_total{policy="recommend"} 1.0' in text
    full = adapter(Service(ranks[0].policies, Full()))
    full("POST", PATH, b'{"user": 2}')
    text = full("GET", "/metrics").body.decode()
    assert 'scoregate_log_failures_total{policy="recommend"} 1.0' in text
    assert 'scoregate_refused_total{cause="log",policy="recommend"} 1.0' in text
