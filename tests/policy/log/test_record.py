"""Laws of the record and its line."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import LogError
from policy.log import Record, decode, encode
from policy.log.record import moment

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
RECORDS = st.builds(
    Record,
    decision_id=TEXT,
    at=TEXT,
    policy=TEXT,
    facts=st.dictionaries(TEXT, VALUES),
    score=st.none() | st.floats(0, 1),
    action=TEXT,
    policy_version=TEXT,
    reasons=st.lists(st.dictionaries(TEXT, VALUES), max_size=3).map(tuple),
)


def record(**members):
    return Record(
        **{
            "decision_id": "d1",
            "at": "now",
            "policy": "p",
            "facts": {},
            "score": 0.5,
            "action": "a",
            "policy_version": "v",
        }
        | members
    )


@given(RECORDS)
def test_round_trip(one):
    """A record that is written and read is the same record, every bit of its doubles included."""
    line = encode(one)
    assert line.count(b"\n") == 1
    assert decode(line) == one
    assert [str(value) for value in decode(line).facts.values()] == [
        str(value) for value in one.facts.values()
    ]


@given(RECORDS)
def test_crc_is_last_and_of_what_stands_before(one):
    """A line is one JSON object whose last member is the CRC-32 of the bytes before it."""
    line = encode(one)
    members = json.loads(line)
    body, _, rest = line.rpartition(b',"crc":')
    assert list(members)[-1] == "crc"
    assert members["crc"] == f"{zlib.crc32(body):08x}"
    assert rest == f'"{members["crc"]}"}}\n'.encode()


@given(RECORDS, st.data())
def test_any_changed_byte_is_noticed(one, data):
    """A line in which one byte is another is refused."""
    line = bytearray(encode(one))
    place = data.draw(st.integers(0, len(line) - 2))
    line[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[place]))
    with pytest.raises(LogError):
        decode(bytes(line))


@given(RECORDS, st.data())
def test_any_torn_line_is_noticed(one, data):
    """A line that ends too early is refused."""
    line = encode(one)
    with pytest.raises(LogError):
        decode(line[: data.draw(st.integers(0, len(line) - 2))])


def test_what_json_cannot_hold_is_a_log_error():
    """Text that UTF-8 cannot hold is answered by LogError, and by no other exception."""
    with pytest.raises(LogError, match="d1"):
        encode(record(facts={"name": "\ud800"}))


def test_a_line_with_a_right_checksum_but_no_record_is_refused():
    """A checksum alone makes no record."""
    body = msgspec.json.encode({"decision_id": 3})[:-1]
    with pytest.raises(LogError, match="not a record"):
        decode(b'%b,"crc":"%08x"}\n' % (body, zlib.crc32(body)))


@given(st.integers(0, 4_000_000_000_000_000_000))
def test_moment_is_rfc3339_in_utc_to_the_microsecond(at):
    """A time is written as Python's own arithmetic has it, cut to microseconds."""
    seconds, rest = divmod(at, 10**9)
    expected = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
    assert moment(at) == expected.isoformat(timespec="microseconds").replace("+00:00", "Z")
