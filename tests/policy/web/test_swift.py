"""The swift way and the general way are one: the same answers, lines of the log and counts, to the last byte."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.log import segments
from policy.web import Door, Service, Tokens, application, decide, open_service
from policy.web.counts import SPENT, TIMES, Counts
from policy.web.swift import Swift

ROOT = Path(__file__).parents[3]
AT = 1_790_000_000_123_456_789
WHOLE = """\
decision: whole
inputs:
  risk: {type: double, min: 0, max: 1, optional: true}
  x: {type: double, min: -5, max: 9007199254740992}
  free: {type: double, default: 0.5, log: hash}
  n: {type: int, min: 1, default: 7}
  big: {type: int, optional: true}
  level: {type: int, enum: [1, 2, 30], max: 20, optional: true}
  word: {type: string, max_length: 4, default: ab}
  kind: {type: string, enum: [long, odd], max_length: 3, default: odd}
  secret: {type: string, log: drop, optional: true}
  ip: {type: ip, default: "::1"}
  hidden: {type: ip, log: hash, optional: true}
  at: {type: timestamp, max: 2027-01-01T00:00:00Z, default: 2026-01-01T00:00:00Z}
  seen: {type: timestamp, optional: true, log: hash}
  wait: {type: duration, min: 1s, optional: true}
  busy: {type: bool, default: false}
score: {input: risk}
actions: {allow: , challenge: {needs: busy, else: agent}, agent: {queue: a}, block: }
bands: {allow: 0, challenge: 0.4, agent: 0.6, block: 0.9}
segments:
  - {name: far, when: x > 100.0, bands: {agent: 0.5}}
lists:
  office: {type: cidr, entries: [{value: 192.0.2.0/24, expires: 2026-09-21T00:00:00Z}, "2001:db8::/32"]}
rules:
  - {name: old, when: now - at > duration("8760h"), at_least: challenge}
  - {name: office, when: ip in lists.office, at_most: challenge}
  - {name: preview, when: n > 8 && score > 0.2, action: block, mode: preview}
  - {name: unknown, when: wait > duration("10s") && big > 3, action: block}
on_error: {score: challenge, facts: refuse, log: refuse}
"""
STRICT = WHOLE.replace("decision: whole", "decision: strict\nunknown_facts: refuse").replace(
    "facts: refuse, log: refuse", "facts: block, log: agent"
)
NAMES = ("login", "whole", "strict")

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64),
    st.sampled_from([0, 1, 2, 7, 9, 30, 2**63 - 1, 2**63, -(2**63), 2**53 + 1]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(0, 1),
    st.text(max_size=6),
    st.sampled_from(
        [
            *("::1", "192.0.2.7", "192.0.2.200", "203.0.113.9", "::ffff:192.0.2.7", "2001:DB8:0::7", "1.2.3", "fe80::1%a"),
            *("2025-01-01T00:00:00Z", "2026-09-21T10:00:00+02:00", "2027-01-01T00:00:00.000001Z", "2026-02-30T00:00:00Z"),
            *("90s", "1h30m", "0.5s", "1ns", "long", "odd", "clean", "tor", "NO", "", "\u00e9\u00e9", "\U0001f600abc", "\0"),
        ]
    ),
    st.sampled_from([[], {}, [1], {"a": 1}]),
)  # fmt: skip
PLAIN = {
    "login": json.loads((ROOT / "configs/examples/login.json").read_text()),
    "whole": {"x": 1, "risk": 0.3},
    "strict": {"x": 1.5, "risk": 0.95, "ip": "203.0.113.9", "wait": "10s"},
}
LITERALS = [
    "1.0",
    "1e0",
    "-0",
    "-0.0",
    "1e400",
    "1" * 400,
    "true",
    "NaN",
    '"\\ud800"',
    '"\\u0061"',
    "9007199254740993",
]


@dataclass(frozen=True)
class Way:
    """A service behind an adapter, with time and chance that stand still."""

    service: Service
    app: Any
    folder: Path
    seen: dict[Path, int] = field(default_factory=dict)

    def send(self, name: str, body: bytes, **environ: Any) -> tuple[Any, ...]:
        """The answer to a request: status, headers, body."""
        begun: list[Any] = []
        given = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": f"/v1/decisions/{name}",
            "QUERY_STRING": "",
            "SCRIPT_NAME": "",
            "SERVER_NAME": "test",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            **environ,
        }
        given = {key: value for key, value in given.items() if value is not None}
        sent = b"".join(self.app(given, lambda status, headers, _=None: begun.append((status, headers))))
        ((status, headers),) = begun
        return int(status.split()[0]), sorted(headers), sent

    def news(self) -> bytes:
        """What came to the log since this was asked last."""
        found = b""
        for path in segments(self.folder):
            with path.open("rb") as file:
                file.seek(self.seen.get(path, 0))
                found += file.read()
                self.seen[path] = file.tell()
        return found

    def counts(self) -> dict[Any, int]:
        """What is counted, but for times."""
        total = self.service.counts.board.total()
        return {name: value for name, value in total.items() if name[0] not in {TIMES, SPENT} and value}


def ways(configs: Path, folder: Path, **more: Any) -> tuple[Way, Way]:
    """The swift way, through the door, and the general one, through Flask."""
    key = folder / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    made = []
    for name in ("swift", "general"):
        log = folder / name
        service = open_service(configs, log_dir=log, log_key_file=key)
        service = replace(service, clock=lambda: AT, entropy=lambda: bytes(range(10)), **more)
        app = application(service)
        made.append(Way(service, Door(app.wsgi_app, service) if name == "swift" else app, log))
    return made[0], made[1]


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded policy of logins with its model, and policies that have every block."""
    folder = tmp_path_factory.mktemp("configs")
    for name in ("models", "examples"):
        shutil.copytree(ROOT / "configs" / name, folder / name)
    shutil.copy(ROOT / "configs" / "login.yaml", folder)
    (folder / "whole.yaml").write_text(WHOLE)
    (folder / "strict.yaml").write_text(STRICT)
    return folder


@pytest.fixture(scope="module")
def both(configs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Way, Way]:
    """Both ways over these policies."""
    return ways(configs, tmp_path_factory.mktemp("logs"))


def same(both: tuple[Way, Way], name: str, body: bytes, **environ: Any) -> int:
    """Ask both, and hold them to one answer and one line; its status."""
    answers = [way.send(name, body, **environ) for way in both]
    assert answers[0] == answers[1]
    swift, general = (way.news() for way in both)
    assert swift == general
    assert swift.count(b"\n") == (answers[0][0] == 200)
    assert both[0].counts() == both[1].counts()
    return int(answers[0][0])


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, bytes]:
    """A policy, and a body that is near to what it accepts."""
    name = draw(st.sampled_from(NAMES))
    known = ["user_id", "failed_logins_1h", "hour", "country", "ip_reputation", "has_phone", "browser_mismatch", "round_trip_ms"] if (
        name == "login"
    ) else ["risk", "x", "free", "n", "big", "level", "word", "kind", "secret", "hidden", "at", "seen", "wait", "busy"]  # fmt: skip
    facts = dict(PLAIN[name])
    for fact in draw(st.lists(st.sampled_from([*known, "ip", "colour"]), max_size=4)):
        facts[fact] = draw(VALUES)
    for fact in draw(st.lists(st.sampled_from(known), max_size=2)):
        facts.pop(fact, None)
    return name, json.dumps(facts, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=requests())
def test_both_ways_give_the_same_bytes(both, asked):
    """Whatever facts come, answer, line and counts are those of the general way."""
    same(both, *asked)


@pytest.mark.parametrize("literal", LITERALS)
@pytest.mark.parametrize("name", NAMES)
def test_every_spelling_of_a_value_is_read_alike(both, name, literal):
    """Numbers, escapes and words as only JSON text can write them mean the same on both ways, in every fact."""
    decision = both[0].service.policies.decisions[name]
    for fact in decision.inputs.names:
        facts = {key: json.dumps(value) for key, value in PLAIN[name].items()} | {fact: literal}
        body = "{" + ", ".join(f'"{key}": {value}' for key, value in facts.items()) + "}"
        same(both, name, body.encode())


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b"{}x", b'{"x": 1, "x": 2}', b'{"x": "no", "x": 2}', b'{"x": 1} ', b'\xef\xbb\xbf{"x": 1}',
     b'{"x": 1, "word": "\xff"}', b'{"x": 1, "\\u0078": 3}', b'{"f0": 1, "x": 1}', b"[" * 9_000, b'{"x":' + b"[" * 9_000],
)  # fmt: skip
def test_bodies_that_are_no_plain_object(both, body):
    """What is odd as JSON is answered alike."""
    same(both, "whole", body)


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_TYPE": "application/json; charset=UTF-8"},
        {"CONTENT_TYPE": "text/plain"},
        {"CONTENT_TYPE": None},
        {"CONTENT_LENGTH": None},
        {"CONTENT_LENGTH": "0"},
        {"CONTENT_LENGTH": "10"},
        {"CONTENT_LENGTH": "9999"},
        {"CONTENT_LENGTH": "99999"},
        {"CONTENT_LENGTH": "-1"},
        {"CONTENT_LENGTH": "\u0664"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"HTTP_CONTENT_ENCODING": "gzip"},
        {"HTTP_CONTENT_ENCODING": "identity"},
        {"HTTP_IDEMPOTENCY_KEY": "k-1"},
        {"HTTP_IDEMPOTENCY_KEY": ""},
        {"HTTP_SCOREGATE_COMPLETED": "challenge"},
        {"HTTP_SCOREGATE_COMPLETED": ""},
        {"HTTP_AUTHORIZATION": "Bearer unasked"},
        {"REQUEST_METHOD": "PUT"},
        {"REQUEST_METHOD": "OPTIONS"},
    ],
)
def test_heads_that_are_not_ordinary(both, environ):
    """What the head of a request asks for it gets, on either way."""
    same(both, "login", json.dumps(PLAIN["login"]).encode(), **environ)


def ignore(*_: object) -> None:
    """Write nothing of an event."""
    raise structlog.DropEvent


@pytest.mark.parametrize("name", NAMES)
def test_ordinary_requests_go_the_swift_way(both, name):
    """Plainly right facts need no other, and neither do those for which a rule has a say."""
    exchange = Swift(both[0].service).find(f"/v1/decisions/{name}")
    assert exchange is not None
    for ip in ("203.0.113.77", "192.0.2.200"):
        body = json.dumps(PLAIN[name] | {"ip": ip}).encode()
        environ = {
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
        }
        assert exchange({**environ, "wsgi.input": io.BytesIO(body)}) is not None
        both[1].send(name, body)
    assert both[0].news() == both[1].news()


class Dribble:
    """A body that comes one byte at a time."""

    def __init__(self, body: bytes) -> None:
        self.rest = io.BytesIO(body)

    def read(self, size: int) -> bytes:
        return self.rest.read(min(size, 1))


def test_bodies_in_pieces(both):
    """A body that the server hands over in pieces is put together, whatever way it goes."""
    body = json.dumps(PLAIN["login"]).encode()
    answers = [way.send("login", body, **{"wsgi.input": Dribble(body)}) for way in both]
    assert answers[0] == answers[1]
    assert answers[0][0] == 200
    assert both[0].news() == both[1].news()


def test_tokens_are_asked_for(configs, tmp_path):
    """With tokens, nobody gets a decision without one."""
    both = ways(configs, tmp_path, tokens=Tokens.of(["s" * 20]))
    body = json.dumps(PLAIN["login"]).encode()
    for authorization, status in (("Bearer " + "s" * 20, 200), ("Bearer " + "t" * 20, 401), (None, 401)):
        assert same(both, "login", body, HTTP_AUTHORIZATION=authorization) == status


def test_a_new_policy_has_its_own_way(tmp_path):
    """After a reload the swift way is that of the new policy, also where it asks for other facts."""
    configs, logs = tmp_path / "configs", tmp_path / "logs"
    configs.mkdir()
    logs.mkdir()
    file = configs / "whole.yaml"
    file.write_text(WHOLE)
    both = ways(configs, logs)
    body = json.dumps(PLAIN["whole"]).encode()
    assert same(both, "whole", body) == 200
    before = both[0].send("whole", body)
    both[1].send("whole", body)
    for change, status in (
        (("challenge: 0.4", "challenge: 0.2"), 200),
        (("x: {", "y: {type: bool}\n  x: {"), 422),
    ):
        file.write_text(file.read_text().replace(*change))
        for way in both:
            way.news()
            assert way.service.policies.reload().error is None
        assert same(both, "whole", body) == status
        assert both[0].send("whole", body) != before
        both[1].send("whole", body)


def test_a_full_disk_is_noticed(configs, tmp_path, monkeypatch):
    """Where a line does not fit, nothing of it stays in the log, and the policy says what happens."""
    monkeypatch.setattr(
        decide, "log", structlog.wrap_logger(None, processors=[ignore])
    )  # its file is full, too
    both = ways(configs, tmp_path)
    body = json.dumps(PLAIN["login"]).encode()
    assert same(both, "login", body) == 200
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        for name, status in (("login", 503), ("whole", 503), ("strict", 200)):
            answers = [way.send(name, json.dumps(PLAIN[name]).encode()) for way in both]
            assert answers[0] == answers[1]
            assert answers[0][0] == status
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert both[0].news() == both[1].news() == b""
    assert both[0].counts() == both[1].counts()
    assert same(both, "login", body) == 200


def test_a_forked_child_goes_its_own_way(configs, tmp_path):
    """A child that is forked after the swift way was found writes a segment and counts of its own."""
    way, _ = ways(configs, tmp_path, counts=Counts(tmp_path))
    body = json.dumps(PLAIN["login"]).encode()
    assert way.send("login", body)[0] == 200
    child = os.fork()
    if not child:
        os._exit(way.send("login", body)[0] != 200)
    assert os.waitpid(child, 0)[1] == 0
    assert way.send("login", body)[0] == 200
    held = sorted(path.read_bytes().count(b"\n") for path in segments(way.folder))
    assert held == [1, 2]
    assert way.counts()["decisions", "login", "allow"] == 3
