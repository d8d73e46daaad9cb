"""A decision: which action, why, and what happens when something is missing."""

from __future__ import annotations

import json
import math
import pickle
import traceback
from threading import Thread

import numpy as np
import pyarrow as pa
import pytest

from policy import FactsError, source
from policy.engine.build import build
from policy.engine.scorer import NO_SCORE, ConstantScorer
from policy.engine.scoring import WITHHELD
from policy.spec.decision import read_decision


class Failing(ConstantScorer):
    """A model that raises for every record, and quotes the record."""

    inputs = pa.schema([("user_id", pa.string()), ("failed", pa.float64())])

    def bind(self, names):
        """Raise, naming what came."""
        del names

        def fail(*values):
            raise ValueError(f"unseen label {values!r}")

        return fail


@pytest.mark.parametrize(
    ("score", "action", "distance"),
    [
        (0.0, "allow", 0.4),
        (0.3999999999999999, "allow", 0.0),
        (0.4, "challenge", 0.0),
        (0.59, "challenge", 0.01),
        (0.6, "sms", 0.0),
        (0.75, "agent", 0.0),
        (0.89, "agent", 0.01),
        (0.9, "block", 0.0),
        (1.0, "block", 0.1),
        (1, "block", 0.1),
        (np.float64(0.5), "challenge", 0.1),
        (np.float32(0.5), "challenge", 0.1),
        (-0.0, "allow", 0.4),
    ],
)
def test_bands_are_half_open_and_the_last_is_closed(make, facts, score, action, distance):
    """A score on an edge belongs to the band above it, and 1 to the last."""
    outcome = make().row(facts, score=score)
    assert (outcome.action, outcome.distance) == (action, distance)


def test_an_outcome_says_why(make, facts):
    """Action, score, band with both edges, distance, versions and data stand in the answer."""
    decision = make()
    body = decision.row(facts, score=0.8).to_dict()
    band = {"action": "agent", "lower": 0.75, "upper": 0.9}
    assert body == {
        "action": "agent",
        "score": 0.8,
        "band": {**band, "closed": False, "distance": 0.05},
        "rule": None,
        "segment": None,
        "arm": None,
        "without_rules": "agent",
        "reasons": [{"code": "band", "band": "agent", "lower": 0.75, "upper": 0.9, "distance": 0.05}],
        "data": {"queue": "fraud"},
        "policy": "login",
        "policy_version": decision.version,
        "model_version": "constant",
    }
    assert json.loads(json.dumps(body)) == body


def test_the_outcome_holds_exactly_the_facts_scored(make):
    """Defaults are filled in, addresses are canonical, unknown facts are named and left out."""
    outcome = make().row({"user_id": "u", "ip": "::FFFF:1.2.3.4", "extra": 1, 7: 2})
    assert outcome.facts == {"user_id": "u", "ip": "1.2.3.4", "failed": 0, "rtt": None}
    assert outcome.ignored == ("extra", "7")
    assert outcome.to_dict()["ignored_facts"] == ["extra", "7"]


def test_the_callers_facts_are_not_held(make, facts):
    """What the caller does to its dict afterwards does not change the outcome."""
    outcome = make().row(facts)
    before = dict(facts)
    facts.clear()
    assert outcome.facts == before


def test_all_problems_are_named_with_pointers(make):
    """Wrong and missing facts are told all at once, in the order of the inputs."""
    with pytest.raises(FactsError) as caught:
        make().row({"ip": "300.1.1.1", "failed": True, "rtt": math.nan})
    assert [(one.pointer, one.expected, one.got) for one in caught.value.problems] == [
        ("/user_id", "string", "nothing"),
        ("/ip", "ip (an IPv4 or IPv6 address)", "string"),
        ("/failed", "int", "bool"),
        ("/rtt", "double", "NaN"),
    ]


@pytest.mark.parametrize("facts", [None, [], "x", 3, True])
def test_facts_that_are_no_object_are_one_problem(make, facts):
    """Anything but a mapping is refused as a whole."""
    with pytest.raises(FactsError, match="expected object"):
        make().row(facts)


def test_a_problem_tells_a_value_only_if_the_log_may_hold_it(make):
    """The value of a hashed or dropped fact does not leak through a problem."""
    decision = make(("{type: string}", "{type: string, enum: [anna, bob], log: drop}"))
    with pytest.raises(FactsError) as caught:
        decision.row({"user_id": "ann", "ip": "1.2.3.4"})
    assert '"ann"' not in str(caught.value)
    with pytest.raises(FactsError, match="did you mean `anna`"):
        make(("{type: string}", "{type: string, enum: [anna, bob]}")).row({"user_id": "ann", "ip": "1.2.3.4"})


def test_unknown_facts_are_problems_where_they_are_refused(make, facts):
    """With `unknown_facts: refuse`, or strictly, a mistyped fact is refused with a proposal."""
    facts["faild"] = 3
    assert make().row(facts).ignored == ("faild",)
    for decision, how in [
        (make(("decision: login", "decision: login\nunknown_facts: refuse")), {}),
        (make(), {"strict": True}),
    ]:
        with pytest.raises(FactsError, match="did you mean `failed`"):
            decision.row(facts, **how)


def test_facts_may_have_an_action_of_their_own(make, facts):
    """With an action under `on_error.facts` bad facts give that action, and degraded says which."""
    outcome = make(("facts: refuse", "facts: agent")).row({**facts, "failed": "2", "rtt": "x"})
    assert (outcome.action, outcome.score, outcome.band) == ("agent", None, None)
    assert [one["pointer"] for one in outcome.degraded] == ["/failed", "/rtt"]
    assert outcome.facts == {"user_id": "u1", "ip": "203.0.113.7"}
    assert [reason["code"] for reason in outcome.reasons] == ["on_error", "on_error"]


@pytest.mark.parametrize(
    ("score", "cause"),
    [
        (math.nan, "the score is NaN"),
        (1.7, "the score 1.7 lies outside 0 to 1"),
        (-0.25, "the score -0.25 lies outside 0 to 1"),
        (math.inf, "the score inf lies outside 0 to 1"),
        ("0.5", "the score is no number but string"),
        (True, "the score is no number but bool"),
    ],
)
def test_an_unusable_score_gives_the_action_of_on_error(make, facts, score, cause):
    """Without a usable score the policy's own fallback speaks, and says so in the answer."""
    outcome = make().row(facts, score=score)
    assert (outcome.action, outcome.score, outcome.band) == ("challenge", None, None)
    assert outcome.degraded == ({"cause": cause, "pointer": "/score"},)
    assert outcome.reasons == ({"code": "on_error", "cause": cause, "pointer": "/score"},)


def test_a_model_that_drops_raises_or_strays_is_answered(make, facts):
    """None, an exception and a number outside [0, 1] from the model give the action of on_error."""
    assert make(scorer=ConstantScorer(None)).row(facts).degraded[0]["cause"] == NO_SCORE
    assert make(scorer=ConstantScorer(1.5)).row(facts).action == "challenge"
    outcome = make(scorer=Failing(None, errors=(ValueError,))).row(facts)
    assert outcome.degraded == ({"cause": "unseen label ('u1', 2.0)", "pointer": "/score"},)
    hidden = make(
        ("{type: string}", "{type: string, log: drop}"), scorer=Failing(None, errors=(ValueError,))
    ).row(facts)
    assert hidden.degraded[0]["cause"] == WITHHELD


def test_a_fact_may_be_the_score(make):
    """With `score.input` the caller's number is the score; without it on_error speaks."""
    decision = make(("{model: models/login}", "{input: rtt}"))
    facts = {"user_id": "u", "ip": "1.2.3.4"}
    assert decision.row({**facts, "rtt": 0.95}).action == "block"
    assert decision.row({**facts, "rtt": 1}).score == 1.0
    assert decision.row(facts).degraded[0]["pointer"] == "/rtt"
    assert decision.model_version is None


def test_a_completed_action_counts_as_the_mildest_and_a_stricter_one_stands(make, facts):
    """Who has solved the challenge is allowed where a challenge is due, and not where more is."""
    decision = make()
    passed = decision.row(facts, score=0.5, completed=["challenge"])
    assert (passed.action, passed.reasons[-1]) == ("allow", {"code": "completed", "action": "challenge"})
    assert decision.row(facts, score=0.7, completed=["challenge"]).action == "sms"
    assert decision.row(facts, score=math.nan, completed=["challenge"]).action == "allow"
    for completed in (["chalenge"], "challenge"):
        with pytest.raises(FactsError, match="completed"):
            decision.row(facts, completed=completed)


def test_a_name_in_a_policy_is_never_code(make):
    """Quotes, newlines and code in texts of a policy are constants of the compiled row, never source."""
    hostile = "'\"\\n);__import__('os').abort()#"
    decision = make(("{type: string}", f"{{type: string, default: {json.dumps(hostile)}}}"))
    assert decision.row({"ip": "1.2.3.4"}).facts["user_id"] == hostile


def test_the_compiled_row_shows_in_tracebacks(make, facts):
    """An exception out of the compiled row shows its source line."""

    class Broken(ConstantScorer):
        def bind(self, names):
            return lambda: 1 // len(names)

    with pytest.raises(ZeroDivisionError) as caught:
        make(scorer=Broken(0.5)).row(facts)
    assert "score_of(" in "".join(traceback.format_exception(caught.value))


def test_an_outcome_can_be_sent_to_another_process(make, facts):
    """Outcomes survive pickling, so that Spark and multiprocessing can carry them."""
    outcome = make().row({**facts, "more": 1})
    assert pickle.loads(pickle.dumps(outcome)).to_dict() == outcome.to_dict()


def test_threads_share_a_decision(make, facts):
    """Eight threads get the answers that one gets."""
    decision = make()
    wanted = [decision.row(facts, score=n / 1000).action for n in range(1000)]
    got = [[] for _ in range(8)]
    threads = [
        Thread(
            target=lambda out=out: out.extend(decision.row(facts, score=n / 1000).action for n in range(1000))
        )
        for out in got
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [wanted] * 8


def test_a_table_keeps_its_columns_and_order(make, facts):
    """A name that the table already has gets a suffix; empty tables and record batches are tables too."""
    decision = make()
    table = pa.Table.from_pylist([{**facts, "score": 0.3, "row": 1}, {**facts, "score": 0.95, "row": 2}])
    out = decision.batch(table, score="score")
    assert out.column_names[:6] == table.column_names
    assert out["action"].to_pylist() == ["allow", "block"]
    assert out["score_decided"].to_pylist() == [0.3, 0.95]
    assert decision.batch(table.slice(0, 0)).schema == decision.batch(table).schema
    assert decision.batch(table.to_batches()[0], score=0.5)["action"].to_pylist() == ["challenge"] * 2


def test_what_is_given_beside_a_table_must_fit_it(make, facts):
    """An array as long as another table, a column that is not there, and what is no table, are refused in words."""
    decision, table = make(), pa.Table.from_pylist([facts] * 3)
    with pytest.raises(ValueError, match="`score` holds 2 values, and the table 3 rows"):
        decision.batch(table, score=np.array([0.1, 0.2]))
    with pytest.raises(ValueError, match="`completed` holds 1 values"):
        decision.batch(table, completed=pa.array([["sms"]]))
    with pytest.raises(ValueError, match="no column `scores`"):
        decision.batch(table, score="scores")
    with pytest.raises(TypeError, match="expected a pyarrow Table or RecordBatch, got list"):
        decision.batch([facts])
    timed = make(("on_error:", "rules: [{name: r, when: now.getHours() < 6, action: block}]\non_error:"))
    with pytest.raises(ValueError, match="`now` holds 1 values"):
        timed.batch(table, now=pa.array(["2026-01-31T12:00:00Z"]))


def test_a_text_of_completed_actions_passes_none(make, facts):
    """A text in the place of a list of completed actions is refused facts, and makes no action of theirs milder."""
    decision = make(("facts: refuse", "facts: agent"))
    assert decision.row(facts, completed="agent").action == "agent"
    table = pa.Table.from_pylist([facts] * 2)
    assert decision.batch(table, completed="agent")["action"].to_pylist() == ["agent"] * 2
    with pytest.raises(FactsError, match="expected a list of actions"):
        make().row(facts, completed="sms", score=0.6)
    assert make().batch(table, completed="sms", score=0.6)["action"].to_pylist() == [None] * 2


def test_an_outcome_names_the_versions(make, facts):
    """The content hashes of the policy and of the model stand together, too."""
    decision = make()
    versions = decision.row(facts).versions
    assert versions == {"policy": decision.version, "model": decision.model_version}


def test_an_input_of_the_wrong_type_is_no_unread_input(make):
    """Where the model's inputs do not fit, what it does read is not said to be read by nothing."""

    class Wanting(ConstantScorer):
        inputs = pa.schema([("failed", pa.bool_()), ("rtt", pa.float64())])

    _, found = build(make().spec, Wanting(0.5))
    unread = [one.message for one in found if one.code == "W410"]
    assert any(one.code == "E303" for one in found)
    assert not any("`failed`" in message or "`rtt`" in message for message in unread)


TYPES = [
    ("failed", pa.string(), "`failed` cannot be the model's input `failed`"),
    ("faild", pa.float64(), "the model's input `faild` is given by no fact"),
    ("failed", pa.list_(pa.float64()), "no type of fact fits"),
]


@pytest.mark.parametrize(("name", "kind", "words"), TYPES)
def test_a_models_inputs_must_be_given_by_facts_of_a_fitting_type(make, name, kind, words):
    """What the model needs and the policy does not give is an error at the place of the score."""

    class Wanting(ConstantScorer):
        inputs = pa.schema([(name, kind)])

    decision, found = build(make().spec, Wanting(0.5))
    assert decision is None
    assert any(words in one.message or words in " ".join(one.notes) for one in found)


def test_the_lint_names_the_class_of_the_models_output(make):
    """Without a case that runs the model a warning says whose probability the output is."""
    _, diagnostics = build(make().spec, ConstantScorer(0.5, label=">50K"))
    found = next(one for one in diagnostics if one.code == "W401")
    assert found.severity == "warning"
    assert "`>50K`" in found.notes[0]


def test_a_scores_inputs_must_be_the_models():
    """A left side of `score.inputs` that the model does not know is an error with a proposal."""
    text = "decision: d\ninputs: {failed: {type: int}}\nscore: {model: m, inputs: {Faild: failed}}\n"
    text += "actions: {allow: }\nbands: {allow: 0}\non_error: {score: allow}\n"
    spec, _ = read_decision(source.read(text.encode(), "d.yaml")[0])

    class Wanting(ConstantScorer):
        inputs = pa.schema([("Failed", pa.float64()), ("failed", pa.float64())])

    decision, found = build(spec, Wanting(0.5))
    assert decision is None
    assert ("E305", 3, ("did you mean `Failed`?",)) in [(one.code, one.span.line, one.help) for one in found]
