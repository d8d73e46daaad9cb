"""Decisions over HTTP: a pure handler, Flask around it, a WSGI door in front, a supervisor of workers."""

from __future__ import annotations

from policy.web.app import application, blueprint, create_app
from policy.web.door import Door
from policy.web.service import Service, open_service
from policy.web.tokens import TokenError, Tokens

__all__ = [
    "Door",
    "Service",
    "TokenError",
    "Tokens",
    "application",
    "blueprint",
    "create_app",
    "open_service",
]
