"""POST /v1/decisions/<name>/batch: JSON lines of facts in, an outcome or a problem a line out."""

from __future__ import annotations

from typing import Any

import msgspec

from policy.engine.decision import Decision
from policy.errors import FactsError
from policy.log.record import UNWRITABLE
from policy.web.bodies import BATCH_LINES, DECISION_BYTES, BodyError, json_value
from policy.web.decide import RefusedError, checked_key, find, invalid_facts, passed, settle
from policy.web.messages import JSON_LINES, Head, Reply, reply
from policy.web.problems import problem
from policy.web.service import Service

_encode = msgspec.json.Encoder().encode

ROW_ID = "row_id"


def decide_lines(service: Service, name: str, head: Head, body: bytes) -> Reply:
    """A line out for every line in, in the same order; a bad line spoils no other.

    A line's `row_id`, a string or a number, is echoed; it is a fact only if the policy declares an input of
    that name. Empty lines are skipped, and counted in `line`, which starts at 1.
    """
    try:
        decision = find(service, name)
        completed = passed(decision, head) if head.completed else ()
        key = checked_key(head)
    except RefusedError as refused:
        return refused.reply
    lines = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    if len(lines) > BATCH_LINES:
        return problem(
            413, "too-large", f"a batch may hold at most {BATCH_LINES} lines; this one holds {len(lines)}"
        )
    answers = [
        _line(service, decision, number, line, completed, f"{key}\n{number}" if key else "")
        for number, line in lines
    ]
    return reply(200, b"".join(answers), JSON_LINES)


def _line(
    service: Service, decision: Decision, number: int, line: bytes, completed: tuple[str, ...], key: str
) -> bytes:
    place: dict[str, Any] = {"line": number}
    try:
        if len(line) > DECISION_BYTES:
            refusal = problem(413, "too-large", f"a line may hold at most {DECISION_BYTES} bytes")
            return _problem_line(place, refusal)
        facts = json_value(line)
        if isinstance(facts, dict) and ROW_ID in facts:
            place = _echo(facts[ROW_ID] if ROW_ID in decision.inputs.names else facts.pop(ROW_ID)) | place
        return _encode(place)[:-1] + b"," + settle(service, decision, facts, completed, key)[1:] + b"\n"
    except BodyError as error:
        return _problem_line(place, problem(400, "invalid-json", str(error)))
    except FactsError as error:
        return _problem_line(place, invalid_facts(error))
    except RefusedError as refused:
        return _problem_line(place, refused.reply)


def _echo(row_id: Any) -> dict[str, Any]:
    """The caller's own name of a line, unless JSON cannot hold it."""
    try:
        return {ROW_ID: msgspec.Raw(_encode(row_id))}
    except UNWRITABLE:
        return {}


def _problem_line(place: dict[str, Any], refusal: Reply) -> bytes:
    return _encode(place | {"problem": msgspec.Raw(refusal.body)}) + b"\n"
