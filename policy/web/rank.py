"""POST /v1/rankings/<name>: a user and a context in, a list of items out, recorded before it leaves."""

from __future__ import annotations

import msgspec
import structlog

from policy.diagnostics import did_you_mean
from policy.engine.machine import instant
from policy.engine.ranking.outcome import RankOutcome
from policy.engine.ranking.ranking import Ranking
from policy.errors import FactsError, LogError
from policy.spec.actions import REFUSE
from policy.web.bodies import BodyError, json_value
from policy.web.counts import FACTS, LOG, UNLOGGED
from policy.web.decide import RefusedError, checked_key, invalid_facts, log_unavailable
from policy.web.identity import keyed_id, new_id
from policy.web.messages import Head, Reply, reply
from policy.web.problems import problem
from policy.web.service import Service

log = structlog.get_logger("scoregate.web")

_encode = msgspec.json.Encoder().encode


def rank(service: Service, name: str, head: Head, body: bytes) -> Reply:
    """One ranking."""
    try:
        ranking = find_ranking(service, name)
        key = checked_key(head)
        return reply(200, _settle(service, ranking, json_value(body), key))
    except BodyError as error:
        return problem(400, "invalid-json", str(error))
    except FactsError as error:
        return invalid_facts(error)
    except RefusedError as refused:
        return refused.reply


def find_ranking(service: Service, name: str) -> Ranking:
    """The ranking of this name. Raises RefusedError."""
    rankings = service.policies.rankings
    ranking = rankings.get(name)
    if ranking is None:
        near = did_you_mean(name, rankings) or ("GET /v1/policies lists those there are",)
        raise RefusedError(problem(404, "unknown-policy", f"there is no ranking `{name[:80]}`: {near[0]}"))
    return ranking


def _settle(service: Service, ranking: Ranking, request: object, key: str) -> bytes:
    at = service.clock()
    now = instant(at) if ranking.reads_now else None
    try:
        outcome = ranking.row(request, now=now)
    except FactsError:
        service.counts.refused(ranking.name, FACTS)
        raise
    ranking_id = keyed_id(ranking.name, key) if key else new_id(at, service.entropy())
    if service.log is not None:
        try:
            service.log.record_ranking(ranking, outcome, ranking_id, at)
        except LogError as error:
            outcome = _unlogged(service, ranking, outcome, error, at)
    service.counts.ranked(outcome)
    return _encode({"ranking_id": ranking_id, **outcome.to_dict()})


def _unlogged(
    service: Service, ranking: Ranking, outcome: RankOutcome, error: LogError, at: int
) -> RankOutcome:
    """What `on_error.log` says: nothing, or the list all the same, which says so."""
    if times := service.unlogged(at):
        log.error("decision log failed", policy=ranking.name, error=str(error), times=times)
    service.counts.unlogged(ranking.name)
    if ranking.spec.log == REFUSE:
        service.counts.refused(ranking.name, LOG)
        raise RefusedError(log_unavailable())
    return outcome.without(UNLOGGED)
