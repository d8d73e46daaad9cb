"""Laws of reading: every damage is named, and nothing else is lost."""

from __future__ import annotations

import pytest

from policy.errors import LogError
from policy.log import LogWriter, Record, encode, read, segments
from policy.log.reader import MAX_LINE


def line(name):
    return encode(
        Record(decision_id=name, at="now", policy="p", facts={}, score=None, action="a", policy_version="v")
    )


@pytest.fixture
def log(tmp_path):
    writer = LogWriter(tmp_path)
    for name in "abc":
        writer.append(line(name))
    writer.close()
    return tmp_path


def test_a_torn_tail_is_named(log, contents):
    """What a killed writer left of a line is reported with file, line and offset; the others are read."""
    (path,) = segments(log)
    whole = path.stat().st_size
    with path.open("ab") as file:
        file.write(line("torn")[:-20])
    records, (damage,) = contents(log)
    assert [record.decision_id for record in records] == ["a", "b", "c"]
    assert (damage.path, damage.line, damage.offset, damage.torn) == (path, 4, whole, True)
    assert str(damage) == f"{path}:4: the line is cut off"


def test_a_line_under_way_is_no_damage(tmp_path, contents):
    """While its writer lives, a tail without an end is a line not yet finished."""
    writer = LogWriter(tmp_path)
    writer.append(line("a"))
    (path,) = segments(tmp_path)
    with path.open("ab") as file:
        file.write(b'{"decision_id":"b')
    assert contents(tmp_path)[1] == []
    writer.close()
    assert len(contents(tmp_path)[1]) == 1


def test_an_altered_line_is_named(log, contents):
    """A line that was edited is reported, and those around it are read."""
    (path,) = segments(log)
    path.write_bytes(path.read_bytes().replace(b'"b"', b'"B"'))
    records, (damage,) = contents(log)
    assert [record.decision_id for record in records] == ["a", "c"]
    assert (damage.line, damage.torn, damage.reason) == (2, False, "the checksum does not fit")


def test_a_huge_line_is_read_in_bounded_memory(log, contents):
    """A line longer than any record is one damage, and the lines after it have the right places."""
    (path,) = segments(log)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"x" * (2 * MAX_LINE + 7) + b"\n" + lines[1] + b"garbage\n")
    records, damages = contents(log)
    assert [record.decision_id for record in records] == ["a", "b"]
    assert [damage.line for damage in damages] == [2, 4]
    assert damages[1].offset == path.stat().st_size - len(b"garbage\n")


def test_other_files_are_left_alone(log, contents):
    """Files that are no segments, the key among them, are not read."""
    (log / "hash.key").write_text("k" * 64)
    (log / "notes.jsonl").write_text("hello\n")
    assert len(contents(log)[0]) == 3
    assert contents(log)[1] == []


def test_one_segment_can_be_read(log, contents):
    """A segment is read alone where it is named."""
    assert len(contents(segments(log)[0])[0]) == 3


def test_no_folder_is_an_error(tmp_path):
    """A log that is not there is an error, and not an empty log."""
    with pytest.raises(LogError, match="No such file"):
        list(read(tmp_path / "nowhere", print))
