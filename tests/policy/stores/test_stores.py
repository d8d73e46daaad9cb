"""What every store promises, on SQLite, PostgreSQL and Redis."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time

import pytest

from policy.stores import Entry, StoreError, key_of, open_store

FILLER = """
import sys, time
from policy.stores import open_store
fill = open_store(sys.argv[1]).begin(sys.argv[2], "v2")
for block in range(3):
    fill.put(block, [(f"user-{block}", b"2")], 2.0)
print("half", flush=True)
time.sleep(60)
"""


def filled(store, name, version, value, users=("a", "b")):
    """Put a whole set in place."""
    fill = store.begin(name, version)
    fill.put(0, [(user, value) for user in users], 5.0)
    return fill.finish(7.0)


def test_nothing_is_there_at_first(store, name):
    """A store that was never filled has no entry and no set, which is no error."""
    assert store.get(name, "a") is None
    assert store.current(name) is None


def test_a_set_is_seen_when_it_is_finished(store, name):
    """Entries are not seen before their set is put in place; then they are, with their time and version."""
    fill = store.begin(name, "v1")
    fill.put(0, [("a", b"[1]"), ("b", b"[2]")], 5.0)
    fill.put(1, [("c", b"[3]")], 6.0)
    assert store.get(name, "a") is None
    found = fill.finish(7.0)
    assert (found.version, found.entries, found.at) == ("v1", 3, 7.0)
    assert store.get(name, "c") == Entry(b"[3]", 6.0, "v1")
    assert store.get(name, "nobody") is None
    assert store.current(name) == found


def test_a_new_set_replaces_the_former(store, name):
    """After a switch no entry of the former set is seen, and other names are left alone."""
    filled(store, name, "v1", b"1")
    filled(store, f"{name}-other", "v1", b"other")
    filled(store, name, "v2", b"2", users=("a",))
    assert store.get(name, "a") == Entry(b"2", 5.0, "v2")
    assert store.get(name, "b") is None
    assert store.get(f"{name}-other", "a").value == b"other"


def test_the_same_version_can_be_filled_again(store, name):
    """A set of the version that is in place replaces it, as new answers of the same model do."""
    filled(store, name, "v1", b"1")
    filled(store, name, "v1", b"2")
    assert store.get(name, "a").value == b"2"


def test_a_block_is_replaced_as_a_whole(store, name):
    """A block that is put twice is there once, with its last values."""
    fill = store.begin(name, "v1")
    fill.put(0, [("a", b"1")], 5.0)
    fill.put(0, [("a", b"2")], 6.0)
    fill.put(1, [("b", b"1"), ("c", b"1")], 6.0)
    assert fill.finish(7.0).entries == 3
    assert store.get(name, "a") == Entry(b"2", 6.0, "v1")


def test_an_empty_set(store, name):
    """A set without entries may be put in place."""
    assert store.begin(name, "v1").finish(7.0).entries == 0
    assert store.get(name, "a") is None


def test_a_killed_fill_goes_on(address, store, name):
    """After `kill -9` in the middle of a fill readers see the former set, and the next fill has the blocks."""
    filled(store, name, "v1", b"1")
    process = subprocess.Popen(
        [sys.executable, "-c", FILLER, address, name], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "half\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert store.get(name, "a").value == b"1"
    fill = store.begin(name, "v2")
    assert fill.done == {0, 1, 2}
    fill.put(3, [("user-3", b"2")], 2.0)
    assert fill.finish(7.0).entries == 4
    assert store.get(name, "user-1").value == b"2"
    assert store.get(name, "a") is None


def test_another_job_begins_anew(store, name):
    """Blocks that were made of something else are not gone on with, though the version is the same."""
    store.begin(name, "v1", "one").put(0, [("a", b"1")], 5.0)
    assert store.begin(name, "v1", "one").done == {0}
    other = store.begin(name, "v1", "two")
    assert other.done == frozenset()
    other.put(0, [("b", b"2")], 5.0)
    assert other.finish(7.0).entries == 1
    assert store.get(name, "a") is None


def test_two_jobs_at_once(store, name):
    """Of two runs that fill one name the first to end is in place; the other ends as well, or is told."""
    first, second = store.begin(name, "v1", "one"), store.begin(name, "v1", "two")
    for fill in (first, second):
        fill.put(0, [("a", b"1")], 5.0)
    first.finish(6.0)
    with contextlib.suppress(StoreError):
        second.put(1, [("b", b"2")], 5.0)
        second.finish(7.0)
    assert store.get(name, "a").value == b"1"
    assert store.current(name).entries in {1, 2}
    with contextlib.suppress(StoreError):
        second.finish(7.0)
    assert store.get(name, "a").value == b"1"
    assert store.begin(name, "v1", "one").done == frozenset()


@pytest.mark.parametrize("value", [None, True, "", "x" * 256, "a\0b", "\ud800", 1.5])
def test_what_can_be_no_key(value):
    """A value that some store cannot hold is no key, so that nobody's request makes a store fail."""
    assert key_of(value) is None
    assert (key_of(7), key_of("7")) == ("7", "7")


def test_many_keys_at_once(store, name):
    """Those of the keys that have an entry come with it; the others, and a name that has none, are left out."""
    assert store.many(name, ["a"]) == {}
    filled(store, name, "v1", b"1")
    assert store.many(name, ["a", "b", "nobody"]) == dict.fromkeys("ab", Entry(b"1", 5.0, "v1"))
    assert store.many(name, []) == {}


def test_readers_never_see_half(address, store, name):
    """While sets are switched under load, every reader finds every user, in one of the sets."""
    users = [f"user-{number}" for number in range(20)]
    filled(store, name, "v0", b"0", users)
    over, seen, wrong = threading.Event(), set(), []

    def read():
        reader = open_store(address)
        while not over.is_set():
            for user in users:
                entry = reader.get(name, user)
                if entry is None or entry.version != f"v{entry.value.decode()}":
                    wrong.append((user, entry))
                else:
                    seen.add(entry.version)
        reader.close()

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for version in range(1, 8):
        filled(store, name, f"v{version}", str(version).encode(), users)
        time.sleep(0.02)
    over.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(seen) > 2


def test_keys_and_values_are_any_text(store, name):
    """Quotes, braces, other scripts and zero bytes in keys and values come back as they are."""
    odd = ["'; DROP TABLE scoregate_entries; --", "{x}:current", "Ωμέγα 🚀", 'a"b\\c', " "]
    fill = store.begin(name, "v'1")
    fill.put(0, [(key, b'"\x00\xff"') for key in odd], 1.0)
    fill.finish(2.0)
    assert [store.get(name, key) for key in odd] == [Entry(b'"\x00\xff"', 1.0, "v'1")] * len(odd)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "no address"),
        ("/tmp/file.db", "no address"),
        ("nosuch://host/db", "no address of a database"),
        ("mysql+nosuchdriver://host/db", "no address of a database"),
        ("redis://host:notaport/0", "Redis"),
        ("postgresql://user:secret@host:port/db", "no address of a database"),
    ],
)
def test_addresses_that_mean_nothing(address, words):
    """An address that means nothing is told in a sentence, and a password never is."""
    with pytest.raises(StoreError, match=words) as caught:
        open_store(address)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_away(name):
    """A server that nobody runs is a StoreError that names it, without the password."""
    for address in (
        "postgresql://u:secret@127.0.0.1:1/db",
        "redis://:secret@127.0.0.1:1/0",
        "sqlite:////nowhere/x.db",
    ):
        with pytest.raises(StoreError) as caught:
            open_store(address, seconds=1).get(name, "a")
        assert "secret" not in str(caught.value)
