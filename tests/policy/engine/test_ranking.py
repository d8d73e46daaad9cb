"""Rankings over a plain ranker, against the obvious way: score everything, sort, filter, cap."""

from __future__ import annotations

import json
from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

import scorer
from policy import FactsError, source
from policy.engine.ranking.heads import heads
from policy.engine.ranking.ranking import Ranking
from policy.spec.rankings.ranking import read_ranking

POLICY = {
    "ranking": "shop",
    "model": "m",
    "inputs": {
        "kids": {"type": "bool", "default": False},
        "country": {"type": "string", "optional": True},
        "price": {"type": "double", "optional": True},
    },
    "items": {
        "file": "items.csv",
        "columns": {
            "price": "double",
            "kind": "string",
            "adult": "bool",
            "tags": "list(string)",
            "sold": "int",
        },
    },
    "n": {"default": 5, "max": 30},
    "filters": [
        {"name": "decent", "keep": "!kids || !item.adult"},
        {"name": "cheap", "keep": "item.price < 8.0 && (!has(price) || item.price <= price)"},
        {"name": "here", "keep": "!has(country) || country in item.tags"},
    ],
    "exclude": ["request", "history"],
    "boosts": [
        {"name": "double", "when": 'item.kind == "a"', "multiply": 2},
        {"name": "bonus", "when": "kids && item.sold > 5", "add": 0.5},
    ],
    "caps": [{"by": "kind", "at_most": 2}],
    "fallback": ["fold_in", "popular", "empty"],
    "fold_in": {"reg": 0.1},
    "popular": "sold",
}


class Plain:
    """A ranker of a few lines: everything is scored, and sorted."""

    version = "sha256:plain"

    def __init__(self, items, factors, users):
        self.items, self.factors, self.known = np.array(items), np.array(factors, np.float32), users

    def ranker(self):
        return self

    def item_labels(self):
        return None

    def user(self, user_id):
        return self.known.get(user_id)

    def fold_in(self, slots, ratings, *, reg, alpha, implicit):
        del alpha, implicit
        rows = self.factors[slots].astype(float)
        left = rows.T @ rows + reg * len(rows) * np.eye(rows.shape[1])
        return np.linalg.solve(left, rows.T @ np.asarray(ratings)).astype(np.float32)

    def contributions(self, slots, ratings, slot, **_):
        del ratings
        return (self.factors[slots] @ self.factors[slot]).astype(float)

    def scores(self, vector, slots):
        return self.factors[slots] @ vector

    def boosted(self, vector, multiply, add):
        scores = (self.factors @ vector).astype(np.float32)
        if multiply is not None:
            grown = np.where((scores < 0) & (multiply > 1), scores / multiply, scores * multiply)
            scores = grown.astype(np.float32)
        return scores if add is None else (scores + add).astype(np.float32)

    def top(self, vector, n, *, slots=None, mask=None, multiply=None, add=None, after=None, ties="desc"):
        scores = self.boosted(vector, multiply, add)
        eligible = np.ones(len(self.items), bool) if mask is None else np.asarray(mask, bool)
        if slots is not None:
            eligible = np.isin(np.arange(len(self.items)), slots)
        sign = -1 if ties == "desc" else 1
        order = [s for s in np.lexsort((sign * self.items, -scores)) if eligible[s]]
        if after is not None:
            edge = (-np.float32(after[0]), sign * after[1])
            order = [s for s in order if (-scores[s], sign * self.items[s]) > edge]
        chosen = np.array(order[:n], np.int32)
        return chosen, scores[chosen]

    def top_of_each(self, vectors, n, **which):
        found = [self.top(vector, n, **which) for vector in vectors]
        size = min(n, len(self.items))
        padded = [
            (np.resize(a, size), np.resize(b, size)) if len(a) else (np.zeros(size, int),) * 2
            for a, b in found
        ]
        slots, scores = (np.array([one[part] for one in padded]) for part in (0, 1))
        return slots, scores, np.array([len(a) for a, _ in found])


def ranking(ranker, rows, **changes):
    root, found = source.read(json.dumps(POLICY | changes).encode(), "shop.yaml")
    spec, more = read_ranking(root)
    assert spec is not None, [*found, *more]
    table = pa.table(
        {
            "id": pa.array([row[0] for row in rows], pa.int64()),
            "price": pa.array([row[1] for row in rows], pa.float64()),
            "kind": pa.array([row[2] for row in rows], pa.string()),
            "adult": pa.array([row[3] for row in rows], pa.bool_()),
            "tags": pa.array([row[4] for row in rows], pa.list_(pa.string())),
            "sold": pa.array([row[5] for row in rows], pa.int64()),
        }
    )
    return Ranking(spec, ranker, table)


FACTORS = st.lists(st.integers(-3, 3).map(float), min_size=2, max_size=2)
ROW = st.tuples(
    st.none() | st.sampled_from([1.0, 5.0, 7.5, 9.0]),
    st.none() | st.sampled_from(["a", "b", "c"]),
    st.none() | st.booleans(),
    st.none() | st.lists(st.sampled_from(["NO", "SE"]), max_size=2),
    st.none() | st.integers(0, 9),
)


@st.composite
def shops(draw):
    """A ranker, an item table that neither knows all its items nor only those, and a policy."""
    known = sorted(draw(st.sets(st.integers(0, 40), max_size=25)))
    listed = draw(st.lists(st.integers(0, 45), unique=True, max_size=25))
    factors = [draw(FACTORS) for _ in known]
    users = {1: np.array(draw(FACTORS), np.float32), 2: np.zeros(2, np.float32)}
    plain = Plain(known, np.reshape(factors, (-1, 2)), users)
    changes = {"ties": draw(st.sampled_from(["desc", "asc"]))}
    if draw(st.booleans()):
        changes["caps"] = []
    return ranking(plain, [(item, *draw(ROW)) for item in listed], **changes), plain


REQUESTS = st.fixed_dictionaries(
    {"user": st.sampled_from([1, 2, 3, "1", None]), "n": st.integers(0, 40)},
    optional={
        "kids": st.booleans(),
        "country": st.sampled_from(["NO", "SE", "XX"]),
        "price": st.sampled_from([0.0, 5.0, 7.5]),
        "exclude": st.lists(st.integers(0, 45), max_size=4),
        "history": st.lists(st.integers(0, 45) | st.fixed_dictionaries({"item": st.integers(0, 45), "rating": st.floats(1, 5)}), max_size=4),
    },
)  # fmt: skip


def kept(row, asked):
    """Whether the filters keep an item, by hand: unknown is no."""
    _, price, _, adult, tags, _ = row
    decent = (not asked.get("kids", False)) or adult is False
    limit = asked.get("price")
    cheap = price is not None and price < 8.0 and (limit is None or price <= limit)
    country = asked.get("country")
    here = country is None or (tags is not None and country in tags)
    return decent and cheap and here


def expected(shop, plain, rows, asked):
    """The ids that must come, in order: everything scored, sorted, filtered and capped."""
    history = [entry["item"] if isinstance(entry, dict) else entry for entry in asked.get("history", [])]
    gone = {*history, *asked.get("exclude", [])}
    table = {row[0]: row for row in rows}
    fine = {item for item, row in table.items() if item not in gone and kept(row, asked)}
    user = int(asked["user"]) if asked["user"] is not None else None
    vector = plain.user(user)
    known = [
        (item, entry)
        for item, entry in zip(history, asked.get("history", []), strict=True)
        if item in table and item in plain.items
    ]
    if vector is None and known:
        slots = np.searchsorted(plain.items, [item for item, _ in known])
        ratings = [entry["rating"] if isinstance(entry, dict) else 1.0 for _, entry in known]
        vector = plain.fold_in(slots, ratings, reg=0.1, alpha=1.0, implicit=False)
    sign = -1 if shop.spec.ties == "desc" else 1
    if vector is None:
        order = sorted(
            (item for item in fine if table[item][5] is not None),
            key=lambda item: (-table[item][5], sign * item),
        )
    else:
        multiply = np.array(
            [2.0 if item in table and table[item][2] == "a" else 1.0 for item in plain.items.tolist()],
            np.float32,
        )
        add = np.array(
            [
                0.5 if asked.get("kids") and item in table and (table[item][5] or 0) > 5 else 0.0
                for item in plain.items.tolist()
            ],
            np.float32,
        )
        scores = dict(zip(plain.items.tolist(), plain.boosted(vector, multiply, add).tolist(), strict=True))
        order = sorted(
            (item for item in fine if item in scores), key=lambda item: (-scores[item], sign * item)
        )
    counts, listed = Counter(), []
    for item in order:
        kind = table[item][2]
        if shop.spec.caps and kind is not None:
            if counts[kind] >= 2:
                continue
            counts[kind] += 1
        listed.append(item)
    return listed[: min(asked["n"], 30)]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shops(), st.lists(REQUESTS, min_size=1, max_size=4))
def test_the_list_is_the_head_of_everything_sorted(made, requests):
    """Exactly the best eligible items come, in order, whatever the plan; a table of requests gets the same."""
    shop, plain = made
    columns = ["id", "price", "kind", "adult", "tags", "sold"]
    rows = list(zip(*(shop.table.column(name).to_pylist() for name in columns), strict=True))
    for asked in requests:
        outcome = shop.row(asked)
        wanted = expected(shop, plain, rows, asked)
        assert [item.id for item in outcome.items] == wanted
        json.dumps(outcome.to_dict())
        lefts = [left for _, left in outcome.left]
        assert lefts == sorted(lefts, reverse=True)
        assert any(reason["code"] == "fewer" for reason in outcome.reasons) == (len(wanted) < outcome.n)
    flat = [plainly(one) for one in requests]
    names = dict.fromkeys(name for one in flat for name in one)
    out = shop.batch(pa.table({name: [one.get(name) for one in flat] for name in names})).to_pylist()
    for number, one in enumerate(flat):
        got = [row["id"] for row in out if row["request"] == number]
        assert got == [str(item.id) for item in shop.row(one).items]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shops(), st.integers(0, 40))
def test_many_heads_are_the_lists_of_rows(made, n):
    """The lists of many users at once are those of requests with nothing else, one by one; unknown users have none."""
    shop, _ = made
    users = [1, 3, "2", None, 2]
    rows = [shop.row({"user": user, "n": n}) for user in users]
    wanted = [[(item.id, item.score) for item in row.items if item.source == "model"] for row in rows]
    assert heads(shop, users, n) == wanted


def plainly(asked):
    """The request as a row of a table has it: users as text, no list of several types."""
    return {**{name: value for name, value in asked.items() if name != "history"}, "user": str(asked["user"])}


@pytest.fixture
def shop():
    rows = [(item, 1.0, "abc"[item % 3], False, ["NO"], item) for item in range(12)]
    plain = Plain(
        range(10), [[float(item), 1.0] for item in range(10)], {1: np.array([1.0, 0.0], np.float32)}
    )
    return ranking(plain, rows)


@pytest.mark.parametrize(
    ("request_", "pointers"),
    [
        ([], [""]),
        ({"user": 1.5}, ["/user"]),
        ({"user": 1, "n": -1}, ["/n"]),
        ({"user": 1, "n": "5", "kids": "yes"}, ["/n", "/kids"]),
        ({"user": 1, "history": 7}, ["/history"]),
        (
            {"user": 1, "history": [{"item": 1, "rating": float("nan")}, {}, 3]},
            ["/history/0/rating", "/history/1"],
        ),
        ({"user": 1, "exclude": [None, 1, True]}, ["/exclude/0", "/exclude/2"]),
        ({"user": 1, "history": list(range(20_000))}, ["/history"]),
    ],
)
def test_wrong_requests_are_refused_with_every_pointer(shop, request_, pointers):
    """Whatever is wrong with a request is named, all at once."""
    with pytest.raises(FactsError) as caught:
        shop.row(request_)
    assert [one.pointer for one in caught.value.problems] == pointers


def test_null_is_like_nothing(shop):
    """A member that is null is one that is not there, in a request as in a table."""
    asked = {"user": 1, "n": None, "history": [{"item": 3, "rating": None}], "exclude": None, "country": None}
    ids = [item.id for item in shop.row(asked).items]
    assert ids == [item.id for item in shop.row({"user": 1, "history": [3]}).items]
    out = shop.batch(pa.Table.from_pylist([asked, asked | {"n": 2}]))
    assert out["id"].to_pylist() == [str(one) for one in [*ids, *ids[:2]]]
    assert out["problem"].null_count == out.num_rows


def test_edges_have_clear_answers(shop):
    """N of 0, more than the most, an unknown user, items that nobody knows, a filter that removes all."""
    assert shop.row({"user": 1, "n": 0}).items == ()
    assert shop.row({"user": 1, "n": 10**9}).n == 30
    unknown = shop.row({"user": 99, "history": ["no such item", 4_000]})
    assert [reason["code"] for reason in unknown.reasons][:2] == ["unknown_user", "fallback"]
    assert {item.source for item in unknown.items} == {"popular"}
    none = shop.row({"user": 1, "country": "XX"})
    assert none.items == ()
    assert none.reasons[-1] == {"code": "fewer", "eligible": 0, "asked": 5}


def test_an_empty_catalog(shop):
    """Without items every list is empty, and says why."""
    empty = ranking(shop.ranker, [])
    assert empty.row({"user": 1}).items == ()
    assert empty.row({"user": 5}).reasons[-1]["code"] == "fewer"


def test_a_boost_never_demotes(shop):
    """A factor above one leaves a negative score above where it was, and the item says what it was before."""
    plain = Plain(range(3), [[-1.0, 0.0]] * 3, {1: np.array([1.0, 0.0], np.float32)})
    made = ranking(plain, [(item, 1.0, "ab"[item % 2], False, None, 1) for item in range(3)], caps=[])
    outcome = made.row({"user": 1})
    assert [(item.id, item.score) for item in outcome.items] == [(2, -0.5), (0, -0.5), (1, -1.0)]
    assert outcome.items[0].reasons[0] == {"code": "boost", "boosts": ["double"], "before": -1.0}


def test_the_scorers_ranker_is_a_ranker():
    """What the engine asks of a ranker, the scorer's has."""
    assert {"top", "user", "fold_in", "scores", "contributions", "items"} <= set(dir(scorer.Ranker))
