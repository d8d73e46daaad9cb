"""Laws of the process log."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import structlog

from policy.telemetry import configure


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Broken(io.StringIO):
    def write(self, _text):
        raise BrokenPipeError(32, "Broken pipe")


@pytest.fixture(autouse=True)
def _as_before():
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = before
    root.setLevel(level)


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_where_there_is_no_terminal():
    """Elsewhere than on a terminal each event is one JSON object with time, level and its members."""
    configure(stream=(stream := io.StringIO()))
    structlog.get_logger("scoregate.web").warning(
        "log failed", policy="login", error=OSError(28, "full"), key=b"x"
    )
    (event,) = lines(stream)
    assert event["event"] == "log failed"
    assert event["level"] == "warning"
    assert event["timestamp"].endswith("Z")
    assert event["policy"] == "login"
    assert "full" in event["error"]


def test_text_on_a_terminal(monkeypatch):
    """On a terminal events are text, without colours if the user wants none."""
    monkeypatch.setenv("NO_COLOR", "1")
    configure(stream=(stream := Terminal()))
    structlog.get_logger().info("ready", workers=2)
    assert "ready" in stream.getvalue()
    assert "workers=2" in stream.getvalue()
    assert not stream.getvalue().startswith("{")
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_tracebacks_do_not_show_values(stream):
    """A traceback names places, and never the values of variables: they may be facts of a request."""
    configure(stream=stream)
    secret = "hunter" + "2"
    try:
        {}[len(secret)]
    except KeyError:
        structlog.get_logger().exception("failed")
    assert "KeyError" in stream.getvalue()
    assert "test_telemetry.py" in stream.getvalue()
    assert secret not in stream.getvalue()


def test_libraries_join_in():
    """What libraries log, and warnings, come out as JSON too; their chatter below warnings does not."""
    configure(stream=(stream := io.StringIO()))
    logging.getLogger("werkzeug").info("GET /")
    logging.getLogger("granian").error("no %s", "port")
    warnings.warn("old", DeprecationWarning, stacklevel=1)
    events = lines(stream)
    assert [event["logger"] for event in events if event["level"] == "error"] == ["granian"]
    assert events[0]["event"] == "no port"
    assert not any("GET" in event["event"] for event in events)


def test_levels(monkeypatch):
    """The environment sets the level, and an argument wins over it."""
    monkeypatch.setenv("SCOREGATE_LOG_LEVEL", "ERROR")
    configure(stream=(stream := io.StringIO()))
    structlog.get_logger().warning("hidden")
    configure(stream=stream, level="debug")
    structlog.get_logger().debug("seen")
    assert [event["event"] for event in lines(stream)] == ["seen"]


def test_an_odd_setting_is_named_and_ignored(monkeypatch):
    """A setting that makes no sense is told in the log, and the default holds."""
    monkeypatch.setenv("SCOREGATE_LOG_FORMAT", "xml")
    configure(stream=(stream := io.StringIO()))
    (event,) = lines(stream)
    assert "expected one of auto, console, json, found 'xml'" in event["reason"]


@pytest.mark.parametrize("value", ["\ud800", {1: object()}, float("nan")])
def test_any_value_can_be_logged(value):
    """A value that JSON cannot hold is logged in some form, and raises nothing."""
    configure(stream=(stream := io.StringIO()))
    structlog.get_logger().info("odd", value=value)
    assert lines(stream)[0]["event"].strip("'") == "odd"


def test_a_broken_stream_stops_nothing():
    """Where the log cannot be written, the program goes on."""
    configure(stream=Broken())
    structlog.get_logger().error("nobody hears this")


def test_a_full_disk_stops_nothing():
    """With standard error on a full device, a program logs and ends well."""
    program = "import structlog; from policy.telemetry import configure; configure(); structlog.get_logger().error('x')"
    with Path("/dev/full").open("w") as full:
        assert subprocess.run([sys.executable, "-c", program], stderr=full, check=False).returncode == 0
