"""The best of a catalog: exact, the same by every plan, and compiled as plain to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scorer.kernels import plain_topk
from scorer.kernels.door import compiled
from scorer.kernels.query import Query
from scorer.kernels.topk import CompiledCatalog, PlainCatalog

KERNELS = compiled("scorer.kernels.compiled_topk")
CATALOGS = [PlainCatalog] if KERNELS is None else [PlainCatalog, lambda f: CompiledCatalog(f, KERNELS)]
slow = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
FACTORS = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 1e-38, 1e-44, 1e30, -3e38]


@st.composite
def questions(draw):
    """Draw factors and a question: spread or of few values (so with ties), tiny, huge, filtered, boosted, resumed."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    items, rank = draw(st.integers(1, 400)), draw(st.sampled_from([1, 2, 10, 16, 17, 40]))
    few, times = draw(st.booleans()), draw(st.sampled_from([1, 1, 1e-38, 1e-3, 1e4]))
    drawn = random.choice(FACTORS[:7] if draw(st.booleans()) else FACTORS, (items, rank))
    spread = (drawn if few else random.normal(size=(items, rank))) * times
    factors = np.clip(spread, -3e38, 3e38).astype(np.float32)
    vector = (random.choice(FACTORS, rank) if few else random.normal(size=rank)).astype(np.float32)
    n = min(items, draw(st.sampled_from([1, 3, 20, 400])))
    share = draw(st.sampled_from([0.02, 0.3, 0.9]))
    maybe = {
        "slots": np.flatnonzero(random.random(items) < share).astype(np.int32),
        "mask": (random.random(items) < share).astype(np.uint8) * np.uint8(255),
        "multiply": random.choice([0, 0.5, 1, 1, 2, -1, np.inf, np.nan], items).astype(np.float32),
        "add": random.choice([0, 0, 1, -5, 1e38], items).astype(np.float32),
    }
    chosen = {name: value for name, value in maybe.items() if draw(st.booleans())}
    return factors, Query(vector, n, descending=draw(st.booleans()), **chosen)


def answer(make, factors, query):
    slots, scores = make(factors).top(query)
    assert slots.dtype == np.int32
    assert scores.dtype == np.float32
    return slots.tolist(), scores.tolist()


def sorted_whole(factors, query):
    """Score everything one by one, as Python says it, and sort: what `top` means."""
    found = []
    for slot, row in enumerate(factors):
        if query.slots is not None and slot not in query.slots:
            continue
        if query.mask is not None and not query.mask[slot]:
            continue
        with np.errstate(all="ignore"):
            score = np.float32(0.0)
            for a, b in zip(row, query.vector, strict=True):
                score += a * b
            if query.multiply is not None:
                factor = query.multiply[slot]
                score = score / factor if score < 0 and factor > 1 else score * factor
            if query.add is not None:
                score += query.add[slot]
        if not np.isnan(score):
            found.append((float(score), slot))
    found.sort(key=lambda pair: (-pair[0], -pair[1] if query.descending else pair[1]))
    return found


@pytest.mark.parametrize("make", CATALOGS)
@slow
@given(questions())
def test_the_answer_is_the_head_of_all_scores_sorted(make, question):
    """Every catalog gives the n best of the eligible, by score and then by id, with scores to the last bit."""
    factors, query = question
    expected = sorted_whole(factors, query)[: query.n]
    assert answer(make, factors, query) == ([slot for _, slot in expected], [score for score, _ in expected])


@pytest.mark.parametrize("make", CATALOGS)
@slow
@given(questions(), st.integers(1, 30))
def test_pages_continue_the_sorted_stream(make, question, size):
    """Asked for what comes after the last of each page, the pages are the whole answer, nothing twice."""
    factors, query = question
    whole = answer(make, factors, Query(**_fields(query, n=len(factors))))
    pages, after = ([], []), None
    while True:
        slots, scores = answer(make, factors, Query(**_fields(query, n=min(size, len(factors)), after=after)))
        if not slots:
            break
        pages[0].extend(slots)
        pages[1].extend(scores)
        after = (np.float32(scores[-1]), slots[-1])
        assert len(pages[0]) <= len(whole[0])
    assert pages == whole


def _fields(query, **changes):
    return {name: getattr(query, name) for name in Query.__slots__} | changes


@pytest.mark.skipif(KERNELS is None, reason="the extra `fast` is not installed")
@pytest.mark.parametrize("share", [1.0, 0.5, 0.05, 0.001])
@pytest.mark.parametrize("ties", [False, True])
def test_a_large_catalog_is_answered_alike_by_every_plan(share, ties):
    """A list, a mask and both give what the plain twin gives, on 20,000 items, half of them tied."""
    random = np.random.default_rng(5)
    factors = random.normal(size=(20_000, 20)).astype(np.float32)
    if ties:
        factors = factors[random.integers(0, 500, len(factors))]
    vector = random.normal(size=20).astype(np.float32)
    mask = (random.random(len(factors)) < share).astype(np.uint8)
    slots = np.flatnonzero(mask).astype(np.int32)
    fast, plain = CompiledCatalog(factors, KERNELS), PlainCatalog(factors)
    expected = plain.top(Query(vector, 100, mask=mask))
    assert len(expected[0]) == min(100, len(slots))
    for query in (
        Query(vector, 100, mask=mask),
        Query(vector, 100, slots=slots),
        Query(vector, 100, slots=slots, mask=mask),
    ):
        for catalog in (fast, plain):
            answered = catalog.top(query)
            assert answered[0].tobytes() == expected[0].tobytes()
            assert answered[1].tobytes() == expected[1].tobytes()


@pytest.mark.skipif(KERNELS is None, reason="the extra `fast` is not installed")
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("rank", [10, 33, 64])
def test_boosts_and_pages_of_a_large_catalog_are_those_of_the_plain_twin(rank, descending):
    """Boosts, infinite and NaN ones too, and what comes after a page, are answered alike to the last bit."""
    random = np.random.default_rng(rank)
    factors = random.normal(size=(20_000, rank)).astype(np.float32)[random.integers(0, 5_000, 20_000)]
    compiled_, plain = CompiledCatalog(factors, KERNELS), PlainCatalog(factors)
    vector = random.normal(size=rank).astype(np.float32)
    multiply = random.choice([0.5, 1, 1, 2, -1, np.inf, np.nan], 20_000).astype(np.float32)
    add = random.choice([0, 0, 1, -5], 20_000).astype(np.float32)
    for chosen in ({}, {"multiply": multiply}, {"add": add}, {"multiply": multiply, "add": add}):
        query = Query(vector, 100, descending=descending, **chosen)
        for _ in range(2):
            expected, found = plain.top(query), compiled_.top(query)
            assert [part.tobytes() for part in found] == [part.tobytes() for part in expected]
            query = replace(query, after=(float(expected[1][-1]), int(expected[0][-1])))


@pytest.mark.parametrize("make", CATALOGS)
@slow
@given(questions(), st.integers(0, 9))
def test_many_vectors_are_answered_as_one_by_one(make, question, several):
    """Vectors that are multiplied four at a time get the answers that each gets alone."""
    factors, query = question
    vectors = np.stack([query.vector, *factors])[: 1 + several]
    slots, scores, counts = make(factors).top_of_each(vectors, query)
    for v, vector in enumerate(vectors):
        alone = answer(make, factors, Query(**_fields(query, vector=vector)))
        assert (slots[v, : counts[v]].tolist(), scores[v, : counts[v]].tolist()) == alone


@pytest.mark.parametrize("make", CATALOGS)
def test_a_boost_above_one_never_demotes(make):
    """An item with a score below zero rises, or stays, when its factor is above one."""
    factors = np.array([[-2.0], [-1.0], [1.0], [2.0]], dtype=np.float32)
    vector = np.ones(1, dtype=np.float32)
    multiply = np.array([4.0, 1.0, 4.0, 1.0], dtype=np.float32)
    slots, scores = make(factors).top(Query(vector, 4, multiply=multiply))
    assert list(zip(slots.tolist(), scores.tolist(), strict=True)) == [
        (2, 4.0),
        (3, 2.0),
        (0, -0.5),
        (1, -1.0),
    ]


@pytest.mark.parametrize("make", CATALOGS)
def test_no_item_comes_that_is_not_eligible(make):
    """Where fewer than n are eligible there are fewer than n answers."""
    factors = np.ones((300, 4), dtype=np.float32)
    mask = np.zeros(300, dtype=np.uint8)
    mask[[3, 200]] = 1
    assert answer(make, factors, Query(factors[0], 100, mask=mask))[0] == [200, 3]
    assert answer(make, factors, Query(factors[0], 100, mask=np.zeros(300, np.uint8)))[0] == []
    assert answer(make, factors, Query(factors[0], 100, slots=np.empty(0, np.int32)))[0] == []
    assert answer(make, factors, Query(factors[0], 0))[0] == []


def test_the_plain_products_round_slot_after_slot():
    """The sum is taken in single precision from the first slot to the last, nothing fused: 1 + 2^-24 is 1."""
    factors = np.array([[1.0, 2.0**-24, 2.0**-24]], dtype=np.float32)
    assert plain_topk.products(factors, np.ones(3, dtype=np.float32))[0] == 1.0
    assert plain_topk.products(factors[:, ::-1], np.ones(3, dtype=np.float32))[0] == np.float32(1 + 2.0**-23)
