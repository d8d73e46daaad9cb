"""The parts of the compiled search: exact sums, bounds that hold, lists of a mask."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scorer.kernels
from scorer.kernels import plain_topk
from scorer.kernels.door import compiled
from scorer.kernels.query import Query
from scorer.kernels.topk import CompiledCatalog, PlainCatalog

KERNELS = compiled("scorer.kernels.compiled_topk")
pytestmark = pytest.mark.skipif(KERNELS is None, reason="the extra `fast` is not installed")
slow = settings(max_examples=100, deadline=None)
EDGES = np.array([0.0, -0.0, 1.0, -1.5, 1e-44, 1e30, -3e38, np.inf, np.nan], dtype=np.float32)
seeds = st.integers(0, 2**32)


@slow
@given(seeds, st.integers(1, 70), st.integers(0, 50), st.booleans())
def test_sums_of_sixteen_rows_have_the_bits_of_each(seed, rank, count, edges):
    """Rows that are added up side by side get the scores that each gets alone, infinities and NaN too."""
    random = np.random.default_rng(seed)
    shape = (60, rank)
    drawn = random.choice(EDGES, shape) if edges else random.normal(size=shape)
    factors, slots = drawn.astype(np.float32), random.integers(0, 60, count).astype(np.int32)
    vector = (random.choice(EDGES[:6], rank) if edges else random.normal(size=rank)).astype(np.float32)
    out = np.empty(count, dtype=np.float32)
    KERNELS.scores(factors, vector, slots, out)
    expected = plain_topk.products(factors[slots], vector)
    assert np.array_equal(out, expected, equal_nan=True)
    assert np.array_equal(np.signbit(out), np.signbit(expected)) or np.isnan(expected).any()


@slow
@given(seeds, st.integers(0, 3_000), st.sampled_from([0.0, 0.001, 0.05, 0.11, 0.3, 1.0]))
def test_the_list_of_a_mask_is_where_it_is_not_zero(seed, items, share):
    """A mask is listed as NumPy lists it, or refused because the list has no room; nothing is written beyond that."""
    random = np.random.default_rng(seed)
    mask = (random.random(items) < share).astype(np.uint8) * np.uint8(random.integers(1, 256))
    room = items // 8 + KERNELS.BLOCK
    memory = np.full(room + 64, -7, dtype=np.int32)
    count, expected = KERNELS.places(mask, memory[:room]), np.flatnonzero(mask)
    assert (memory[room:] == -7).all()
    assert count == -1 or memory[:count].tolist() == expected.tolist()
    if len(expected) * 16 <= items:
        assert count == len(expected) or items < 16 * 16 * KERNELS.BLOCK


@slow
@given(st.lists(st.integers(-2, 12), max_size=8), st.booleans())
def test_both_twins_see_whether_slots_ascend(numbers, sort):
    """Slots that fall, stand twice or are no item's are found out by the compiled and by the plain catalog."""
    slots = np.array(sorted(set(numbers)) if sort else numbers, dtype=np.int32)
    ascending = all(a < b for a, b in pairwise(slots))
    expected = ascending and all(0 <= slot < 10 for slot in slots)
    assert bool(KERNELS.ascend(slots, 10)) == plain_topk.ascend(slots, 10) == expected


@pytest.fixture(scope="module")
def catalogs():
    """Catalogs longer than a few chunks, with ties, some rows of other sizes, some of nothing."""
    random = np.random.default_rng(3)
    made = []
    for rank in (16, 33, 64):
        factors = random.normal(size=(20_011, rank)) * random.choice([1, 1, 1, 3, 1e-3, 0], 20_011)[:, None]
        factors[::7] = factors[5]
        made.append(factors.astype(np.float32))
    return [(CompiledCatalog(one, KERNELS), PlainCatalog(one)) for one in made]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_questions_of_a_long_catalog_are_answered_as_the_plain_twin_answers(catalogs, data):
    """Lists, masks, boosts, pages and several vectors, in any combination, over several chunks, to the last bit."""
    fast, plain = catalogs[data.draw(st.integers(0, 2))]
    items, rank = plain.factors.shape
    random = np.random.default_rng(data.draw(seeds))
    share = data.draw(st.sampled_from([0.01, 0.1, 0.45, 0.95]))
    maybe = {
        "slots": np.flatnonzero(random.random(items) < share).astype(np.int32),
        "mask": (random.random(items) < share).astype(np.uint8),
        "multiply": random.choice([0.5, 1, 1, 1, 2, -1], items).astype(np.float32),
        "add": random.choice([0, 0, 1, -5], items).astype(np.float32),
    }
    for name in ("multiply", "add"):
        if data.draw(st.booleans()):
            maybe[name][random.integers(0, items, 40)] = random.choice([np.inf, -np.inf, np.nan], 40)
    chosen = {name: value for name, value in maybe.items() if data.draw(st.booleans())}
    vectors = random.normal(size=(data.draw(st.sampled_from([1, 4, 6])), rank)).astype(np.float32)
    n = data.draw(st.sampled_from([1, 10, 100, 1000]))
    query = Query(vectors[0], n, descending=data.draw(st.booleans()), **chosen)
    slots, scores, counts = fast.top_of_each(vectors, query)
    for v, vector in enumerate(vectors):
        expected = plain.top(replace(query, vector=vector))
        assert slots[v, : counts[v]].tobytes() == expected[0].tobytes()
        assert scores[v, : counts[v]].tobytes() == expected[1].tobytes()
    first = plain.top(query)
    if len(first[0]):
        place = data.draw(st.integers(0, len(first[0]) - 1))
        later = replace(query, after=(np.float32(first[1][place]), int(first[0][place])))
        assert [part.tobytes() for part in fast.top(later)] == [part.tobytes() for part in plain.top(later)]


def test_what_is_compiled_is_kept_under_the_name_of_all_its_sources():
    """A kernel that was changed is compiled anew: each file that it is made of counts for where it is kept."""
    here, cache = Path(scorer.kernels.__file__).parent, compiled("scorer.kernels.cache")
    found, todo = set(), {"compiled_topk"}
    while todo:
        name = todo.pop()
        text = (here / f"{name}.py").read_text()
        found.add(name)
        todo |= set(re.findall(r"^from scorer\.kernels\.(\w+) import", text, re.MULTILINE)) - found
    assert {f"{name}.py" for name in found - {"cache"}} <= set(cache.SOURCES)
