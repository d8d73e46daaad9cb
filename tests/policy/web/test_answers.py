"""Answers are encoded around what they share, and say the same as their plain data."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.web.answers import Answers, members

ID = "01a20ac7-e0fb-7e1c-8f4e-918025c5cde7"


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    risk=st.one_of(st.none(), st.floats(0, 1), st.sampled_from([0.0, 0.4, 0.6, 0.9, 1.0, 5e-324])),
    user=st.text(max_size=10),
    more=st.dictionaries(st.text(max_size=3), st.just(1), max_size=2),
    completed=st.lists(st.sampled_from(["challenge", "agent"]), max_size=2),
)
def test_frames_say_the_same(service, risk, user, more, completed):
    """The fast encoding has the very bytes of the plain one, for every outcome."""
    for decision in service.policies.decisions.values():
        facts = {**more, "user": user, "ip": "::1", "risk": risk}
        outcome = decision.row(facts, completed=completed)
        assert Answers(decision).encode(outcome, ID) == msgspec.json.encode(members(outcome, ID))


def test_another_policy_of_the_name(service):
    """An outcome of a policy that was reloaded is encoded by its own bands."""
    first = service.policies.decisions["login"]
    second = type(first)(first.spec, first.scoring)
    for decision in (first, second, first):
        outcome = decision.row({"user": "u", "ip": "::1", "risk": 0.5})
        assert service.answers(decision).encode(outcome, ID) == msgspec.json.encode(members(outcome, ID))
