"""The service as real processes: workers that are killed, a log that cannot be written, signals, addresses."""

from __future__ import annotations

import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import pytest

from policy.log import read

MAIN = (
    "import multiprocessing, sys\nif __name__ == '__main__':\n    {}\n    from policy.cli import main; main()"
)


class Server:
    """A running `scoregate serve`."""

    def __init__(self, arguments, *, start_method=None):
        how = f"multiprocessing.set_start_method({start_method!r})" if start_method else "pass"
        command = [sys.executable, "-c", MAIN.format(how), "serve", *map(str, arguments), "--port", "0"]
        if start_method == "spawn":  # a spawned process imports the main module again: it must be a file
            command[1:3] = [str(_script(how))]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        self.errors: list[str] = []
        threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True).start()
        self.greeting = self._greeting()
        found = re.search(r"http://[^ ;]+:(\d+)", self.greeting)
        assert found, (self.greeting, self.errors)
        self.port = int(found[1])

    def _greeting(self):
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "/v1/policies/" in line:
                break
        return "".join(lines)

    @property
    def workers(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children]

    def post(self, facts, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            body = json.dumps(facts).encode()
            connection.request(
                "POST", "/v1/decisions/login", body, {"Content-Type": "application/json", **headers}
            )
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def text(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.read().decode()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(20)


def _script(how):
    path = Path(os.environ["PYTEST_SERVE_TMP"]) / "serve_main.py"
    path.write_text(MAIN.format(how))
    return path


@contextmanager
def running(*arguments, **options):
    server = Server(arguments, **options)
    try:
        yield server
    finally:
        if server.stop() is None:
            server.process.kill()


def until(condition, seconds=20):
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def one_line(text):
    """The text of an error, which must be a sentence and no stack trace."""
    assert "Traceback" not in text
    return text


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("served") / "log"


@pytest.fixture(scope="module")
def server(configs, log_dir):
    """Two workers, shared by the tests that leave them well."""
    with running(configs, "--log", log_dir, "--workers", 2) as server:
        yield server


def test_whoever_asks_without_a_token_does_not_make_the_disk_work(server):
    """Hundreds of questions whether the service is ready write no more to the log's disk than a few do."""
    probe, questions = 4096, 400

    def written():
        of = [Path(f"/proc/{worker}/io").read_text() for worker in server.workers]
        return sum(int(re.search(r"wchar: (\d+)", text)[1]) for text in of)

    server.get("/readyz")
    before, begun = written(), time.monotonic()
    answers = [server.get("/readyz") for _ in range(questions)]
    seconds = time.monotonic() - begun
    assert {(status, ready["log"]) for status, ready in answers} == {(200, "ok")}
    own = questions * 1024  # heads and bodies, where they count as written
    assert written() - before <= own + (seconds + 1) * len(server.workers) * probe


def test_greeting_works_as_it_stands(server):
    """Both curl lines of the greeting work, and the first decides."""
    first, second = [line.strip() for line in server.greeting.splitlines() if line.strip().startswith("curl")]
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    outputs = [
        subprocess.run(line, shell=True, capture_output=True, check=True).stdout for line in (first, second)
    ]
    assert json.loads(outputs[0])["action"] == "allow"
    assert json.loads(outputs[1])["bands"]


def test_killed_workers_are_replaced(server, facts, log_dir):
    """Workers killed under load are replaced, and no acknowledged decision is missing from the log."""
    acknowledged: list[str] = []
    over = threading.Event()

    def ask():
        while not over.is_set():
            try:
                status, body = server.post(facts)
            except (OSError, http.client.HTTPException):
                continue  # a connection of the killed worker: the caller has no answer
            assert status == 200
            acknowledged.append(body["decision_id"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for victims in (1, 2, 1):
        before, seen = server.workers, len(acknowledged)
        for worker in before[:victims]:
            os.kill(worker, signal.SIGKILL)
        until(lambda before=before, victims=victims: len(set(server.workers) - set(before)) == victims)
        until(lambda seen=seen: len(acknowledged) > seen + 50)
    over.set()
    for thread in threads:
        thread.join()
    recorded = {record.decision_id for record in read(log_dir, lambda _: None)}
    assert len(server.workers) == 2
    assert len(acknowledged) > 150
    assert not set(acknowledged) - recorded


def test_counts_are_those_of_all_workers(configs, facts, tmp_path):
    """Any worker tells the counts of all; a killed one loses none of its counts, and its successor goes on."""

    def told():
        lines = server.text("/metrics").splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    def decided():
        samples = told().items()
        return sum(float(count) for name, count in samples if name.startswith("scoregate_decisions_total"))

    with running(configs, "--log", tmp_path / "log", "--workers", 2) as server:
        assert [server.post(facts)[0] for _ in range(40)] == [200] * 40
        assert {decided() for _ in range(6)} == {40}
        before = server.workers
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len(set(server.workers) - set(before)) == 1 and len(_processes(told())) == 2)
        assert decided() == 40
        assert [server.post(facts)[0] for _ in range(20)] == [200] * 20
        assert {decided() for _ in range(6)} == {60}
        assert _processes(told()) == {'process_open_fds{worker="0"}', 'process_open_fds{worker="1"}'}


def _processes(samples):
    return {name for name in samples if name.startswith("process_open_fds")}


def test_unwritable_log_is_503(server, facts, log_dir):
    """While a worker cannot write, decisions are refused with 503; afterwards they are given again; none is lost."""
    acknowledged = []

    def ask(number):
        answers = [server.post(facts) for _ in range(number)]
        acknowledged.extend(body["decision_id"] for status, body in answers if status == 200)
        return {status for status, _ in answers}

    until(lambda: ask(1) == {200})
    limits = {worker: resource.prlimit(worker, resource.RLIMIT_FSIZE) for worker in server.workers}
    for worker, (_, hard) in limits.items():
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (0, hard))
    try:
        assert ask(6) == {503}
    finally:
        for worker, both in limits.items():
            resource.prlimit(worker, resource.RLIMIT_FSIZE, both)
    assert ask(6) == {200}
    damages = []
    recorded = {record.decision_id for record in read(log_dir, damages.append)}
    assert not set(acknowledged) - recorded


def test_log_options_reach_the_log(configs, facts, tmp_path):
    """Hashed facts are hashed with the key of --log-key-file, and none is made beside the log."""
    key = tmp_path / "key"
    key.write_bytes(b"0123456789abcdef")
    options = ("--log", tmp_path / "log", "--workers", 1, "--log-key-file", key, "--log-sync", "each")
    with running(configs, *options) as server:
        status, _ = server.post(facts)
    assert status == 200
    (record,) = read(tmp_path / "log", lambda _: None)
    expected = blake2b(facts["user"].encode(), key=key.read_bytes(), digest_size=16).hexdigest()
    assert record.facts["user"] == f"blake2b:{expected}"
    assert not (tmp_path / "log" / "hash.key").exists()


def test_full_disk_is_503(configs, facts, tmp_path):
    """On a full file system decisions are refused with 503, and the log holds exactly the acknowledged ones."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False).returncode
    ):
        pytest.skip("needs the right to mount a small file system")
    try:
        with running(configs, "--log", disk / "log", "--workers", 1) as server:
            answers = [server.post(facts) for _ in range(300)]
            statuses = [status for status, _ in answers]
            assert set(statuses) == {200, 503}
            acknowledged = [body["decision_id"] for status, body in answers if status == 200]
        damages = []
        recorded = [record.decision_id for record in read(disk / "log", damages.append)]
        assert (sorted(recorded), damages) == (sorted(acknowledged), [])
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_chunked_body_is_411(server):
    """A chunked body is refused on the wire too."""
    head = b"POST /v1/decisions/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 411 ")
    assert b"application/problem+json" in answer


def test_large_body_is_413(server):
    """A body beyond the limit is refused on the wire too."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("POST", "/v1/decisions/login")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "10000000000")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_port_in_use(server, configs, tmp_path):
    """A port that is taken, by a server of ours too, is one clear sentence and exit code 1."""
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            MAIN.format("pass"),
            "serve",
            configs,
            "--port",
            str(server.port),
            "--log",
            tmp_path,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert f"port {server.port}" in one_line(found.stderr)
    assert "in use" in found.stderr


def test_changed_policies_are_taken_over_under_load(configs, facts, tmp_path):
    """A changed file takes effect in every worker; no request fails meanwhile, and none mixes two versions."""
    folder = tmp_path / "configs"
    shutil.copytree(configs, folder)
    policy = folder / "login.yaml"
    seen, over = [], threading.Event()
    with running(folder, "--log", tmp_path / "log", "--workers", 2) as server:

        def ask():
            while not over.is_set():
                status, body = server.post(facts)
                seen.append((status, body.get("policy_version"), body.get("action")))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        workers = server.workers
        policy.write_text(policy.read_text().replace("agent: 0.6", "agent: 0.5"))
        until(lambda: "".join(server.errors).count("policies reloaded") == 2)
        server.process.send_signal(signal.SIGHUP)
        until(lambda: "".join(server.errors).count("policies reloaded") == 4)
        over.set()
        for thread in threads:
            thread.join()
        assert server.workers == workers
    assert {status for status, _, _ in seen} == {200}
    assert len({version for _, version, _ in seen}) == 2
    assert len({(version, action) for _, version, action in seen}) == 2


def test_unsound_policies_leave_the_old_in_place(configs, facts, tmp_path):
    """A file that is half written changes nothing: /readyz and the process log say so, until it is sound again."""
    folder = tmp_path / "configs"
    shutil.copytree(configs, folder)
    policy = folder / "login.yaml"
    sound = policy.read_text()
    with running(folder, "--log", tmp_path / "log", "--workers", 1) as server:
        version = server.post(facts)[1]["policy_version"]
        policy.write_text(sound[: len(sound) // 2])
        until(lambda: server.get("/readyz")[1]["reload"] == "failed")
        status, ready = server.get("/readyz")
        assert (status, ready["status"]) == (200, "ready")
        assert ready["age_seconds"] >= ready["failing_seconds"] >= 0
        assert any("login.yaml" in problem for problem in ready["problems"])
        until(lambda: "the last good ones stay" in "".join(server.errors))
        assert server.post(facts)[1]["policy_version"] == version
        policy.write_text(sound.replace("agent: 0.6", "agent: 0.5"))
        until(lambda: server.get("/readyz")[1]["reload"] == "ok")
        assert server.post(facts)[1]["policy_version"] != version


def test_threads_of_a_worker_take_turns(server):
    """The threads that answer are of the scheduling class whose members do not interrupt each other."""
    for worker in server.workers:
        threads = [int(path.name) for path in Path(f"/proc/{worker}/task").iterdir()]
        assert {os.sched_getscheduler(thread) for thread in threads} == {os.SCHED_BATCH}


def test_stops_on_sigterm(configs, facts, tmp_path):
    """SIGTERM ends the service and all its workers with exit code 0."""
    with running(configs, "--log", tmp_path, "--workers", 2) as server:
        workers = server.workers
        assert server.post(facts)[0] == 200
        assert server.stop() == 0
        until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


def test_workers_leave_with_their_supervisor(configs, tmp_path):
    """When the supervisor is killed its workers end, so that the port is free."""
    with running(configs, "--log", tmp_path, "--workers", 2) as server:
        workers = server.workers
        server.process.kill()
        until(lambda: not any(_lives(worker) for worker in workers))


def _lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_spawned_workers(configs, facts, tmp_path, monkeypatch):
    """Workers that are spawned, not forked, serve too."""
    monkeypatch.setenv("PYTEST_SERVE_TMP", str(tmp_path))
    with running(configs, "--log", tmp_path / "log", "--workers", 1, start_method="spawn") as server:
        assert server.post(facts)[0] == 200


def test_token_on_every_interface(configs, facts, tmp_path):
    """With a token file the service listens on every interface, and asks for the token."""
    token = tmp_path / "token"
    token.write_text("0123456789abcdef\n")
    token.chmod(0o600)
    arguments = ("--log", tmp_path / "log", "--workers", 1, "--host", "0.0.0.0", "--token-file", token)
    with running(configs, *arguments) as server:
        assert server.post(facts)[0] == 401
        assert server.post(facts, Authorization="Bearer 0123456789abcdef")[0] == 200
        assert "$TOKEN" in server.greeting


def test_unsound_policies_are_not_served(tmp_path):
    """Policies with errors are shown with their diagnostics, and not served."""
    (tmp_path / "bad.yaml").write_text("decision: login\nbands: {allow: 0.1}\n")
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            MAIN.format("pass"),
            "serve",
            tmp_path,
            "--port",
            "0",
            "--log",
            tmp_path / "log",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert found.returncode == 1
    assert "bad.yaml:" in one_line(found.stderr)


def test_clients_that_stop_halfway_hold_nobody_up(configs, facts, tmp_path):
    """A client that promises a body and does not send it costs others nothing."""
    with running(configs, "--log", tmp_path / "log", "--workers", "1") as server:
        head = (
            b"POST /v1/decisions/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 99\r\n\r\n{"
        )
        stopped = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
        for client in stopped:
            client.sendall(head)
        for _ in range(5):
            assert server.post(facts)[0] == 200
        for client in stopped:
            client.close()
