"""What the service answers, the same through the door and through Flask."""

from __future__ import annotations

import json
import uuid
from types import SimpleNamespace

import pytest

from policy.errors import LogError
from policy.log import read
from policy.web import Service, Tokens
from policy.web.bodies import BATCH_LINES

LOGIN = "/v1/decisions/login"
LENIENT = "/v1/decisions/lenient"
LINES = {"CONTENT_TYPE": "application/x-ndjson"}


def dumps(value):
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("risk", "action"),
    [(0, "allow"), (0.4, "challenge"), (0.59999, "challenge"), (0.6, "agent"), (1, "block")],
)
def test_decision(send, facts, risk, action):
    """A decision names its action, band, reasons and versions, and carries the action's data."""
    answer = send("POST", LOGIN, dumps(facts | {"risk": risk}))
    body = answer.json
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert (body["action"], body["score"], body["band"]["action"]) == (action, risk, action)
    assert body["reasons"][0]["code"] == "band"
    assert body["policy_version"].startswith("sha256:")
    assert body["model_version"] is None
    assert body.get("data") == ({"queue": "fraud"} if action == "agent" else None)
    assert "degraded" not in body
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_adapters_agree(service, facts, adapters):
    """The door and Flask give the same status, headers and body for the same moment and chance."""
    fixed = Service(service.policies, clock=lambda: 10**18, entropy=lambda: b"0123456789")
    door, flask = (adapter(fixed) for adapter in adapters)
    for body in (dumps(facts), b"{", b"[]", dumps({}), dumps(facts | {"more": 1})):
        assert door("POST", LOGIN, body) == flask("POST", LOGIN, body)


def test_recorded(adapter, logging, facts, tmp_path):
    """The log holds every answered decision, with the facts as the policy lets them be logged."""
    answer = adapter(logging)("POST", LOGIN, dumps(facts)).json
    (record,) = read(tmp_path / "log", pytest.fail)
    assert (record.decision_id, record.action) == (answer["decision_id"], answer["action"])
    assert record.facts["ip"] == facts["ip"]
    assert record.facts["user"].startswith("blake2b:")


def test_every_problem_named(send):
    """Wrong facts are answered 422 with every problem and its JSON pointer."""
    answer = send("POST", LOGIN, dumps({"ip": "nowhere", "country": "DK", "tries": -1, "risk": "high"}))
    body = answer.json
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert {one["pointer"] for one in body["problems"]} == {"/user", "/ip", "/country", "/tries", "/risk"}
    assert all(set(one) == {"pointer", "message", "expected", "got"} for one in body["problems"])
    assert {"type", "title", "status", "detail"} <= set(body)


def test_wrong_facts_as_action(send):
    """Where `on_error.facts` names an action, wrong facts are answered 200 with it, and `degraded` says which."""
    answer = send("POST", LENIENT, dumps({"user": 7}))
    assert (answer.status, answer.json["action"]) == (200, "block")
    assert {one["pointer"] for one in answer.json["degraded"]} == {"/user", "/ip"}


def test_no_score(send, facts):
    """Without a score the action of `on_error.score` is answered 200, with cause and pointer."""
    del facts["risk"]
    body = send("POST", LOGIN, dumps(facts)).json
    assert (body["action"], body["score"], body["band"]) == ("challenge", None, None)
    assert [set(one) for one in body["degraded"]] == [{"cause", "pointer"}]


class Broken:
    """A log that cannot be written."""

    def record(self, *_):
        raise LogError("no space left")


def test_log_refuses(adapter, service, facts):
    """A decision that cannot be recorded is not given: 503, to be retried."""
    answer = adapter(Service(service.policies, Broken()))("POST", LOGIN, dumps(facts))
    assert (answer.status, "action" in answer.json) == (503, False)
    assert answer.headers["retry-after"]


def test_log_falls_back(adapter, service, facts):
    """Where `on_error.log` names an action, it is given, and `degraded` says that nothing was recorded."""
    answer = adapter(Service(service.policies, Broken()))("POST", LENIENT, dumps(facts))
    assert (answer.status, answer.json["action"]) == (200, "agent")
    assert "log" in answer.json["degraded"][0]["cause"]


def test_unknown_facts_named(send, facts):
    """Facts that the policy does not know are ignored and named."""
    assert send("POST", LOGIN, dumps(facts | {"colour": "red"})).json["ignored_facts"] == ["colour"]


def test_completed(send, facts):
    """A step that the user has passed, told by Scoregate-Completed, is not asked for again."""
    body = send("POST", LOGIN, dumps(facts), HTTP_SCOREGATE_COMPLETED=" challenge ,agent").json
    assert body["action"] == "allow"
    assert body["reasons"][-1]["code"] == "completed"


def test_completed_unknown(send, facts):
    """An unknown completed action is refused with the nearest known one."""
    answer = send("POST", LOGIN, dumps(facts), HTTP_SCOREGATE_COMPLETED="chalenge")
    assert (answer.status, "challenge" in answer.json["detail"]) == (400, True)


def test_idempotency_key(send, facts):
    """One key gives one decision id, which the caller can compute; other keys and policies give others."""
    first, again = (send("POST", LOGIN, dumps(facts), HTTP_IDEMPOTENCY_KEY="order 7").json for _ in "ab")
    other = send("POST", LOGIN, dumps(facts), HTTP_IDEMPOTENCY_KEY="order 8").json
    elsewhere = send("POST", LENIENT, dumps(facts), HTTP_IDEMPOTENCY_KEY="order 7").json
    namespace = uuid.uuid5(uuid.NAMESPACE_URL, "scoregate:login")
    assert first["decision_id"] == again["decision_id"] == str(uuid.uuid5(namespace, "order 7"))
    assert len({one["decision_id"] for one in (first, other, elsewhere)}) == 3


def test_without_key_every_id_differs(send, facts):
    """Without a key every decision has an id of its own."""
    assert len({send("POST", LOGIN, dumps(facts)).json["decision_id"] for _ in range(50)}) == 50


@pytest.mark.parametrize("key", ["x" * 256, "caf\xe9", "a\tb", " a", ""])
def test_bad_key(send, facts, key):
    """A key that is too long, empty or not printable is refused: servers hand on as empty what is not ASCII."""
    assert send("POST", LOGIN, dumps(facts), HTTP_IDEMPOTENCY_KEY=key).status == 400


def test_batch(adapter, logging, facts, tmp_path):
    """A batch answers every line in order, an outcome or a problem, and echoes row_id; bad lines spoil no others."""
    lines = [
        dumps(facts | {"row_id": 7}),
        b"",
        b"{not json",
        dumps({"row_id": "b", "user": "u"}),
        b"[1]",
        dumps(facts | {"risk": 0.95}),
    ]
    answer = adapter(logging)("POST", f"{LOGIN}/batch", b"\r\n".join(lines), **LINES)
    one, two, three, four, five = answer.lines
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson")
    assert (one["row_id"], one["line"], one["action"]) == (7, 1, "challenge")
    assert (two["line"], two["problem"]["status"]) == (3, 400)
    assert (three["row_id"], three["problem"]["status"]) == ("b", 422)
    assert {problem["pointer"] for problem in three["problem"]["problems"]} == {"/ip"}
    assert (four["line"], four["problem"]["status"]) == (5, 422)
    assert (five["line"], five["action"]) == (6, "block")
    recorded = {record.decision_id for record in read(tmp_path / "log", pytest.fail)}
    assert recorded == {one["decision_id"], five["decision_id"]}


def test_batch_row_id_is_no_fact(send, facts):
    """A row_id that the policy does not declare is no unknown fact."""
    (line,) = send("POST", f"{LOGIN}/batch", dumps(facts | {"row_id": 1}), **LINES).lines
    assert "ignored_facts" not in line


def test_batch_limits(send, facts):
    """1,000 lines are answered, one more is 413, and so is a line beyond the size of a decision."""
    line = dumps(facts) + b"\n"
    assert len(send("POST", f"{LOGIN}/batch", line * BATCH_LINES, **LINES).lines) == BATCH_LINES
    assert send("POST", f"{LOGIN}/batch", line * (BATCH_LINES + 1), **LINES).status == 413
    long = dumps(facts | {"user": "x" * 70_000})
    assert send("POST", f"{LOGIN}/batch", long, **LINES).lines[0]["problem"]["status"] == 413


def test_batch_keys(send, facts):
    """An Idempotency-Key fixes the ids of a batch's lines, each its own."""
    body = dumps(facts) + b"\n" + dumps(facts)
    ids = [
        [
            line["decision_id"]
            for line in send("POST", f"{LOGIN}/batch", body, HTTP_IDEMPOTENCY_KEY="k", **LINES).lines
        ]
        for _ in "ab"
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


def test_policy(send):
    """A policy shows its inputs, actions with data, bands, fallbacks and versions."""
    body = send("GET", "/v1/policies/login").json
    inputs = {one["name"]: one for one in body["inputs"]}
    assert inputs["country"] == {
        "name": "country",
        "type": "string",
        "required": False,
        "enum": ["NO", "SE"],
        "log": "clear",
    }
    assert (inputs["tries"]["min"], inputs["tries"]["max"], inputs["tries"]["default"]) == (0, 1000, 0)
    assert (inputs["user"]["required"], inputs["user"]["log"]) == (True, "hash")
    assert {"name": "agent", "data": {"queue": "fraud"}} in body["actions"]
    assert body["bands"][-1] == {"action": "block", "lower": 0.9, "upper": 1.0, "closed": True}
    assert body["bands"][0] == {"action": "allow", "lower": 0.0, "upper": 0.4, "closed": False}
    assert body["on_error"] == {"score": "challenge", "facts": "refuse", "log": "refuse"}
    assert body["policy_version"].startswith("sha256:")


def test_policies(send):
    """The policies are listed with their addresses, which answer."""
    listed = send("GET", "/v1/policies").json["policies"]
    assert {one["name"] for one in listed} == {"login", "lenient"}
    assert all(send("GET", one["address"]).status == 200 for one in listed)


def test_openapi_describes_facts(send):
    """The OpenAPI document names every policy's address and the schema of its facts."""
    document = send("GET", "/openapi.json").json
    schema = document["components"]["schemas"]["facts.login"]
    assert document["openapi"].startswith("3.1")
    assert {LOGIN, f"{LOGIN}/batch", "/v1/policies/login", "/healthz"} <= set(document["paths"])
    assert schema["required"] == ["user", "ip"]
    assert schema["properties"]["tries"]["anyOf"][0]["maximum"] == 1000


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health(send, path):
    """The service says that it lives and is ready."""
    assert (send("GET", path).status, send("HEAD", path).status, send("HEAD", path).body) == (200, 200, b"")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", LOGIN, "POST, OPTIONS"),
        ("PUT", LOGIN, "POST, OPTIONS"),
        ("BREW", LOGIN, "POST, OPTIONS"),
        ("POST", "/v1/policies", "GET, HEAD, OPTIONS"),
        ("DELETE", "/v1/policies/login", "GET, HEAD, OPTIONS"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
    ],
)
def test_wrong_method(send, method, path, allow):
    """A wrong method is answered 405 with the right ones."""
    answer = send(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allow)
    assert answer.headers["content-type"] == "application/problem+json"


def test_options(send):
    """OPTIONS tells the methods."""
    answer = send("OPTIONS", LOGIN)
    assert (answer.status, answer.headers["allow"], answer.body) == (204, "POST, OPTIONS", b"")


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/decisions", "/v1/decisions/", "/v1/decisions/a/b/c", "/\xff"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nowhere(send, method, path):
    """An unknown address is answered 404 with the known ones."""
    answer = send(method, path)
    assert (answer.status, "GET /v1/policies" in answer.json["detail"]) == (404, True)


@pytest.mark.parametrize("path", ["/v1/decisions/l\xc3\xb6gin", "/v1/decisions/\xff\xfe"])
def test_a_name_in_another_script(senders, facts, path):
    """The bytes of an address are UTF-8; what is none is shown as such, and both adapters say the same."""
    door, flask = (send("POST", path, dumps(facts)) for send in senders)
    assert (door.status, door.body) == (flask.status, flask.body)
    assert door.json["detail"].startswith(f"there is no policy `{'lögin' if 'gin' in path else '��'}`")


@pytest.mark.parametrize(("method", "path"), [("POST", LOGIN), ("GET", "/readyz"), ("GET", "/nowhere")])
def test_websocket(senders, facts, method, path):
    """Who asks for a websocket gets the answer that others get, and never a page."""
    for send in senders:
        plain = send(method, path, dumps(facts))
        asked = send(method, path, dumps(facts), HTTP_CONNECTION="Upgrade", HTTP_UPGRADE="websocket")
        assert (asked.status, asked.headers["content-type"]) == (plain.status, plain.headers["content-type"])


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/decisions/logn"), ("GET", "/v1/policies/logn")])
def test_unknown_policy(send, facts, method, path):
    """An unknown policy is answered 404 with the name that is nearest."""
    answer = send(method, path, dumps(facts))
    assert (answer.status, "`login`" in answer.json["detail"]) == (404, True)


@pytest.mark.parametrize(
    ("status", "environ"),
    [
        (411, {"CONTENT_LENGTH": None}),
        (411, {"CONTENT_LENGTH": ""}),
        (411, {"HTTP_TRANSFER_ENCODING": "chunked"}),
        (400, {"CONTENT_LENGTH": "-1"}),
        (400, {"CONTENT_LENGTH": "1e3"}),
        (400, {"CONTENT_LENGTH": "\u0663"}),
        (400, {"CONTENT_LENGTH": "9999"}),
        (413, {"CONTENT_LENGTH": "65537"}),
        (413, {"CONTENT_LENGTH": "9" * 30}),
        (415, {"CONTENT_TYPE": None}),
        (415, {"CONTENT_TYPE": "text/plain"}),
        (415, {"CONTENT_TYPE": "application/json; charset=latin-1"}),
        (415, {"CONTENT_TYPE": "application/jsonx"}),
        (415, {"HTTP_CONTENT_ENCODING": "gzip"}),
        (200, {"CONTENT_TYPE": "Application/JSON; charset=UTF-8"}),
        (200, {"CONTENT_TYPE": 'application/json;charset="utf-8"'}),
        (200, {"HTTP_CONTENT_ENCODING": "identity"}),
    ],
)
def test_head_of_request(send, facts, status, environ):
    """Length, transfer coding and media type are judged before the body is read."""
    answer = send("POST", LOGIN, dumps(facts), **environ)
    assert answer.status == status
    assert status == 200 or answer.headers["content-type"] == "application/problem+json"


def test_body_unread_when_refused(adapter, service):
    """A body that is too large is not read."""
    never = SimpleNamespace(read=lambda *_: pytest.fail("was read"))
    answer = adapter(service)("POST", LOGIN, b"", **{"CONTENT_LENGTH": "65537", "wsgi.input": never})
    assert answer.status == 413


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", "Basic c2VjcmV0", "Bearer \xff"])
@pytest.mark.parametrize(("method", "path"), [("POST", LOGIN), ("GET", "/v1/policies"), ("GET", "/nowhere")])
def test_token_needed(adapter, service, facts, given, method, path):
    """With tokens, a request without one of them is answered 401, whatever it asks for."""
    guarded = adapter(
        Service(service.policies, tokens=Tokens.of(["correct horse battery", "another staple"]))
    )
    answer = guarded(method, path, dumps(facts), HTTP_AUTHORIZATION=given)
    assert (answer.status, answer.headers["www-authenticate"][:6]) == (401, "Bearer")


def test_token_opens(adapter, service, facts):
    """Each of the tokens opens the service; its health needs none."""
    guarded = adapter(
        Service(service.policies, tokens=Tokens.of(["correct-horse-battery", "another-staple-x"]))
    )
    for token in ("correct-horse-battery", "another-staple-x"):
        assert guarded("POST", LOGIN, dumps(facts), HTTP_AUTHORIZATION=f"bearer {token}").status == 200
    assert guarded("GET", "/healthz").status == guarded("GET", "/readyz").status == 200


def test_failure_tells_nothing(adapter, service, facts, capsys):
    """A failure of ours is a 500 with an incident's number, and no word about its cause.

    The process log holds the cause, and no fact and no token, however the process has set up its logs.
    """

    class Failing:
        def record(self, *_):
            raise ZeroDivisionError("secret detail")

    token = "correct-horse-battery"
    failing = adapter(Service(service.policies, Failing(), tokens=Tokens.of([token])))
    body = dumps({**facts, "user": "a-name-to-keep"})
    answer = failing("POST", LOGIN, body, HTTP_AUTHORIZATION=f"Bearer {token}")
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert b"Zero" not in answer.body
    seen = capsys.readouterr()
    assert answer.json["detail"].split()[-1] in seen.out + seen.err
    assert "secret detail" in seen.out + seen.err
    assert "a-name-to-keep" not in seen.out + seen.err
    assert token not in seen.out + seen.err


def test_content_encoding(send, facts):
    """A body must not be compressed; `identity`, in any case, is how it says so."""
    for word, status in (("Identity", 200), ("", 200), ("gzip", 415), ("identity, gzip", 415)):
        assert send("POST", LOGIN, dumps(facts), HTTP_CONTENT_ENCODING=word).status == status


def test_a_log_that_fails_is_said_once_a_second(adapter, service, facts, capsys):
    """A full disk does not fill the process log, too: a line a second, with the number of decisions that it took."""

    class Full:
        def record(self, *_):
            raise LogError("no space")

    now = [10**18]
    send = adapter(Service(service.policies, Full(), clock=lambda: now[0]))
    for step in (0, 1, 10**9 - 1, 10**9, 10**9 + 1):
        now[0] = 10**18 + step
        assert send("POST", LOGIN, dumps(facts)).status == 503
    seen = capsys.readouterr()
    said = (seen.out + seen.err).splitlines()
    assert len([line for line in said if "decision log failed" in line]) == 2
    assert "3" in said[-1].partition("times")[2]
