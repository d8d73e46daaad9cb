"""Decision ids."""

from __future__ import annotations

import os
import threading
import uuid

from hypothesis import given
from hypothesis import strategies as st

from policy.web.identity import Entropy, key_problem, keyed_id, new_id

TEN = st.binary(min_size=10, max_size=10)


@given(st.integers(0, 2**63), TEN)
def test_ids_are_uuids_of_version_7(at, chance):
    """An id is a UUID of version 7 that holds its millisecond."""
    made = uuid.UUID(new_id(at, chance))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == at // 1_000_000
    assert str(made) == new_id(at, chance)


@given(TEN, TEN)
def test_chance_counts(one, other):
    """Two ids of one millisecond are the same only if the bits of chance that an id can hold are."""
    bits = [int.from_bytes(part, "big") & ~(0b11 << 66) & ~0xF for part in (one, other)]
    assert (new_id(0, one) == new_id(0, other)) == (bits[0] == bits[1])


def test_ids_are_ordered_by_time():
    """Later ids sort after earlier ones."""
    ids = [new_id(at * 1_000_000, os.urandom(10)) for at in range(0, 10**7, 99_991)]
    assert ids == sorted(ids)


def test_threads_never_share_chance():
    """Threads that draw at once never get the same bytes."""
    entropy, drawn = Entropy(), []
    threads = [
        threading.Thread(target=lambda: drawn.extend([entropy() for _ in range(3000)])) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(drawn)) == len(drawn) == 18_000


def test_forks_never_share_chance():
    """A forked child draws other bytes than its parent."""
    entropy = Entropy()
    entropy()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"".join(entropy() for _ in range(20)))
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reader, 200)
    os.close(reader)
    os.close(writer)
    assert not {entropy() for _ in range(400)} & {theirs[start : start + 10] for start in range(0, 200, 10)}


@given(st.text(max_size=300))
def test_keys(key):
    """A key can be used exactly if it is 1 to 255 characters of printable ASCII without white space at its ends."""
    fit = 1 <= len(key) <= 255 and key.isascii() and key.isprintable() and key.strip() == key
    assert (key_problem(key) is None) == fit


def test_keyed_ids_are_uuids_of_version_5():
    """A keyed id is a UUID of version 5, another one for another policy."""
    assert uuid.UUID(keyed_id("login", "k")).version == 5
    assert keyed_id("login", "k") == keyed_id("login", "k") != keyed_id("other", "k")
