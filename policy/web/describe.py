"""The GET routes: what the policies are, and whether the service is well."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from policy.engine.decision import Decision
from policy.spec.inputs import MAX_LENGTH, InputSpec
from policy.spec.values import plain
from policy.web.decide import RefusedError, find
from policy.web.messages import Head, Reply, json_reply
from policy.web.openapi import openapi
from policy.web.service import Service


def health(_service: Service, _name: str, _head: Head, _body: bytes) -> Reply:
    """The process answers."""
    return json_reply(200, {"status": "ok"})


def ready(_service: Service, _name: str, _head: Head, _body: bytes) -> Reply:
    """Every policy and model is loaded: there is no service before that, so nothing answers."""
    return json_reply(200, {"status": "ready"})


def policies(service: Service, _name: str, _head: Head, _body: bytes) -> Reply:
    """The policies there are."""
    listed = [
        {
            "name": decision.name,
            "description": decision.spec.description,
            "policy_version": decision.version,
            "model_version": decision.model_version,
            "address": f"/v1/policies/{decision.name}",
        }
        for decision in service.policies.decisions.values()
    ]
    return json_reply(200, {"policies": listed})


def policy(service: Service, name: str, _head: Head, _body: bytes) -> Reply:
    """What a client needs to send right facts, and to fall back by itself when the service is away."""
    try:
        return json_reply(200, members(find(service, name)))
    except RefusedError as refused:
        return refused.reply


def schema(service: Service, _name: str, _head: Head, _body: bytes) -> Reply:
    """The OpenAPI description of the service with the policies it holds."""
    return json_reply(200, openapi(service.policies.decisions))


def members(decision: Decision) -> dict[str, Any]:
    """A policy as plain data: inputs, actions with their data, bands, on_error, versions."""
    spec = decision.spec
    bounds = [*(band.lower for band in spec.bands), 1.0]
    return {
        "name": decision.name,
        "description": spec.description,
        "inputs": [_input(one) for one in spec.inputs],
        "unknown_facts": spec.unknown_facts,
        "actions": [{"name": action.name, "data": dict(action.data)} for action in spec.actions],
        "bands": [
            {"action": band.action, "lower": lower, "upper": upper, "closed": band is spec.bands[-1]}
            for band, (lower, upper) in zip(spec.bands, pairwise(bounds), strict=True)
        ],
        "on_error": {"score": spec.on_error.score, "facts": spec.on_error.facts, "log": spec.on_error.log},
        "policy_version": decision.version,
        "model_version": decision.model_version,
    }


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
