"""GET /metrics: what is counted, and that nothing is silent."""

import json
import os
import signal
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from policy.errors import LogError
from policy.stores import open_store
from policy.stores.scores import fill_scores
from policy.web import Service, Tokens, open_service
from policy.web.counts import BOUNDS, Counts

RULES = """\
define: {far: 'country == "SE"'}
rules:
  - {name: swede, when: far, at_least: agent}
  - {name: retry, when: tries > 3, at_least: agent, mode: preview}
"""


class Broken:
    """A log that takes nothing."""

    def record(self, *_):
        raise LogError("the disk is full")

    record_ranking = record


def samples(text):
    """The samples of an exposition: (name, labels) -> value."""
    return {
        (sample.name, *(sample.labels[key] for key in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def counted(adapter, service):
    """A sender over the policies with a log of choice, and what /metrics then tells."""

    def make(log=None, configs=None):
        policies = service.policies if configs is None else open_service(configs).policies
        send = adapter(Service(policies, log))

        def post(name, facts):
            return send("POST", f"/v1/decisions/{name}", json.dumps(facts).encode()).status

        return post, lambda: samples(send("GET", "/metrics").body.decode())

    return make


def test_decisions_by_action(counted, facts):
    """Every decision is counted under its action, and once in the histogram of durations."""
    post, told = counted()
    for risk in (0.1, 0.2, 0.95):
        assert post("login", facts | {"risk": risk}) == 200
    seen = told()
    assert seen["scoregate_decisions_total", "allow", "login"] == 2
    assert seen["scoregate_decisions_total", "block", "login"] == 1
    assert seen["scoregate_decisions_total", "agent", "login"] == 0
    assert seen["scoregate_decision_duration_seconds_count", "login"] == 3
    assert seen["scoregate_decision_duration_seconds_bucket", "+Inf", "login"] == 3
    assert seen["scoregate_decision_duration_seconds_sum", "login"] > 0


def test_refusals_and_fallbacks(counted, facts):
    """What `on_error` answers is counted by its cause, whether it refuses or gives an action."""
    post, told = counted()
    assert post("login", {"ip": "x"}) == 422
    assert post("lenient", {"ip": "x"}) == 200
    assert post("lenient", []) == 200
    assert post("login", {name: value for name, value in facts.items() if name != "risk"}) == 200
    assert post("lenient", facts | {"risk": "high"}) == 200
    assert post("login", facts | {"new": 1, "newer": 2}) == 200
    seen = told()
    assert seen["scoregate_refused_total", "facts", "login"] == 1
    assert seen["scoregate_http_errors_total", "422"] == 1
    assert seen["scoregate_decisions_degraded_total", "facts", "lenient"] == 3
    assert seen["scoregate_decisions_degraded_total", "score", "login"] == 1
    assert seen["scoregate_facts_ignored_total", "login"] == 2
    assert ("scoregate_decisions_degraded_total", "score", "lenient") not in seen


def test_log_failures(counted, facts):
    """A log that cannot be written is counted, with the refusal or the fallback that follows."""
    post, told = counted(Broken())
    assert post("login", facts) == 503
    assert post("lenient", facts) == 200
    seen = told()
    assert seen["scoregate_log_failures_total", "login"] == 1
    assert seen["scoregate_log_failures_total", "lenient"] == 1
    assert seen["scoregate_refused_total", "log", "login"] == 1
    assert seen["scoregate_decisions_degraded_total", "log", "lenient"] == 1
    assert seen["scoregate_http_errors_total", "503"] == 1
    assert ("scoregate_decisions_degraded_total", "facts", "lenient") not in seen


def test_rules_by_state(counted, facts, configs, tmp_path):
    """Rules that fire, would fire in preview, or are unknown are counted apart."""
    (tmp_path / "login.yaml").write_text(
        (configs / "login.yaml").read_text().replace("on_error:", RULES + "on_error:")
    )
    post, told = counted(configs=tmp_path)
    assert post("login", facts | {"country": "SE", "tries": 5}) == 200
    assert post("login", facts | {"country": "SE"}) == 200
    assert post("login", {name: value for name, value in facts.items() if name != "country"}) == 200
    seen = told()
    assert seen["scoregate_rule_hits_total", "login", "swede", "fired"] == 2
    assert seen["scoregate_rule_hits_total", "login", "retry", "preview"] == 1
    assert seen["scoregate_rule_hits_total", "login", "swede", "unknown"] == 1


def test_look_ups_in_a_store(counted, facts, configs, tmp_path):
    """Every look-up of what was computed beforehand is counted, by whether it served."""
    (tmp_path / "login.yaml").write_text(
        (configs / "login.yaml")
        .read_text()
        .replace("{input: risk}", "{store: {url: 'sqlite:///kept.db', key: user}}")
        .partition("cases:")[0]
    )
    store = open_store(f"sqlite:///{tmp_path}/kept.db", 5.0)
    fill_scores(store, "login", "", [lambda: [("u-1", 0.7)]], time.time)
    post, told = counted(configs=tmp_path)
    for user in ("u-1", "u-1", "nobody"):
        assert post("login", facts | {"user": user}) == 200
    seen = told()
    assert seen["scoregate_store_look_ups_total", "login", "found"] == 2
    assert seen["scoregate_store_look_ups_total", "login", "missing"] == 1
    assert seen["scoregate_decisions_degraded_total", "score", "login"] == 1


def test_versions_and_state(counted, service):
    """The policies' versions, their age, and the process are told."""
    _, told = counted()
    seen = told()
    version = service.policies.decisions["login"].version
    assert seen["scoregate_policy_info", "decision", "", "login", version] == 1
    assert seen["scoregate_policies_loaded_timestamp_seconds",] == service.policies.status.loaded_at
    assert seen["scoregate_policies_reload_failing",] == 0
    assert seen["process_resident_memory_bytes", "0"] > 1e6
    assert ("scoregate_build_info", "0.1.0") in seen


def test_token_is_asked_for(adapter, service):
    """/metrics names policies and rules, so that it needs the token where there is one."""
    guarded = Service(service.policies, tokens=Tokens.of(["correct horse battery"]))
    send = adapter(guarded)
    assert send("GET", "/metrics").status == 401
    answer = send("GET", "/metrics", HTTP_AUTHORIZATION="Bearer correct horse battery")
    assert (answer.status, answer.headers["content-type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )


def test_forked_child_counts_for_itself(service, facts, tmp_path):
    """A fork starts at zero and counts on in a file of its own; the sum knows both."""
    counts = Counts(tmp_path)
    decision = service.policies.decisions["login"]
    outcome = decision.row(facts)
    counts.of(decision).decided(outcome, BOUNDS[0])
    child = os.fork()
    if not child:
        try:
            counts.of(decision).decided(outcome, BOUNDS[-1] + 1)
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    total = counts.board.total()
    assert total["decisions", "login", outcome.action] == 2
    assert (total["times", "login", "0"], total["times", "login", str(len(BOUNDS))]) == (1, 1)
