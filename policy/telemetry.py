"""The process log: what happens to the service itself, on standard error.

Readable on a terminal, JSON lines elsewhere. There is no line per request: the decision log is that. What
libraries say through `logging` comes out in the same form.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import suppress
from typing import IO, Any

import msgspec
import structlog

LEVEL = "SCOREGATE_LOG_LEVEL"
FORMAT = "SCOREGATE_LOG_FORMAT"

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
FORMATS = ("auto", "console", "json")

_FIRST = ("timestamp", "level", "event")  # members of a JSON line that come first


def configure(*, level: str | None = None, format_: str | None = None, stream: IO[str] | None = None) -> None:
    """Set up the logs of this process; a process that is started by another must do so again.

    level: a key of LEVELS, or what SCOREGATE_LOG_LEVEL says, or info; format_: one of FORMATS, or what
    SCOREGATE_LOG_FORMAT says, or auto: console on a terminal, json elsewhere; stream: standard error by
    default.
    """
    stream = stream or sys.stderr
    level, odd_level = _choice(level, LEVEL, "info", tuple(LEVELS))
    format_, odd_format = _choice(format_, FORMAT, "auto", FORMATS)
    people = stream.isatty() if format_ == "auto" else format_ == "console"
    render = _for_people(stream) if people else _for_machines()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: Lines(stream),
        cache_logger_on_first_use=False,
    )
    _join_libraries(shared, render, stream, LEVELS[level])
    for odd in (odd_level, odd_format):
        if odd:
            structlog.get_logger().warning("setting ignored", reason=odd)


class Lines:
    """Writes lines, and fails at nothing: a log that cannot be written must not stop a decision."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def msg(self, message: str) -> None:
        """Write one line in one call."""
        with suppress(OSError, ValueError):
            self._stream.write(f"{message}\n")
            self._stream.flush()

    log = debug = info = warn = warning = error = critical = fatal = exception = msg


def _choice(given: str | None, variable: str, default: str, choices: tuple[str, ...]) -> tuple[str, str]:
    value = (given or os.environ.get(variable) or default).lower()
    if value in choices:
        return value, ""
    return default, f"{variable}: expected one of {', '.join(choices)}, found {value!r}"


def _for_people(stream: IO[str]) -> list[Any]:
    colours = stream.isatty() and not os.environ.get("NO_COLOR")
    # The traceback of rich would show local variables, and so the facts of a request.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)]


def _for_machines() -> list[Any]:
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(serializer=_text),
    ]


def _text(event: dict[str, Any], **_: Any) -> str:
    event = {name: event[name] for name in _FIRST if name in event} | event
    try:
        return msgspec.json.encode(event, enc_hook=repr).decode()
    except (ValueError, TypeError, RecursionError):  # lone surrogates, keys that are no text
        return json.dumps({str(key): repr(value) for key, value in event.items()})


def _join_libraries(shared: list[Any], render: list[Any], stream: IO[str], level: int) -> None:
    """Send what goes through `logging`, and warnings, the same way; of libraries only what matters."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    logging.captureWarnings(capture=True)
