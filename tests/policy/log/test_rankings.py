"""Laws of a ranking's record: it repeats the ranking, and holds no more than the policy lets it."""

from __future__ import annotations

import shutil
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import policy
from policy.log import DecisionLog, read_rankings
from policy.log.rankings import RankingForm, decode_ranking
from policy.log.record import sealed

CONFIGS = Path(__file__).parents[3] / "configs"
KEY = b"0123456789abcdef"
AT = 1_764_400_000_123_456_789
ITEMS = st.integers(1000, 1110).map("F-{}".format) | st.sampled_from(["é", "", "no such item", 7, -1])
RATED = st.fixed_dictionaries(
    {"item": ITEMS}, optional={"rating": st.none() | st.floats(-1e12, 1e12) | st.just(1)}
)
REQUESTS = st.fixed_dictionaries(
    {"user": st.integers(0, 40) | st.sampled_from(["7", "é", None, 2**63 - 1])},
    optional={
        "n": st.none() | st.integers(0, 60) | st.just(2**70),
        "history": st.none() | st.lists(ITEMS | RATED, max_size=6),
        "exclude": st.none() | st.lists(ITEMS, max_size=3),
        "kids": st.booleans(),
        "country": st.sampled_from(["NO", "SE", None]),
        "max_price": st.none() | st.floats(0, 20),
        "unknown": st.integers(),
    },
)


@pytest.fixture(scope="module")
def ranking(tmp_path_factory):
    """A function from more of its text to the embedded ranking, with a condition that reads the time."""
    folder = tmp_path_factory.mktemp("rank")
    shutil.copytree(CONFIGS / "recommend", folder / "recommend")
    shutil.copytree(CONFIGS / "models" / "recommend", folder / "models" / "recommend")
    text = (CONFIGS / "recommend.yaml").read_text()
    recent = "filters:\n  - {name: released, keep: item.year < now.getFullYear() - 2}"

    def of(more="", old="", new=""):
        (folder / "recommend.yaml").write_text(
            text.replace("filters:", recent).replace(old, new) + "\n" + more
        )
        return policy.load(folder / "recommend.yaml")

    return of


@pytest.fixture(scope="module")
def plain(ranking):
    """The ranking whose record holds everything."""
    return ranking()


def recorded(ranking, request, now="2026-11-29T00:00:00Z"):
    """The outcome and its record, by way of its line."""
    outcome = ranking.row(request, now=now)
    return outcome, decode_ranking(RankingForm.of(ranking.spec, KEY).line(outcome, "id", AT))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=REQUESTS)
def test_a_record_repeats_its_ranking(plain, request):
    """The request in a record, ranked under the record's time, gives the same list, reasons, counts and record."""
    now = "2025-11-29T07:06:40.123456Z"
    outcome, record = recorded(plain, request, now)
    again, repeated = recorded(plain, record.request(), now)
    assert record.at == now
    assert repeated == record
    assert again.facts == outcome.facts
    assert {**again.to_dict(), "ignored_facts": []} == {**outcome.to_dict(), "ignored_facts": []}


@pytest.mark.parametrize("way", ["hash", "drop"])
@pytest.mark.parametrize("members", ["user", "history", "exclude", "user history", "user history exclude"])
def test_what_the_log_must_not_hold_is_not_in_the_line(ranking, way, members):
    """A hidden user, history or `exclude` stands in the line as keyed hashes or not at all; reasons name none of it."""
    hidden = {"user": "u-secret", "history": ["F-1003", "h-secret"], "exclude": ["F-1004", "x-secret"]}
    request = {**hidden, "history": [{"item": "F-1003", "rating": 4.25}, "h-secret"], "n": 3, "country": "NO"}
    members = members.split()
    masked = ranking(f"log: {{{', '.join(f'{name}: {way}' for name in members)}}}")
    outcome = masked.row(request, now="2026-11-29T00:00:00Z")
    line = RankingForm.of(masked.spec, KEY).line(outcome, "id", AT)
    record = decode_ranking(line)
    assert len(outcome.items) == 3
    for name, value in hidden.items():
        found = record.request().get(name)
        if name not in members:
            assert found == request[name]
        elif way == "drop":
            assert found is None
        else:
            assert found == (hashed(value) if name == "user" else [hashed(one) for one in value])
        for secret in [value] if name == "user" else value:
            assert (secret.encode() in line) == (name not in members)
    assert (b"4.25" in line) == ("history" not in members)


def hashed(text):
    """The hash that the documentation promises."""
    return "blake2b:" + blake2b(text.encode(), key=KEY, digest_size=16).hexdigest()


def test_facts_are_hashed_or_left_out_as_those_of_a_decision(ranking):
    """A fact whose input says so stands in the record as its hash, or not at all."""
    found = ranking("", "inputs:", "inputs:\n  a: {type: int, log: hash}\n  b: {type: ip, log: drop}")
    _, record = recorded(found, {"user": 1, "a": 5, "b": "10.0.0.1"})
    assert record.facts == {"kids": False, "a": hashed("5"), "country": None, "max_price": None}


def test_the_log_follows_the_policy(ranking, tmp_path):
    """One log holds rankings of one policy and of its next version, each as its own `log` says."""
    log = DecisionLog(tmp_path / "log")
    for way in ("clear", "drop", "hash"):
        found = ranking(f"log: {{user: {way}}}")
        for _ in range(2):
            log.record_ranking(found, found.row({"user": "ana"}, now="2026-11-29T00:00:00Z"), "id", AT)
    log.close()
    users = [one.request().get("user") for one in read_rankings(tmp_path / "log", pytest.fail)]
    assert users[:4] == ["ana", "ana", None, None]
    assert users[4] == users[5]
    assert users[4].startswith("blake2b:")


def test_records_of_an_older_release_are_read():
    """A record without history and `exclude` is one of which these are not known."""
    body = (
        b'{"ranking_id":"i","at":"2026-01-01T00:00:00.000000Z","policy":"p","user":7,"n":3,"facts":{"a":1},'
        b'"items":[],"filters":[],"plan":"scan","reasons":[],"policy_version":"v","model_version":"m"'
    )
    record = decode_ranking(sealed(body))
    assert record.request() == {"user": 7, "n": 3, "a": 1}


def test_a_wrong_log_block_is_named(ranking):
    """`log` takes three members and three words; an input that is named like a member is told of it."""
    with pytest.raises(policy.LoadError) as caught:
        ranking("log: {user: hsah, facts: drop}", "inputs:", "inputs:\n  history: {type: string, log: hash}")
    text = "\n".join(str(one) for one in caught.value.diagnostics)
    assert "did you mean `hash`" in text
    assert "`facts`" in text
    assert "log: {history: hash}" in text
