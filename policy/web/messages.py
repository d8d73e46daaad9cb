"""What the adapters and the handler exchange: the head of a request in, a reply out."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

JSON = "application/json"
JSON_LINES = "application/x-ndjson"

Headers = list[tuple[str, str]]


class Head(msgspec.Struct, frozen=True, gc=False):
    """The parts of a request that decide about it before its body is read.

    path: as WSGI gives it, unquoted; length: the Content-Length header's text, "" if absent; chunked: whether
    there is a Transfer-Encoding header. The rest are the headers of the same names, "" if absent, but for
    idempotency_key, where "" is a key that cannot be used: servers show so what is not ASCII.
    """

    method: str
    path: str
    length: str = ""
    chunked: bool = False
    content_type: str = ""
    content_encoding: str = ""
    authorization: str = ""
    idempotency_key: str | None = None
    completed: str = ""


class Reply(NamedTuple):
    """A whole response."""

    status: int
    headers: Headers
    body: bytes


def head_of(environ: dict[str, Any]) -> Head:
    """The head of the request in a WSGI environment (PEP 3333)."""
    get = environ.get
    return Head(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        get("CONTENT_LENGTH") or "",
        "HTTP_TRANSFER_ENCODING" in environ,
        get("CONTENT_TYPE") or "",
        get("HTTP_CONTENT_ENCODING") or "",
        get("HTTP_AUTHORIZATION") or "",
        get("HTTP_IDEMPOTENCY_KEY"),
        get("HTTP_SCOREGATE_COMPLETED") or "",
    )


def reply(status: int, body: bytes, media: str = JSON) -> Reply:
    """A reply with a body of the media type."""
    return Reply(status, [("Content-Type", media), ("Content-Length", str(len(body)))], body)


def json_reply(status: int, value: Any) -> Reply:
    """A reply whose body is the value as JSON."""
    return reply(status, msgspec.json.encode(value))
