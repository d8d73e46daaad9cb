"""The door: WSGI middleware that answers the hot route itself, before Flask; what is ordinary the swift way.

Flask takes ten times as long to reach a view as a decision takes.

`app.wsgi_app = Door(app.wsgi_app, service)` is the hook that Flask documents for middleware. Every other
route goes to the application. What Flask does around a view (before_request, after_request, sessions) does
not happen on the hot route; who needs that leaves the door out, and gets the same answers from the same
handler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Protocol

from policy.web.handler import HOT, exchange, failure
from policy.web.messages import JSON, head_of
from policy.web.service import Service
from policy.web.swift import Swift

STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_OK = STATUS_LINES[200]


class StartResponse(Protocol):
    """The callable with which a WSGI application begins its response (PEP 3333)."""

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        """Begin the response."""


WSGIApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class Door:
    """A WSGI application: POST /v1/decisions/<name> is answered here, the rest by the application behind."""

    def __init__(self, behind: WSGIApp, service: Service) -> None:
        self._behind = behind
        self._service = service
        self._find = Swift(service).find

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path: str = environ["PATH_INFO"]
        try:
            swift = self._find(path)
            body = None if swift is None else swift(environ)
        except Exception as error:  # noqa: BLE001 - as in the handler
            reply = failure(self._service, error)
            start_response(STATUS_LINES[reply.status], reply.headers)
            return [reply.body]
        if body is not None:
            start_response(_OK, [("Content-Type", JSON), ("Content-Length", str(len(body)))])
            return [body]
        if not path.startswith(HOT) or environ["REQUEST_METHOD"] != "POST" or "/" in path[len(HOT) :]:
            return self._behind(environ, start_response)
        if not path.isascii():  # its bytes, read as Latin-1 (PEP 3333)
            environ = {**environ, "PATH_INFO": path.encode("latin-1").decode(errors="replace")}
        reply = exchange(self._service, head_of(environ), environ["wsgi.input"])
        start_response(STATUS_LINES[reply.status], reply.headers)
        return [reply.body]
