"""README.md: every command and every output in it is real."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PYTHON = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def steps(block):
    """Split a console block into (command, expected output)."""
    return [
        (part.partition("\n")[0], part.partition("\n")[2])
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    ]


def pattern(expected):
    """Read … as anything."""
    return re.compile(".*".join(map(re.escape, expected.strip().split("…"))), re.DOTALL)


@pytest.fixture
def environment():
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "110",
        "NO_COLOR": "1",
    }


def shell(command, environment):
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return (done.stdout + done.stderr).strip()


@pytest.mark.parametrize(
    ("command", "expected"),
    [step for block in CONSOLE if "scoregate serve" not in block for step in steps(block)],
    ids=lambda text: text.splitlines()[0][:50] if text else "",
)
def test_each_command_prints_what_the_readme_shows(command, expected, environment):
    """A command of the README prints what stands below it."""
    printed = shell(command, environment)
    assert pattern(expected).match(re.sub(r" +$", "", printed, flags=re.MULTILINE)), printed


@pytest.mark.parametrize("block", PYTHON, ids=range(len(PYTHON)))
def test_the_python_of_the_readme_runs(block, environment):
    """The Python blocks run from the repository's folder."""
    done = subprocess.run(
        [sys.executable, "-c", block],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_served_example_answers_as_shown(environment, tmp_path):
    """The service starts as shown, and its curl lines give the answers that stand below them."""
    if shutil.which("curl") is None:
        if os.environ.get("SCOREGATE_INSIST"):
            pytest.fail("curl is needed for the README's service test")
        pytest.skip("curl is not installed: the README's curl lines were NOT run")
    (block,) = (block for block in CONSOLE if "scoregate serve" in block)
    (serve, shown), *requests = steps(block)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [
        sys.executable,
        "-m",
        "policy.cli",
        *serve.split()[1:],
        "--port",
        port,
        "--log",
        str(tmp_path / "log"),
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        printed = "".join(process.stdout.readline() for _ in shown.strip().splitlines())
        expected = shown.replace("8080", port).replace("is in log.", "is in ….")
        assert pattern(expected).match(printed.strip()), printed
        ready(port, environment)
        for request, answer in requests:
            body = shell(request.replace("8080", port), environment)
            assert pattern(answer).fullmatch(body), body
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def ready(port, environment):
    for _ in range(100):
        if "ready" in shell(f"curl -s http://127.0.0.1:{port}/readyz", environment):
            return
        time.sleep(0.1)
    pytest.fail("the service did not become ready")


def test_every_room_of_the_map_exists():
    """What the map names is there, and every package of the house is on the map."""
    rooms = set(
        re.findall(
            r"`((?:scorer|policy|configs|tests)/[\w./]*)`|\]\(((?:scorer|policy|configs)/[\w./]*)\)", README
        )
    )
    named = {a or b for a, b in rooms}
    assert all((ROOT / name).exists() for name in named)
    packages = {f"policy/{p.parent.name}/" for p in (ROOT / "policy").glob("*/__init__.py")}
    assert packages - named <= {"policy/expr/"}, packages - named
