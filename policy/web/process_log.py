"""The process log: what happens to the service itself.

Readable on a terminal, JSON lines elsewhere, always stderr.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import msgspec
import structlog


def configure(level: int = logging.INFO) -> None:
    """Set structlog up for this process. There is no line per request: the decision log is that."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=shared + (_for_people() if sys.stderr.isatty() else _for_machines()),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _for_people() -> list[Any]:
    return [structlog.dev.ConsoleRenderer()]


def _for_machines() -> list[Any]:
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(serializer=_text),
    ]


def _text(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()
