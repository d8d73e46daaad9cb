"""Laws of kill -9 and of full disks, with real processes and real file systems."""

from __future__ import annotations

import itertools
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from policy.errors import LogError
from policy.log import LogWriter, Record, encode, is_live, segments

WRITER = """
import os, sys, threading
from policy.log import LogWriter, Record, encode
writer = LogWriter(sys.argv[1], max_bytes=20_000)
def work(thread):
    number = 0
    while True:
        name = f"{sys.argv[2]}-{thread}-{number}"
        writer.append(encode(Record(decision_id=name, at="now", policy="p", facts={"x": "y" * (number % 700)},
                                    score=None, action="a", policy_version="v")))
        os.write(1, f"{name}\\n".encode())
        number += 1
for thread in range(4):
    threading.Thread(target=work, args=(thread,)).start()
"""


def line(name, size=500):
    return encode(
        Record(
            decision_id=name,
            at="now",
            policy="p",
            facts={"x": "y" * size},
            score=None,
            action="a",
            policy_version="v",
        )
    )


def test_kill_9_loses_no_acknowledged_line(tmp_path, contents):
    """After kill -9 of a writer with four threads, again and again, the log has every line that it acknowledged."""
    acknowledged = set()
    for kill in range(6):
        acknowledgements = tmp_path / f"acknowledged-{kill}"
        with acknowledgements.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-c", WRITER, str(tmp_path / "log"), str(kill)], stdout=out
            )
            while acknowledgements.stat().st_size < 20_000 * (kill + 1):
                assert process.poll() is None
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.wait()
        whole = acknowledgements.read_text().rpartition("\n")[0]
        acknowledged.update(whole.split("\n"))
    records, damages = contents(tmp_path / "log")
    names = [record.decision_id for record in records]
    assert len(acknowledged) > 6 * 1000
    assert acknowledged <= set(names)
    assert len(names) == len(set(names))
    assert all(damage.torn for damage in damages)
    assert not any(is_live(path) for path in segments(tmp_path / "log"))


def fill(place):
    for name in itertools.count():
        (place / f"{name}").write_bytes(b"x" * 4096)


def hold(files):
    while True:
        files.append(os.open("/dev/null", os.O_RDONLY))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mount.returncode:
        pytest.skip(f"A REAL FULL DISK WAS NOT TESTED: no right to mount one ({mount.stderr.strip()})")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_refused_and_repaired(small_disk, contents):
    """On a full disk append fails, the log holds exactly the acknowledged lines, and it recovers with the space."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 100_000)
    writer = LogWriter(small_disk / "log")
    acknowledged = []
    failures = set()
    for number in range(2000):
        try:
            writer.append(line(str(number), size=number % 900))
            acknowledged.append(str(number))
        except LogError as error:
            failures.add(str(error))
    assert failures == {f"the decision log cannot be written: {small_disk / 'log'}: No space left on device"}
    assert writer.error is not None
    records, damages = contents(small_disk / "log")
    assert [record.decision_id for record in records] == acknowledged
    assert damages == []
    ballast.unlink()
    writer.append(line("recovered"))
    assert writer.error is None
    records, damages = contents(small_disk / "log")
    assert [record.decision_id for record in records] == [*acknowledged, "recovered"]
    assert damages == []


def test_a_full_disk_at_the_start_is_a_log_error(small_disk):
    """Where not even a segment can be created, append fails, and works once there is space."""
    writer = LogWriter(small_disk / "log")
    writer.open()
    writer.close()
    with pytest.raises(OSError, match="No space left"):
        fill(small_disk)
    with pytest.raises(LogError, match="No space left"):
        writer.append(line("a"))
    for path in small_disk.glob("[0-9]*"):
        path.unlink()
    writer.append(line("b"))


LIMITED = """
import resource, sys
from policy.errors import LogError
from policy.log import LogWriter, Record, encode
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
writer = LogWriter(sys.argv[1])
for number in range(100):
    try:
        writer.append(encode(Record(decision_id=str(number), at="now", policy="p", facts={"x": "y" * 300},
                                    score=None, action="a", policy_version="v")))
        print("taken", number)
    except LogError as error:
        print("refused", number, error)
"""


def test_a_short_write_is_repaired(tmp_path, contents):
    """Where the system writes but a part of a line, that part is cut off, the line refused, and a new segment begun."""
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path.cwd(),
    )
    lines = [text.split(maxsplit=2) for text in run.stdout.splitlines()]
    taken = {words[1] for words in lines if words[0] == "taken"}
    refused = [words[2] for words in lines if words[0] == "refused"]
    records, damages = contents(tmp_path)
    assert refused
    assert all("File too large" in text for text in refused)
    assert {record.decision_id for record in records} == taken
    assert len(taken) + len(refused) == 100
    assert damages == []
    assert len(segments(tmp_path)) > 1


def test_too_many_open_files_is_a_log_error(tmp_path):
    """A process that may open no file more answers with LogError, and goes on when it may."""
    writer = LogWriter(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        with pytest.raises(OSError, match="Too many open files"):
            hold(held)
        with pytest.raises(LogError, match="Too many open files"):
            writer.append(line("a"))
    finally:
        for file in held:
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    writer.append(line("b"))
