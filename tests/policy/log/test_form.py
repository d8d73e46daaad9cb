"""Laws of what the log holds of facts."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.engine.outcome import Outcome
from policy.log import Form, decode, encode
from policy.log.form import WITHHELD, hasher
from policy.log.record import moment
from policy.spec.values import CONVERT, plain

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEY = b"0123456789abcdef"
FACTS = {"user": "ann", "age": 39, "risk": 0.5, "secret": "s3cret"}


@pytest.fixture
def form(decision):
    return Form.of(decision.spec.inputs, KEY)


def logged(form, outcome, **more):
    return decode(form.line(outcome, "d1", 1_700_000_000_123_456_789, **more))


def test_the_record_holds_the_outcome(decision, form):
    """Score, action, band, reasons and versions stand in the record as in the answer."""
    outcome = decision.row(FACTS)
    record, body = logged(form, outcome), json.loads(json.dumps(outcome.to_dict()))
    assert (record.decision_id, record.at) == ("d1", "2023-11-14T22:13:20.123456Z")
    for name in ("policy", "score", "action", "rule", "arm", "policy_version", "model_version"):
        assert getattr(record, name) == body[name]
    assert list(record.reasons) == body["reasons"]
    assert (record.band.action, record.band.lower, record.band.upper) == ("challenge", 0.4, 0.9)


@given(score=st.floats(0, 1), name=TEXT, at=st.integers(0, 2**60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_quick_line_is_the_record_s_line(decision, form, score, name, at):
    """What is written from parts that a band's lines share is byte for byte the line of the record."""
    outcome = decision.row({**FACTS, "risk": score})
    line = form.line(outcome, name, at)
    assert outcome.by_band_alone
    assert line == encode(decode(line))
    assert decode(line).reasons == outcome.reasons
    assert (decode(line).decision_id, decode(line).at, decode(line).score) == (name, moment(at), score)


def test_hash_and_drop(decision, form):
    """A hashed fact is the keyed BLAKE2b of its text, and a dropped fact is not there."""
    outcome = decision.row(FACTS)
    line = form.line(outcome, "d1", 0)
    facts = decode(line).facts
    expected = hashlib.blake2b(b"ann", key=KEY, digest_size=16).hexdigest()
    assert facts["user"] == f"blake2b:{expected}"
    assert "secret" not in facts
    assert b"ann" not in line
    assert b"s3cret" not in line


CLEAR = st.fixed_dictionaries(
    {
        "age": st.integers(-(2**63), 2**63 - 1),
        "ratio": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "at": st.datetimes(timezones=st.just(UTC)),
        "took": st.timedeltas(min_value=timedelta(days=-1000), max_value=timedelta(days=1000)),
        "ip": st.ip_addresses(),
        "new": st.booleans(),
    }
)


@given(CLEAR)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_clear_facts_are_logged_exactly_as_scored(decision, form, facts):
    """Reading a logged fact by its input's type gives the value that was scored, of the same type."""
    outcome = decision.row({**FACTS, **facts})
    found = logged(form, outcome).facts
    for spec, value in zip(decision.spec.inputs, outcome.values, strict=True):
        if spec.log == "clear":
            again = None if found[spec.name] is None else CONVERT[spec.type](found[spec.name])
            assert (again, type(again)) == (value, type(value))
            assert found[spec.name] == plain(value)


def test_defaults_are_logged(decision, form):
    """A fact that was missing is logged as the default that was scored."""
    assert logged(form, decision.row(FACTS)).facts["new"] is False


def test_a_refused_fact_is_left_out(decision, form):
    """A fact that the policy refused and answered by on_error is not among the facts; the cause is."""
    outcome = decision.row({**FACTS, "age": "old"})
    record = logged(form, outcome)
    assert "age" not in record.facts
    assert record.action == "block"
    assert record.degraded[0]["pointer"] == "/age"


def test_score_may_be_null(decision, form):
    """A decision without a score is logged with null, and says why."""
    record = logged(form, decision.row({**FACTS, "risk": None}))
    assert record.score is None
    assert record.degraded


@pytest.mark.parametrize("value", ["ann-of-cleves", "ann of \u20ac 'x\n'"])
def test_causes_do_not_tell_masked_facts(decision, form, value):
    """A cause that quotes a masked fact, whole, cut or escaped, is withheld; others stand."""
    plainly = decision.row({**FACTS, "user": value})
    causes = (f"label {value!r} unknown", f"label {value[:6]}… unknown", "no score")
    outcome = Outcome(
        plainly.origin,
        "block",
        None,
        None,
        plainly.values,
        (),
        tuple({"cause": cause, "pointer": "/score"} for cause in causes),
    )
    record = logged(form, outcome)
    assert [one["cause"] for one in record.degraded] == [WITHHELD, WITHHELD, "no score"]
    assert [one["cause"] for one in record.reasons] == [WITHHELD, WITHHELD, "no score"]


def test_completed_actions_are_logged(decision, form):
    """What the caller says the user has passed stands in the record, so that a replay can say it again."""
    record = logged(form, decision.row(FACTS, completed=["challenge"]), completed=["challenge"])
    assert record.completed == ("challenge",)
    assert record.action == "allow"


@given(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(min_size=16, max_size=64),
)
def test_hashes_depend_on_value_and_key_alone(value, key):
    """One key gives one hash for a value, another key another; null stays null."""
    one, same, other = hasher(key)(value), hasher(key)(value), hasher(key[:-1] + bytes([key[-1] ^ 1]))(value)
    assert one == same
    assert (one is None) == (value is None)
    assert one is None or one != other


def test_hash_of_a_timestamp_is_that_of_its_logged_text():
    """A timestamp's hash is that of the text that a clear log would hold."""
    when = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert hasher(KEY)(when) == hasher(KEY)("2026-01-31T12:00:00Z")
