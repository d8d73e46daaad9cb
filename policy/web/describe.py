"""The GET routes: what the policies are, and whether the service is well."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec

from policy.engine.decision import Decision
from policy.engine.kept import Lookup
from policy.engine.ranking.ranking import Ranking
from policy.engine.ranking.stored import Lists
from policy.log.record import moment
from policy.spec.actions import REFUSE, ActionSpec
from policy.spec.inputs import MAX_LENGTH, InputSpec
from policy.spec.rules import RuleSpec
from policy.spec.store import StoreSpec
from policy.spec.values import plain
from policy.web.decide import RefusedError, find, log_unavailable
from policy.web.messages import Head, Reply, json_reply
from policy.web.openapi import openapi
from policy.web.service import Service


def health(_service: Service, _name: str, _head: Head, _body: bytes) -> Reply:
    """The process answers."""
    return json_reply(200, {"status": "ok"})


def ready(service: Service, _name: str, _head: Head, _body: bytes) -> Reply:
    """Every policy and model is loaded: there is no service before that, so nothing answers.

    Whether the policies are those of the files, and their age, and whether the log can be written, asked of the disk
    once a second at most, however many ask here: where it cannot and a policy gives nothing unrecorded, the answer is
    503, so that requests go elsewhere. Who asks needs no token, so of what is wrong it says only where; the process
    log says what.
    """
    failing = service.log_fault() is not None
    if failing and _needs_log(service):
        return log_unavailable()
    status, now = service.policies.status, service.clock() / 1e9
    body: dict[str, Any] = {
        "status": "ready",
        "loaded_at": moment(int(status.loaded_at * 1e9)),
        "age_seconds": max(0, round(now - status.loaded_at)),
        "reload": "ok" if status.failed_at is None else "failed",
        "log": "failing" if failing else "off" if service.log is None else "ok",
    }
    if status.failed_at is not None:
        body |= {"failing_seconds": max(0, round(now - status.failed_at)), "problems": list(status.problems)}
    return json_reply(200, body)


def _needs_log(service: Service) -> bool:
    """Whether a policy refuses what cannot be recorded."""
    held = service.policies
    return REFUSE in (
        *(one.spec.on_error.log for one in held.decisions.values()),
        *(one.spec.log for one in held.rankings.values()),
    )


def policies(service: Service, _name: str, _head: Head, _body: bytes) -> Reply:
    """The policies there are."""
    held = service.policies
    listed = [_listed(one, "decision") for one in held.decisions.values()]
    listed += [_listed(one, "ranking") for one in held.rankings.values()]
    return json_reply(200, {"policies": listed})


def _listed(one: Decision | Ranking, kind: str) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": kind,
        "description": one.spec.description,
        "policy_version": one.version,
        "model_version": one.model_version,
        "address": f"/v1/policies/{one.name}",
    }


def policy(service: Service, name: str, _head: Head, _body: bytes) -> Reply:
    """What a client needs to send right facts, and to fall back by itself when the service is away."""
    ranking = service.policies.rankings.get(name)
    if ranking is not None:
        return json_reply(200, of_ranking(ranking))
    try:
        return json_reply(200, members(find(service, name)))
    except RefusedError as refused:
        return refused.reply


def schema(service: Service, _name: str, _head: Head, _body: bytes) -> Reply:
    """The OpenAPI description of the service with the policies it holds."""
    return json_reply(200, openapi(service.policies.decisions, service.policies.rankings))


def members(decision: Decision) -> dict[str, Any]:
    """A policy as plain data: inputs, actions with their data, bands, on_error, versions."""
    spec, kept = decision.spec, decision.scoring.kept
    bounds = [*(band.lower for band in spec.bands), 1.0]
    return {
        "name": decision.name,
        "description": spec.description,
        "inputs": [_input(one) for one in spec.inputs],
        "unknown_facts": spec.unknown_facts,
        "actions": [_action(action) for action in spec.actions],
        "bands": [
            {"action": band.action, "lower": lower, "upper": upper, "closed": band is spec.bands[-1]}
            for band, (lower, upper) in zip(spec.bands, pairwise(bounds), strict=True)
        ],
        "segments": [{"name": one.name, "description": one.description} for one in spec.segments],
        "rules": [_rule(one) for one in spec.rules],
        "on_error": {"score": spec.on_error.score, "facts": spec.on_error.facts, "log": spec.on_error.log},
        **_store(spec.score.store, None if kept is None else kept.lookup),
        "policy_version": decision.version,
        "model_version": decision.model_version,
    }


def of_ranking(ranking: Ranking) -> dict[str, Any]:
    """A ranking as plain data: inputs, filters, how many items, versions."""
    spec = ranking.spec
    return {
        "name": ranking.name,
        "description": spec.description,
        "inputs": [_input(one) for one in spec.inputs],
        "unknown_facts": spec.unknown_facts,
        "n": {"default": spec.limits.default, "max": spec.limits.max},
        "items": int(ranking.items.present.sum()),
        "filters": [one.name for one in spec.filters],
        "boosts": [one.name for one in spec.boosts],
        "caps": [{"by": one.by, "at_most": one.at_most} for one in spec.caps],
        "fallback": list(spec.fallback),
        "log": msgspec.to_builtins(spec.logged),
        "on_error": {"log": spec.log},
        **_store(spec.store, ranking.lists),
        "policy_version": ranking.version,
        "model_version": ranking.model_version,
    }


def _store(spec: StoreSpec | None, lookup: Lookup | Lists | None) -> dict[str, Any]:
    """What holds of answers computed beforehand, and how many look-ups of this process came to what."""
    if spec is None or lookup is None:
        return {}
    age = None if spec.max_age is None else plain(spec.max_age)
    said = {"key": spec.key or "user", "max_age": age, "missing": spec.missing}
    return {"store": {**said, "look_ups": dict(sorted(lookup.counts.items()))}}


def _action(one: ActionSpec) -> dict[str, Any]:
    """An action, its data, and the one that is taken where what it needs is not so."""
    described: dict[str, Any] = {"name": one.name, "data": dict(one.data)}
    if one.needs is not None:
        described |= {"needs": one.needs.source, "else": one.otherwise}
    return described


def _rule(one: RuleSpec) -> dict[str, Any]:
    """A rule's effect, without its condition: that is the policy's own affair."""
    effects = {"action": one.action, "at_least": one.at_least, "at_most": one.at_most}
    said = {word: action for word, action in effects.items() if action is not None}
    return {"name": one.name, "description": one.description, **said, "mode": one.mode}


def _input(one: InputSpec) -> dict[str, Any]:
    """What a value must be; members that say nothing are left out."""
    described = {
        "name": one.name,
        "type": one.type,
        "required": not one.optional and one.default is None,
        "description": one.description or None,
        "min": plain(one.minimum),
        "max": plain(one.maximum),
        "enum": None if one.enum is None else list(one.enum),
        "max_length": one.max_length if one.type == "string" and one.max_length != MAX_LENGTH else None,
        "default": plain(one.default),
        "log": one.log,
    }
    return {member: value for member, value in described.items() if value is not None}
