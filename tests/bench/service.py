"""Decisions over HTTP beside a bare Flask JSON echo on the same server: requests/s and server CPU per request.

Run: python tests/bench/service.py [--seconds 4] [--rounds 3]. Needs `wrk` (Debian: apt-get install wrk).
Both services run at once, and are loaded in turn, so that a slow moment of the machine hits both.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "configs"
FACTS = CONFIGS / "examples" / "login.json"
CONNECTIONS, WORKERS = 16, 2
TICKS = os.sysconf("SC_CLK_TCK")

ECHO = """
import sys
from flask import Flask, jsonify, request
from policy.web.address import resolve
from policy.web.supervisor import Supervisor

def load(loaded, hangups):
    app = Flask("echo")
    @app.post("/echo")
    def echo():
        return jsonify(request.get_json())
    loaded.release()
    return app

if __name__ == "__main__":
    address, workers = resolve("127.0.0.1", int(sys.argv[1])), int(sys.argv[2])
    Supervisor(address, workers=workers, announce=lambda: None).run(load)
"""

LUA = """
local file = io.open("{body}", "rb")
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/json"
"""


@contextmanager
def server(arguments, port, probe):
    process = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait(process, port, probe)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def wait(process, port, probe):
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{probe}", timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the server did not start")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def family(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def cpu_seconds(pid):
    def ticks(one):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    return sum(ticks(one) for one in family(pid)) / TICKS


def load(pid, url, script, seconds):
    """(requests per second, CPU microseconds per request, median and 99th percentile of latency)."""
    before = cpu_seconds(pid)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", script, url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = cpu_seconds(pid) - before
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"errors under load:\n{out}")
    requests = int(re.search(r"(\d+) requests in", out)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    p50, p99 = (re.search(rf"{share}%\s+(\S+)", out)[1] for share in (50, 99))
    return rate, spent / requests * 1e6, p50, p99


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("needs wrk: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "post.lua")
        script.write_text(LUA.format(body=FACTS))
        echo_file = Path(folder, "echo.py")
        echo_file.write_text(ECHO)
        ours, theirs = free_port(), free_port()
        serve = [
            sys.executable,
            "-c",
            "from policy.cli import main; main()",
            "serve",
            str(CONFIGS),
            "--port",
            str(ours),
        ]
        serve += ["--workers", str(WORKERS), "--log", str(Path(folder, "log"))]
        echo = [sys.executable, str(echo_file), str(theirs), str(WORKERS)]
        with server(serve, ours, "/readyz") as ours_pid, server(echo, theirs, "/echo") as theirs_pid:
            targets = {
                "decision, log on": (ours_pid, f"http://127.0.0.1:{ours}/v1/decisions/login"),
                "bare Flask echo": (theirs_pid, f"http://127.0.0.1:{theirs}/echo"),
            }
            rows = {name: [] for name in targets}
            for number in range(options.rounds + 1):
                for name, (pid, url) in targets.items():
                    row = load(pid, url, str(script), options.seconds if number else 1)
                    if number:
                        rows[name].append(row)
        report(rows)


def report(rows):
    middle = {}
    print(f"{CONNECTIONS} connections, {WORKERS} workers, POST {FACTS.stat().st_size} bytes\n")
    print(f"{'':18} {'requests/s':>11} {'CPU us/request':>15} {'p50':>9} {'p99':>9}")
    for name, measured in rows.items():
        rate = statistics.median(row[0] for row in measured)
        cost = statistics.median(row[1] for row in measured)
        middle[name] = rate, cost
        print(f"{name:18} {rate:11,.0f} {cost:15.0f} {measured[-1][2]:>9} {measured[-1][3]:>9}")
    (rate, cost), (echo_rate, echo_cost) = middle.values()
    print(f"\n{'ratio':34} {'seen':>6} {'target':>8}")
    print(f"{'CPU per request, decision to echo':34} {cost / echo_cost:6.2f} {'<= 0.33':>8}")
    print(f"{'requests/s, decision to echo':34} {rate / echo_rate:6.2f} {'>= 2.00':>8}")


if __name__ == "__main__":
    main()
