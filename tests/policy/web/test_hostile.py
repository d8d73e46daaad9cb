"""Hostile bodies: a problem document or an action, never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LOGIN, LENIENT = "/v1/decisions/login", "/v1/decisions/lenient"
START = b'{"user":"u","ip":"192.0.2.1",'

NOT_JSON = {
    "empty": b"",
    "white": b" \n\t",
    "cut": b'{"user":',
    "text": b"hello",
    "nan": START + b'"risk":NaN}',
    "infinity": START + b'"risk":Infinity}',
    "minus": START + b'"risk":-}',
    "leading zero": START + b'"risk":01}',
    "trailing comma": START + b'"risk":0.5,}',
    "trailing text": START + b'"risk":0.5}x',
    "two objects": b"{}{}",
    "single quotes": b"{'user':'u'}",
    "comment": b"{/* */}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "nul": b"\0",
    "control character": b'{"user":"a\nb"}',
    "no utf-8": b'{"user":"\xff"}',
    "no utf-8 in a name": b'{"\xff":1}',
    "overlong utf-8": b'{"user":"\xc0\xaf"}',
    "utf-16": '{"user":"u"}'.encode("utf-16"),
    "lone surrogate": b'{"user":"\\ud800"}',
    "lone surrogate in a name": b'{"\\udfff":1}',
    "surrogate bytes": b'{"user":"\xed\xa0\x80"}',
    "deep arrays": b'{"x":' + b"[" * 2000 + b"]" * 2000 + b"}",
    "deep objects": b'{"x":' * 2000 + b"1" + b"}" * 2000,
    "deeper": b"[" * 60_000,
    "nan after a number out of range": START + b'"tries":1e999,"risk":NaN}',
    "deep after a number out of range": b'{"a":1e999,"x":' + b"[" * 2000 + b"]" * 2000 + b"}",
}
WRONG = {
    "array": (b"[]", {""}),
    "null": (b"null", {""}),
    "string": (b'"x"', {""}),
    "number": (b"1", {""}),
    "number out of range alone": (b"1e999", {""}),
    "number out of range": (START + b'"risk":1e999}', {"/risk"}),
    "negative out of range": (START + b'"risk":-1e999}', {"/risk"}),
    "huge int": (START + b'"tries":' + b"9" * 5000 + b"}", {"/tries"}),
    "int beyond 64 bits": (START + b'"tries":18446744073709551616}', {"/tries"}),
    "int as float": (START + b'"tries":1.5}', {"/tries"}),
    "bool as int": (START + b'"tries":true}', {"/tries"}),
    "string as number": (START + b'"risk":"0.5"}', {"/risk"}),
    "object as string": (b'{"user":{},"ip":"192.0.2.1"}', {"/user"}),
    "array as string": (b'{"user":["a"],"ip":"192.0.2.1"}', {"/user"}),
    "null for what must be": (b'{"user":null,"ip":null}', {"/user", "/ip"}),
    "surrogate beside a number out of range": (
        b'{"risk":1e999,"ip":"192.0.2.1","user":"\\ud800"}',
        {"/user", "/risk"},
    ),
    "address with a zone": (b'{"user":"u","ip":"fe80::1%eth0"}', {"/ip"}),
    "not a moment": (START + b'"seen":"2024-02-30T00:00:00Z"}', {"/seen"}),
    "nothing": (b"{}", {"/user", "/ip"}),
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
@pytest.mark.parametrize("path", [LOGIN, LENIENT])
def test_not_json(send, body, path):
    """A body that is not JSON is answered 400 with a problem document, whatever `on_error` says."""
    answer = send("POST", path, body)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json["detail"]


@pytest.mark.parametrize(("body", "pointers"), WRONG.values(), ids=WRONG)
def test_wrong_facts(send, body, pointers):
    """Facts that are JSON but wrong are answered 422 with their pointers, or with the action of `on_error.facts`."""
    refused = send("POST", LOGIN, body)
    assert refused.status == 422
    assert {one["pointer"] for one in refused.json["problems"]} == pointers
    acted = send("POST", LENIENT, body)
    assert (acted.status, acted.json["action"]) == (200, "block")
    assert {one["pointer"] for one in acted.json["degraded"]} == pointers


def test_last_of_duplicates_counts(send):
    """Of a name that stands twice the last value counts."""
    answer = send("POST", LOGIN, START + b'"risk":0.1,"risk":0.95}')
    assert (answer.json["score"], answer.json["action"]) == (0.95, "block")


def test_negative_zero(send):
    """A score of -0.0 is a score of 0."""
    assert send("POST", LOGIN, START + b'"risk":-0.0}').json["action"] == "allow"


def test_hostile_names_echoed_safely(send):
    """Names of unknown facts come back as JSON can hold them, however odd, and not without bound."""
    odd = {"a\nb": 1, "~/": 2, "\N{RIGHT-TO-LEFT OVERRIDE}": 3, "x" * 10_000: 4}
    answer = send("POST", LOGIN, json.dumps({"user": "u", "ip": "192.0.2.1", "risk": 0.1, **odd}).encode())
    assert answer.status == 200
    assert len(answer.json["ignored_facts"]) == 4
    assert len(answer.body) < 2_000


@pytest.mark.parametrize(
    "row_id",
    [
        b"1e999",
        b'1e999,"a":"\\ud800"',
        b'"\\ud800","a":1e999',
        b'0,"a":1e999,"row_id":"\\ud800"',
        b'"\\ud800"',
        b"{}",
        b'["x"]',
        b"9" * 400,
        b"null",
        b"true",
        b'"' + b"x" * 1000 + b'"',
    ],
)
def test_odd_row_ids(send, row_id):
    """Any row_id leaves the other lines of a batch alone."""
    body = START + b'"risk":0.1,"row_id":' + row_id + b"}\n" + START + b'"risk":0.1,"row_id":2}'
    answer = send("POST", f"{LOGIN}/batch", body, CONTENT_TYPE="application/jsonl")
    assert (answer.status, len(answer.lines)) == (200, 2)
    assert answer.lines[1]["row_id"] == 2


numbers = st.one_of(st.integers(), st.floats(), st.integers(min_value=-(10**400), max_value=10**400))
scalars = st.one_of(
    st.none(), st.booleans(), numbers, st.text(max_size=30), st.sampled_from(["192.0.2.1", "NO", "::1"])
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
names = st.one_of(
    st.sampled_from(["user", "ip", "country", "tries", "seen", "risk", "row_id"]), st.text(max_size=8)
)
documents = st.one_of(st.dictionaries(names, values, max_size=8), values)
texts = st.builds(
    lambda value, escaped: json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass"),
    documents,
    st.booleans(),
)
bodies = st.one_of(
    texts,
    st.binary(max_size=200),
    st.builds(
        lambda text, at, byte: text[:at] + byte + text[at + 1 :],
        texts,
        st.integers(0, 80),
        st.binary(min_size=1, max_size=1),
    ),
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies, st.sampled_from([LOGIN, LENIENT]))
def test_any_body_is_answered(senders, body, path):
    """Whatever the bytes, both adapters answer 200, 400 or 422, with valid JSON."""
    for send in senders:
        answer = send("POST", path, body)
        assert answer.status in {200, 400, 422}
        strict(answer.body)
        media = "application/json" if answer.status == 200 else "application/problem+json"
        assert answer.headers["content-type"] == media


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(bodies, max_size=5))
def test_any_batch_is_answered(send, lines):
    """Whatever the lines, each that is not empty is answered by one line of valid JSON."""
    body = b"\n".join(lines)
    answer = send("POST", f"{LOGIN}/batch", body, CONTENT_TYPE="application/x-ndjson")
    assert answer.status == 200
    assert len(answer.body.splitlines()) == sum(bool(line.strip()) for line in body.split(b"\n"))
    for line in answer.body.split(b"\n")[:-1]:
        strict(line)


header = st.text(st.characters(max_codepoint=255), max_size=60)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.one_of(
        st.sampled_from(["GET", "POST", "HEAD", "OPTIONS"]), st.text("ABCXYZ", min_size=1, max_size=8)
    ),
    path=st.one_of(
        st.sampled_from([LOGIN, f"{LOGIN}/batch", "/v1/policies/x", "/readyz"]),
        header.map(lambda text: "/" + text),
    ),
    environ=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            (
                *("CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_AUTHORIZATION", "HTTP_IDEMPOTENCY_KEY"),
                *("HTTP_SCOREGATE_COMPLETED", "HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING"),
            ),
            header,
        ),
    ),
)
def test_any_head_is_answered(send, method, path, environ):
    """Whatever the method, address and headers, the answer is no 500, and every error is a problem document."""
    answer = send(method, path, START + b'"risk":0.1}', **environ)
    assert answer.status < 500
    assert answer.status < 400 or method == "HEAD" or strict(answer.body)["status"] == answer.status


def strict(text: bytes) -> Any:
    """JSON in UTF-8 without NaN."""
    return json.loads(text.decode(), parse_constant=pytest.fail)
