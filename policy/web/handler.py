"""The service as one pure function: the head and the body of a request in, a whole response out.

`exchange` is what an adapter calls: it refuses by the head what can be refused before the body is read, reads
the declared bytes, and answers. Flask and the door both do that, so that they cannot differ.
"""

from __future__ import annotations

import re
import secrets
import traceback
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol

import structlog

from policy.web.batch import decide_lines
from policy.web.bodies import BATCH_BYTES, DECISION_BYTES, RANKING_BYTES
from policy.web.decide import decide
from policy.web.describe import health, policies, policy, ready, schema
from policy.web.messages import JSON, JSON_LINES, Head, Reply
from policy.web.metrics import metrics
from policy.web.problems import problem
from policy.web.rank import rank
from policy.web.service import Service

HOT = "/v1/decisions/"

log = structlog.get_logger("scoregate.web")

Answer = Callable[[Service, str, Head, bytes], Reply]


class Stream(Protocol):
    """A body to read, such as `wsgi.input`."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; fewer or none at the end."""


class Route(NamedTuple):
    """An address: its method, what answers, the most bytes of body (0: none) and their media types."""

    rule: str
    method: str
    answer: Answer
    limit: int = 0
    media: frozenset[str] = frozenset()
    free: bool = False  # whether it needs no token


_ROUTES = (
    Route("/v1/decisions/<name>", "POST", decide, DECISION_BYTES, frozenset({JSON})),
    Route(
        "/v1/decisions/<name>/batch",
        "POST",
        decide_lines,
        BATCH_BYTES,
        frozenset({JSON_LINES, "application/jsonl", "application/jsonlines"}),
    ),
    Route("/v1/rankings/<name>", "POST", rank, RANKING_BYTES, frozenset({JSON})),
    Route("/v1/policies", "GET", policies),
    Route("/v1/policies/<name>", "GET", policy),
    Route("/openapi.json", "GET", schema),
    Route("/metrics", "GET", metrics),
    Route("/healthz", "GET", health, free=True),
    Route("/readyz", "GET", ready, free=True),
)
RULES = tuple(route.rule for route in _ROUTES)
_PATTERNS = [(re.compile(route.rule.replace("<name>", "([^/]+)")).fullmatch, route) for route in _ROUTES]
_UTF8 = re.compile(r"""\s*charset\s*=\s*"?utf-?8"?\s*""", re.IGNORECASE).fullmatch


def exchange(service: Service, head: Head, stream: Stream) -> Reply:
    """Answer a request whose body is still to be read from the stream."""
    try:
        route, name = _route(head.path)
        reply = _refuse(service, head, route)
        if reply is None:
            assert route is not None
            body = _read(stream, int(head.length)) if route.limit else b""
            reply = _respond(service, head, route, name, body)
    except Exception as error:  # noqa: BLE001 - whatever comes, the client gets an answer, and the service goes on
        return failure(service, error)
    if reply.status >= 400:
        service.counts.failed(reply.status)
    return reply


def admit(service: Service, head: Head) -> Reply | None:
    """The refusal of a request by its head alone; None if its body may be read."""
    return _refuse(service, head, _route(head.path)[0])


def answer(service: Service, head: Head, body: bytes) -> Reply:
    """The response to a request that was admitted, whose body is whole."""
    route, name = _route(head.path)
    return _nowhere() if route is None else _respond(service, head, route, name, body)


def _refuse(service: Service, head: Head, route: Route | None) -> Reply | None:
    tokens = service.tokens
    if tokens.digests and not (route and route.free) and not tokens.admit(head.authorization):
        detail = "send the header `Authorization: Bearer <token>`"
        return problem(
            401, "unauthorized", detail, headers=[("WWW-Authenticate", 'Bearer realm="scoregate"')]
        )
    if route is None:
        return _nowhere()
    if head.method != route.method and not (head.method == "HEAD" and route.method == "GET"):
        return _wrong_method(head, route)
    return _refuse_body(head, route) if route.limit else None


def _respond(service: Service, head: Head, route: Route, name: str, body: bytes) -> Reply:
    if route.limit and len(body) != int(head.length):
        detail = f"the body ends after {len(body)} bytes; its Content-Length is {head.length}"
        return problem(400, "invalid-request", detail)
    reply = route.answer(service, name, head, body)
    return reply._replace(body=b"") if head.method == "HEAD" else reply


def _nowhere() -> Reply:
    known = ", ".join(f"{one.method} {one.rule}" for one in _ROUTES)
    return problem(404, "not-found", f"nothing stands at this address; the service knows {known}")


def _route(path: str) -> tuple[Route | None, str]:
    if path.startswith(HOT) and "/" not in (name := path[len(HOT) :]) and name:
        return _ROUTES[0], name
    for match, route in _PATTERNS:
        if found := match(path):
            return route, found[1] if found.lastindex else ""
    return None, ""


def _wrong_method(head: Head, route: Route) -> Reply:
    allowed = f"{route.method}, HEAD, OPTIONS" if route.method == "GET" else f"{route.method}, OPTIONS"
    if head.method == "OPTIONS":
        return Reply(204, [("Allow", allowed)], b"")
    detail = f"{head.method[:20]} is not possible here; {route.rule} takes {route.method}"
    return problem(405, "method-not-allowed", detail, headers=[("Allow", allowed)])


def _refuse_body(head: Head, route: Route) -> Reply | None:
    if head.chunked or not head.length:
        return problem(411, "length-required", "send the body with a Content-Length, not in chunks")
    if not head.length.isdecimal() or not head.length.isascii():
        return problem(400, "invalid-request", "Content-Length must be a number of bytes")
    if len(head.length) >= 20 or int(head.length) > route.limit:
        return problem(413, "too-large", f"the body may hold at most {route.limit} bytes")
    if head.content_type not in route.media and not _takes(route, head.content_type):
        expected = " or ".join(sorted(route.media))
        detail = f"the body must be {expected} in UTF-8; send the header `Content-Type: {min(route.media)}`"
        return problem(
            415, "unsupported-media-type", detail, headers=[("Accept", ", ".join(sorted(route.media)))]
        )
    if head.content_encoding and head.content_encoding.strip().lower() != "identity":
        detail = "the body must not be compressed"
        return problem(415, "unsupported-media-type", detail, headers=[("Accept-Encoding", "identity")])
    return None


@lru_cache(64)
def _takes(route: Route, content_type: str) -> bool:
    media, *parameters = content_type.split(";")
    return media.strip().lower() in route.media and all(
        _UTF8(parameter) or "charset" not in parameter.lower() for parameter in parameters
    )


def _read(stream: Stream, declared: int) -> bytes:
    """As many bytes as were declared; fewer if the client sent fewer."""
    body = stream.read(declared) if declared else b""
    while len(body) < declared and (more := stream.read(declared - len(body))):
        body += more
    return body


def failure(service: Service, error: Exception) -> Reply:
    """The answer where the service itself failed: the client learns a number, the process log everything else."""
    service.counts.failed(500)
    incident = secrets.token_hex(8)
    # As text: a process that has not set up its logs would show local variables, and so facts and tokens.
    log.error("request failed", incident=incident, exception="".join(traceback.format_exception(error)))
    return problem(500, "internal-error", f"the failure is noted in the server's log as incident {incident}")
