"""Policies, and the service as both adapters show it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from policy.web import Door, Service, application, open_service

LOGIN = """\
decision: login
description: What to do with a login
inputs:
  user: {type: string, log: hash}
  ip: {type: ip}
  country: {type: string, enum: [NO, SE], optional: true}
  tries: {type: int, min: 0, max: 1000, default: 0}
  seen: {type: timestamp, optional: true}
  risk: {type: double, min: 0, max: 1, optional: true, description: How likely it is a bot}
score: {input: risk}
actions: {allow: , challenge: , agent: {queue: fraud}, block: }
bands: {allow: 0, challenge: 0.4, agent: 0.6, block: 0.9}
on_error: {score: challenge, facts: refuse, log: refuse}
cases:
  - {facts: {user: a, ip: 192.0.2.1, risk: 0.1}, expect: allow}
"""
LENIENT = LOGIN.replace("decision: login", "decision: lenient").replace(
    "facts: refuse, log: refuse", "facts: block, log: agent"
)
FACTS = {"user": "u-1", "ip": "192.0.2.7", "country": "NO", "risk": 0.5}


@dataclass(frozen=True)
class Answer:
    """A response as a client sees it."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]


@pytest.fixture(scope="session")
def configs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two policies: `login` refuses what is wrong, `lenient` answers it with an action."""
    folder = tmp_path_factory.mktemp("configs")
    (folder / "login.yaml").write_text(LOGIN)
    (folder / "lenient.yaml").write_text(LENIENT)
    return folder


@pytest.fixture
def facts() -> dict[str, Any]:
    """Facts that both policies accept."""
    return dict(FACTS)


@pytest.fixture(scope="session")
def service(configs: Path) -> Service:
    """The service of the policies, without a log."""
    return open_service(configs)


@pytest.fixture
def logging(configs: Path, tmp_path: Path) -> Service:
    """The service of the policies, with a log in `tmp_path / "log"`."""
    return open_service(configs, log_dir=tmp_path / "log")


def request(
    app: Callable[..., Any], method: str, path: str, body: bytes | None = None, **environ: Any
) -> Answer:
    """One WSGI call. A body brings its length and the type JSON, unless the environment says otherwise (None: no)."""
    begun: list[Any] = []
    given: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "test",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body or b""),
        "wsgi.errors": io.StringIO(),
    }
    if body is not None:
        given |= {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
    given = {name: value for name, value in (given | environ).items() if value is not None}
    chunks = app(given, lambda status, headers, _=None: begun.append((status, headers)))
    sent = b"".join(chunks)
    ((status, headers),) = begun
    return Answer(int(status.split()[0]), {name.lower(): value for name, value in headers}, sent)


@pytest.fixture(params=["door", "flask"])
def adapter(request: pytest.FixtureRequest) -> Callable[[Service], Callable[..., Answer]]:
    """From a service to a function that sends it requests, through the door and through Flask alone."""
    return lambda service: _sender(service, request.param)


@pytest.fixture
def adapters() -> list[Callable[[Service], Callable[..., Answer]]]:
    """Both adapters, the door first."""
    return [lambda service, kind=kind: _sender(service, kind) for kind in ("door", "flask")]


@pytest.fixture
def senders(
    adapters: list[Callable[[Service], Callable[..., Answer]]], service: Service
) -> list[Callable[..., Answer]]:
    """Functions that send requests to the service without a log, through either adapter."""
    return [adapter(service) for adapter in adapters]


@pytest.fixture
def send(adapter: Callable[[Service], Callable[..., Answer]], service: Service) -> Callable[..., Answer]:
    """A function that sends requests to the service without a log."""
    return adapter(service)


def _sender(service: Service, kind: str) -> Callable[..., Answer]:
    app = application(service)
    outer = Door(app.wsgi_app, service) if kind == "door" else app
    return lambda *arguments, **environ: request(outer, *arguments, **environ)
