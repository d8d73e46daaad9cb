"""Problem documents (RFC 9457): every error leaves as one, never as a page or a stack trace."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec

from policy.errors import Problem
from policy.web.messages import Headers, Reply

MEDIA = "application/problem+json"

_TITLES = {
    "invalid-request": "The request is malformed",
    "invalid-json": "The body is not valid JSON",
    "invalid-facts": "The facts are not what the policy asks for",
    "unauthorized": "A valid bearer token is needed",
    "not-found": "There is nothing at this address",
    "unknown-policy": "There is no policy of this name",
    "method-not-allowed": "The address does not take this method",
    "length-required": "The request must declare its Content-Length",
    "too-large": "The request is too large",
    "unsupported-media-type": "The body is of another media type than expected",
    "log-unavailable": "The decision cannot be recorded, so none is given",
    "not-ready": "The service is still loading",
    "internal-error": "The service failed on this request",
}


def document(status: int, code: str, detail: str, problems: Iterable[Problem] = ()) -> dict[str, Any]:
    """The members of a problem document; `problems` are facts with their JSON pointers."""
    members: dict[str, Any] = {
        "type": f"urn:scoregate:problem:{code}",
        "title": _TITLES.get(code) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if listed := [_member(problem) for problem in problems]:
        members["problems"] = listed
    return members


def problem(
    status: int, code: str, detail: str, *, problems: Iterable[Problem] = (), headers: Headers | None = None
) -> Reply:
    """A reply that holds a problem document."""
    body = msgspec.json.encode(document(status, code, detail, problems))
    return Reply(
        status, [("Content-Type", MEDIA), ("Content-Length", str(len(body))), *(headers or [])], body
    )


def _member(item: Problem) -> dict[str, str]:
    return {"pointer": item.pointer, "message": item.message, "expected": item.expected, "got": item.got}
