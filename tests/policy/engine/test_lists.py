"""Lists in conditions: what they hold at a time, in a row and in a batch."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.diagnostics import Span
from policy.engine.lists import Lists
from policy.expr import compile
from policy.expr.machine import address, network
from policy.spec.entries import Entry, ListSpec
from policy.spec.lists import variables

HERE = Span("p.yaml", 1, 1, 1)
TIMES = st.none() | st.integers(0, 5)
TYPES = {"n": "int", "m": "int", "x": "double", "s": "string", "ip": "ip"}

# Few addresses in few nested networks, at the edges of both families.
BASES = [
    "0.0.0.0",
    "10.0.0.0",
    "10.0.0.255",
    "10.0.1.0",
    "255.255.255.255",
    "::",
    "::1",
    "2001:db8::ff",
    "ffff::",
]
ADDRESSES = st.sampled_from(BASES) | st.integers(0, 15).map(lambda n: f"10.0.0.{n}") | st.just("2001:db8::1")
RANGES = st.builds(
    lambda base, bits: str(ip_network((base, min(bits, ip_address(base).max_prefixlen)), strict=False)),
    ADDRESSES,
    st.sampled_from([0, 7, 8, 24, 28, 30, 31, 32, 64, 127, 128]),
)
NUMBERS = st.sampled_from([0, 1, -1, 2**53, 2**53 + 1, -(2**63), 2**63 - 1])
DOUBLES = st.sampled_from(
    [0.0, -0.0, 0.5, 1.0, 2.0**53, 2.0**63, -(2.0**63), 1e300, float("inf"), float("-inf")]
)
WORDS = st.sampled_from(["", "a", "b", "tor", "é😀"])


def entries(values):
    return st.lists(st.tuples(values, TIMES), max_size=6).map(
        lambda pairs: tuple(Entry(value, HERE, expires) for value, expires in pairs)
    )


def specs():
    """One list of every type."""
    return st.tuples(
        entries(NUMBERS).map(lambda found: ListSpec("i", "int", HERE, found)),
        entries(DOUBLES.filter(lambda x: abs(x) < 1e308)).map(
            lambda found: ListSpec("d", "double", HERE, found)
        ),
        entries(WORDS).map(lambda found: ListSpec("s", "string", HERE, found)),
        entries(ADDRESSES.map(address)).map(lambda found: ListSpec("a", "ip", HERE, found)),
        entries(RANGES.map(network)).map(lambda found: ListSpec("r", "cidr", HERE, found)),
    )


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.none() | NUMBERS,
            "m": st.none() | NUMBERS,
            "x": st.none() | DOUBLES | st.just(float("nan")),
            "s": st.none() | WORDS,
            "ip": st.none() | ADDRESSES,
        }
    ),
    min_size=1,
    max_size=12,
)
CONDITIONS = [
    "n in lists.i",
    "n in lists.d",
    "x in lists.d",
    "x in lists.i",
    "s in lists.s",
    "!(s in lists.s) && x in lists.i",
    "ip in lists.a",
    "ip in lists.r",
    "!(ip in lists.r)",
    "ip in lists.r || ip in lists.a || n in lists.i",
    "n - m in lists.i",
    "s + 'b' in lists.s",
    "[n, m].exists(k, k in lists.i)",
    "(m > 0 ? n in lists.i : n in lists.d) || s in lists.s ? has(ip) : ip in lists.r",
]


def table(rows):
    kinds = {"n": pa.int64(), "m": pa.int64(), "x": pa.float64(), "s": pa.string(), "ip": pa.string()}
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()})


@settings(max_examples=150, deadline=None)
@given(specs(), st.integers(-1, 6), ROWS, st.sampled_from(CONDITIONS))
def test_row_and_batch_agree(lists, now, rows, condition):
    """A condition over lists gives the same by row and by batch, whatever counts at the time."""
    program = compile(condition, {**TYPES, **variables(lists)})
    views = Lists.of(lists).at(now)
    by_row = [program.row({**row, **views}) for row in rows]
    assert program.batch(table(rows), views).to_pylist() == by_row


@settings(max_examples=150, deadline=None)
@given(entries(RANGES.map(network)), st.integers(-1, 6), st.lists(ADDRESSES, max_size=20))
def test_an_address_counts_if_an_entry_that_has_not_ended_covers_it(found, now, addresses):
    """Ranges may overlap, and end one before the other; `among` is the twin of `in`."""
    lists = Lists.of([ListSpec("r", "cidr", HERE, found)])
    view = lists.at(now)["lists.r"]
    alive = [entry.value for entry in found if entry.expires_us is None or now < entry.expires_us]
    numbers = [address(text) for text in addresses]
    expected = [any(first <= number <= last for first, last, _ in alive) for number in numbers]
    assert [number in view for number in numbers] == expected
    assert view.among(numbers).tolist() == expected


@settings(max_examples=100, deadline=None)
@given(specs(), st.lists(st.integers(-1, 6), max_size=20))
def test_a_column_of_times_falls_into_epochs(lists, times):
    """Every row comes once, with the lists of its own time."""
    made = Lists.of(lists)
    seen = {}
    for rows, views in made.groups(np.array(times, np.int64)):
        for row in rows.tolist():
            assert row not in seen
            seen[row] = views
    assert sorted(seen) == list(range(len(times)))
    assert all(dict(views) == dict(made.at(times[row])) for row, views in seen.items())


def test_only_lists_with_expiries_need_a_time():
    """Lists without are the same at all times; one with asks for the time, and keeps a view for each epoch."""
    still = ListSpec("eu", "string", HERE, (Entry("NO", HERE),))
    made = Lists.of([still])
    assert (made.reads_now, made.expiring, made.at() is made.at(7)) == (False, (), True)
    timed = ListSpec("vip", "string", HERE, (Entry("ana", HERE, 10), Entry("bo", HERE)))
    made = Lists.of([still, timed])
    assert (made.reads_now, made.expiring) == (True, ("lists.vip",))
    with pytest.raises(ValueError, match="need a time"):
        made.at()
    assert ["ana" in made.at(now)["lists.vip"] for now in (9, 10)] == [True, False]
    assert made.at(3) is made.at(9)
