"""POST /v1/decisions/<name>: facts in, a decision out, recorded before it leaves."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Any

import structlog

from policy.diagnostics import did_you_mean
from policy.engine.decision import Decision
from policy.engine.machine import instant
from policy.engine.outcome import Outcome
from policy.errors import FactsError, LogError
from policy.spec.actions import REFUSE
from policy.web.bodies import BodyError, json_value
from policy.web.counts import FACTS, LOG, UNLOGGED
from policy.web.identity import key_problem, keyed_id, new_id
from policy.web.messages import Head, Reply, reply
from policy.web.problems import problem
from policy.web.service import Service

log = structlog.get_logger("scoregate.web")


class RefusedError(Exception):
    """No decision is given; `reply` says why."""

    def __init__(self, refusal: Reply) -> None:
        super().__init__(refusal)
        self.reply = refusal


def decide(service: Service, name: str, head: Head, body: bytes) -> Reply:
    """One decision."""
    try:
        decision = find(service, name)
        completed = passed(decision, head) if head.completed else ()
        key = checked_key(head)
        return reply(200, settle(service, decision, json_value(body), completed, key))
    except BodyError as error:
        return problem(400, "invalid-json", str(error))
    except FactsError as error:
        return invalid_facts(error)
    except RefusedError as refused:
        return refused.reply


def settle(service: Service, decision: Decision, facts: Any, completed: tuple[str, ...], key: str) -> bytes:
    """Decide and record; the answer as JSON.

    Raises FactsError, or RefusedError if it cannot be recorded.
    """
    began, at = perf_counter_ns(), service.clock()
    try:
        outcome = decision.row(facts, completed=completed, now=instant(at) if decision.reads_now else None)
    except FactsError:
        service.counts.refused(decision.name, FACTS)
        raise
    decision_id = keyed_id(decision.name, key) if key else new_id(at, service.entropy())
    if service.log is not None:
        try:
            service.log.record(decision, outcome, decision_id, at, completed)
        except LogError as error:
            outcome = _unlogged(service, decision, outcome, error, at)
    answer = service.answers(decision).encode(outcome, decision_id)
    service.counts.of(decision).decided(outcome, perf_counter_ns() - began)
    return answer


def find(service: Service, name: str) -> Decision:
    """The decision of this name. Raises RefusedError."""
    decisions = service.policies.decisions
    decision = decisions.get(name)
    if decision is None:
        near = did_you_mean(name, decisions) or ("GET /v1/policies lists those there are",)
        raise RefusedError(problem(404, "unknown-policy", f"there is no policy `{name[:80]}`: {near[0]}"))
    return decision


def passed(decision: Decision, head: Head) -> tuple[str, ...]:
    """The actions that the header Scoregate-Completed names, separated by commas. Raises RefusedError."""
    names = tuple(name for part in head.completed.split(",") if (name := part.strip()))
    ladder = decision.spec.ladder
    for name in names:
        if name not in ladder:
            near = did_you_mean(name, ladder) or (f"the actions are {', '.join(ladder)}",)
            detail = f"Scoregate-Completed names `{name[:80]}`, which is no action of this policy: {near[0]}"
            raise RefusedError(problem(400, "invalid-request", detail))
    return names


def checked_key(head: Head) -> str:
    """The idempotency key, "" without one. Raises RefusedError if it cannot be used."""
    if head.idempotency_key is None:
        return ""
    wrong = key_problem(head.idempotency_key)
    if wrong is not None:
        raise RefusedError(problem(400, "invalid-request", wrong))
    return head.idempotency_key


def invalid_facts(error: FactsError) -> Reply:
    """422 with every problem and its JSON pointer."""
    count = len(error.problems)
    detail = f"{count} problem{'s' if count > 1 else ''}; `problems` names each with its place"
    return problem(422, "invalid-facts", detail, problems=error.problems)


def _unlogged(service: Service, decision: Decision, outcome: Outcome, error: LogError, at: int) -> Outcome:
    """What `on_error.log` says: another action, or none."""
    if times := service.unlogged(at):
        log.error("decision log failed", policy=decision.name, error=str(error), times=times)
    action, counts = decision.spec.on_error.log, service.counts
    counts.unlogged(decision.name)
    if action == REFUSE:
        counts.refused(decision.name, LOG)
        raise RefusedError(log_unavailable())
    return outcome.fallback(action, UNLOGGED)


def log_unavailable() -> Reply:
    """503: nothing is answered that is not recorded."""
    detail = (
        "the decision log cannot be written, and the policy gives no unrecorded decision; try again later"
    )
    return problem(503, "log-unavailable", detail, headers=[("Retry-After", "5")])
