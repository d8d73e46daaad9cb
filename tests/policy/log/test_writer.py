"""Laws of the writer: whole lines, one process per segment, no acknowledged line lost."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from policy.errors import LogError
from policy.log import LogWriter, Record, encode, is_live, segments


def line(name):
    return encode(
        Record(
            decision_id=name,
            at="now",
            policy="p",
            facts={"x": "y" * 50},
            score=None,
            action="a",
            policy_version="v",
        )
    )


@pytest.fixture
def writer(tmp_path):
    return LogWriter(tmp_path / "log")


def test_lines_are_read_as_written(writer, contents):
    """Every line is in the log after append, in order, before anything is closed."""
    for number in range(100):
        writer.append(line(str(number)))
    records, damages = contents(writer.directory)
    assert [record.decision_id for record in records] == [str(number) for number in range(100)]
    assert damages == []
    assert (writer.written, writer.failed, writer.error) == (100, 0, None)


def test_threads_share_a_segment(writer, contents):
    """Lines of many threads never mix."""

    def work(thread):
        for number in range(200):
            writer.append(line(f"{thread}-{number}"))

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records, damages = contents(writer.directory)
    assert {record.decision_id for record in records} == {
        f"{thread}-{number}" for thread in range(8) for number in range(200)
    }
    assert damages == []
    assert len(segments(writer.directory)) == 1


def test_a_forked_child_has_its_own_segment(writer, contents):
    """A child that is forked while other threads write, and even holds the lock, writes to a segment of its own."""
    writer.append(line("parent"))
    stop = threading.Event()

    def work():
        while not stop.is_set():
            writer.append(line("busy"))

    busy = threading.Thread(target=work)
    busy.start()
    children = []
    for child in range(5):
        pid = os.fork()
        if pid == 0:
            writer.append(line(f"child-{child}"))
            os._exit(0)
        children.append(pid)
    codes = [os.waitpid(pid, 0)[1] for pid in children]
    stop.set()
    busy.join()
    records, damages = contents(writer.directory)
    assert codes == [0] * 5
    assert damages == []
    assert len(segments(writer.directory)) == 6
    assert {record.decision_id for record in records} == {
        "parent",
        "busy",
        *(f"child-{child}" for child in range(5)),
    }


def test_segments_are_private_and_named_by_time_and_process(writer):
    """A segment is readable by owner and group, and its name holds the process."""
    writer.append(line("a"))
    (path,) = segments(writer.directory)
    assert stat.S_IMODE(path.stat().st_mode) & ~0o640 == 0
    assert path.name.split("-")[2] == str(os.getpid())


def test_a_segment_ends_at_its_size(tmp_path, contents):
    """A line that would make a segment too large starts the next one; a line larger than that has one to itself."""
    size = len(line("0"))
    writer = LogWriter(tmp_path, max_bytes=3 * size)
    for number in range(7):
        writer.append(line(str(number)))
    assert sorted(path.stat().st_size for path in segments(tmp_path)) == [size, 3 * size, 3 * size]
    writer = LogWriter(tmp_path / "tiny", max_bytes=1)
    for number in range(3):
        writer.append(line(str(number)))
    assert len(segments(tmp_path / "tiny")) == 3
    assert len(contents(tmp_path)[0]) == 7


def test_a_segment_ends_at_its_age(tmp_path):
    """A segment older than the limit takes no more lines."""
    writer = LogWriter(tmp_path, max_age=0.0)
    for number in range(3):
        writer.append(line(str(number)))
    assert len(segments(tmp_path)) == 3


def test_live_while_the_writer_lives(writer):
    """A segment counts as live until its writer closes it."""
    writer.append(line("a"))
    (path,) = segments(writer.directory)
    assert is_live(path)
    writer.close()
    assert not is_live(path)


def test_an_empty_segment_leaves_nothing(writer):
    """A writer that wrote nothing leaves no file."""
    writer.open()
    assert len(segments(writer.directory)) == 1
    writer.close()
    assert segments(writer.directory) == []


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: os.truncate(path, 10)])
def test_a_removed_or_cut_segment_is_left(tmp_path, contents, harm, monkeypatch):
    """After somebody removed or cut the file, lines go to a new segment."""
    monkeypatch.setattr("policy.log.writer._LOOK", 0.0)
    writer = LogWriter(tmp_path)
    writer.append(line("before"))
    harm(segments(tmp_path)[0])
    writer.append(line("after"))
    assert [record.decision_id for record in contents(tmp_path)[0]] == ["after"]


def test_a_folder_that_cannot_be_made_is_a_log_error(tmp_path):
    """A path that is a file is refused at open, with the reason, and at every append."""
    (tmp_path / "file").write_text("")
    writer = LogWriter(tmp_path / "file")
    with pytest.raises(LogError, match="cannot be written"):
        writer.open()
    with pytest.raises(LogError, match=r"File exists|Not a directory"):
        writer.append(line("a"))
    assert writer.failed == 2
    assert writer.error is not None


def test_each_line_is_synced(tmp_path, contents, monkeypatch):
    """With sync="each" the file is synced once for each line, and the folder for each segment."""
    calls = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: calls.append(file) or real(file))
    writer = LogWriter(tmp_path, sync="each")
    for number in range(3):
        writer.append(line(str(number)))
    assert len(calls) == 3
    assert len(contents(tmp_path)[0]) == 3


def test_a_failed_sync_ends_the_segment(tmp_path, contents, monkeypatch):
    """A line whose sync fails is taken back, and the next goes to a new segment."""
    writer = LogWriter(tmp_path, sync="each")
    writer.append(line("a"))

    def fail(_file):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", fail)
        with pytest.raises(LogError, match="Input/output error"):
            writer.append(line("b"))
    writer.append(line("c"))
    records, damages = contents(tmp_path)
    assert {record.decision_id for record in records} == {"a", "c"}
    assert damages == []
    assert len(segments(tmp_path)) == 2
