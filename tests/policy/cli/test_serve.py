"""`scoregate serve` before it serves; tests/policy/web/test_serve.py has the running service."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from policy.cli.inspection import Inspection, Sample, look
from policy.cli.serve import command, greeting

CONFIGS = Path(__file__).parents[3] / "configs"


@pytest.fixture
def refusal(tmp_path):
    """A function that runs `serve` with arguments that it must refuse, and gives what it says."""
    (tmp_path / "configs").mkdir()

    def run(*arguments):
        given = [tmp_path / "configs", "--port", "0", "--log", tmp_path / "log", *arguments]
        result = CliRunner().invoke(command, [str(one) for one in given])
        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit)
        return result.output

    return run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "0.0.0.0"], ["--token-file", "--insecure"]),
        (["--host", "203.0.113.1"], ["no such address"]),
        (["--host", "no.such.host.invalid"], ["no.such.host.invalid"]),
        (["--token-file", "missing"], ["missing"]),
        (["--log", "/proc/nowhere"], ["/proc/nowhere", "--log"]),
        (["--log-key-file", "/proc/nowhere"], ["/proc/nowhere", "key"]),
    ],
)
def test_refusals(refusal, arguments, words):
    """What cannot be served is refused at once in one sentence, with exit code 1."""
    said = refusal(*arguments)
    assert all(word in said for word in words)
    assert said.count("\n") == 1


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="needs IPv6")
def test_every_ipv6_address_is_not_loopback(refusal):
    """The address that means every interface needs tokens in IPv6 too."""
    assert "--token-file" in refusal("--host", "::")


def test_token_file_that_others_read(refusal, tmp_path):
    """A token file that others can read is refused with the command that mends it."""
    (tmp_path / "token").write_text("0123456789abcdef")
    (tmp_path / "token").chmod(0o644)
    assert "chmod 600" in refusal("--token-file", tmp_path / "token")


def test_port_in_use(refusal):
    """A port that somebody listens on is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} of 127.0.0.1 is in use" in refusal("--port", port)


def test_folder_without_policies(refusal):
    """A folder without policies is refused with a hint at `scoregate init`."""
    said = refusal()
    assert "E100" in said
    assert "scoregate init" in said


def test_greeting_of_inline_facts(tmp_path):
    """Without a file of facts the greeting's command holds the facts, quoted for the shell."""
    inspection = Inspection(True, "", ("a",), {"a": Sample(None, {"name": "O'Hara"})})
    text = greeting("http://127.0.0.1:1", inspection, tmp_path, guarded=False)
    assert """-d '{"name": "O'"'"'Hara"}'""" in text


def test_greeting_without_facts(tmp_path):
    """A policy without cases is greeted by commands that need no facts."""
    text = greeting("http://[::1]:1", Inspection(True, "", ("a",), {}), tmp_path, guarded=True)
    assert text.count("curl") == 2
    assert "-d" not in text
    assert text.count("$TOKEN") == 2


def test_a_service_of_rankings_alone():
    """Where there are only rankings, the line to try asks for a list, with the example of the policy's name."""
    inspection = look(str(CONFIGS / "recommend.yaml"))
    said = greeting("http://127.0.0.1:1", inspection, Path("log"), guarded=False)
    assert "/v1/rankings/recommend -H" in said
    assert f"@{CONFIGS}/examples/recommend.json" in said
    assert "/v1/policies/recommend" in said
