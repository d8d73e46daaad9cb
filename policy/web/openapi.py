"""GET /openapi.json: the service described (OpenAPI 3.1), each policy with the schema of its facts."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from typing import Any

from policy.engine.decision import Decision
from policy.engine.ranking.ranking import Ranking
from policy.engine.ranking.request import MAX_HISTORY, MAX_ID
from policy.spec.inputs import InputSpec
from policy.spec.rankings.blocks import MOST
from policy.spec.values import plain
from policy.web.bodies import RANKING_BYTES
from policy.web.messages import JSON, JSON_LINES
from policy.web.problems import MEDIA

_TYPES: Mapping[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "int": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "double": {"type": "number"},
    "bool": {"type": "boolean"},
    "timestamp": {"type": "string", "format": "date-time"},
    "duration": {"type": "string", "examples": ["90s", "1h30m"]},
    "ip": {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]},
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "message", "expected", "got"],
                "properties": {
                    word: {"type": "string"} for word in ("pointer", "message", "expected", "got")
                },
            },
        },
    },
}
_REFERENCE = {"$ref": "#/components/schemas/problem"}
_NUMBER_OR_NULL = {"type": ["number", "null"]}
_TEXT_OR_NULL = {"type": ["string", "null"]}


def openapi(
    decisions: Mapping[str, Decision], rankings: Mapping[str, Ranking] | None = None
) -> dict[str, Any]:
    """The document, for the policies of this moment."""
    paths: dict[str, Any] = {}
    for decision in decisions.values():
        paths[f"/v1/decisions/{decision.name}"] = {"post": _decide(decision)}
        paths[f"/v1/decisions/{decision.name}/batch"] = {"post": _batch(decision)}
        paths[f"/v1/policies/{decision.name}"] = {
            "get": _get("The policy: inputs, actions, bands, fallbacks")
        }
    for ranking in (rankings or {}).values():
        paths[f"/v1/rankings/{ranking.name}"] = {"post": _rank(ranking)}
        paths[f"/v1/policies/{ranking.name}"] = {"get": _get("The ranking: inputs, filters, fallbacks")}
    paths["/v1/policies"] = {"get": _get("The policies there are")}
    paths["/metrics"] = {"get": _get("What is counted, for Prometheus", media="text/plain")}
    paths["/healthz"] = {"get": _get("The process answers", free=True)}
    ready = _get("Everything is loaded, and the log can be written", free=True)
    ready["responses"] |= _errors(503)
    paths["/readyz"] = {"get": ready}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Scoregate", "version": metadata.version("scoregate")},
        "security": [{}, {"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {"problem": _PROBLEM} | {_facts_name(one): facts(one) for one in decisions.values()},
        },
    }


def facts(decision: Decision) -> dict[str, Any]:
    """The JSON Schema of a policy's facts."""
    spec = decision.spec
    return {
        "type": "object",
        "required": [one.name for one in spec.inputs if not one.optional and one.default is None],
        "properties": {one.name: _value(one) for one in spec.inputs},
        "additionalProperties": spec.unknown_facts == "ignore",
    }


def _rank(ranking: Ranking) -> dict[str, Any]:
    """The operation of a ranking."""
    spec = ranking.spec
    item = {"type": ["string", "integer"], "maxLength": MAX_ID}
    rating = {"type": ["number", "null"], "minimum": -MOST, "maximum": MOST}
    rated = {"type": "object", "properties": {"item": item, "rating": rating}, "required": ["item"]}
    several = {"type": ["array", "null"], "maxItems": MAX_HISTORY}
    own = {
        "user": {"type": ["string", "integer", "null"], "maxLength": MAX_ID},
        "n": {
            "type": ["integer", "null"],
            "minimum": 0,
            "default": spec.limits.default,
            "description": f"more than {spec.limits.max} is {spec.limits.max}",
        },
        "history": {**several, "items": {"anyOf": [item, rated]}},
        "exclude": {**several, "items": item},
    }
    asked = {
        "type": "object",
        "required": [one.name for one in spec.inputs if not one.optional and one.default is None],
        "properties": own | {one.name: _value(one) for one in spec.inputs},
    }
    shown = {
        "id": item,
        "score": {"type": "number"},
        "source": {"enum": ["model", "store", "fold_in", "popular"]},
        "reasons": {"type": "array", "items": {"type": "object"}},
    }
    answer = {
        "type": "object",
        "required": ["ranking_id", "items", "versions"],
        "properties": {
            "ranking_id": {"type": "string", "format": "uuid"},
            "items": {"type": "array", "items": {"type": "object", "properties": shown}},
            "filters": {"type": "array", "items": {"type": "object"}},
            "plan": {"type": "string"},
            "reasons": {"type": "array", "items": {"type": "object"}},
            "degraded": {"type": "array", "items": {"type": "object"}},
            "ignored_facts": {"type": "array", "items": {"type": "string"}},
            "versions": {"type": "object"},
        },
    }
    return {
        "summary": spec.description or f"Rank {ranking.name}",
        "requestBody": {
            "required": True,
            "description": f"At most {RANKING_BYTES:,} bytes",
            "content": {JSON: {"schema": asked}},
        },
        "responses": {"200": _content("The list", JSON, answer)} | _errors(400, 401, 411, 413, 415, 422, 503),
    }


def _value(one: InputSpec) -> dict[str, Any]:
    members: dict[str, Any] = {**_TYPES[one.type]}
    if one.description:
        members["description"] = one.description
    if one.type in {"int", "double"}:
        members |= {
            word: limit
            for word, limit in (("minimum", one.minimum), ("maximum", one.maximum))
            if limit is not None
        }
    if one.type == "string":
        members["maxLength"] = one.max_length
    if one.enum is not None:
        members["enum"] = list(one.enum)
    if one.default is not None:
        members["default"] = plain(one.default)
    if one.optional or one.default is not None:
        return {"anyOf": [members, {"type": "null"}]}
    return members


def _facts_name(decision: Decision) -> str:
    return f"facts.{decision.name}"


def _decide(decision: Decision) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{_facts_name(decision)}"}
    return {
        "summary": decision.spec.description or f"Decide {decision.name}",
        "parameters": _parameters(decision),
        "requestBody": {"required": True, "content": {JSON: {"schema": reference}}},
        "responses": {"200": _content("The decision", JSON, _outcome(decision))}
        | _errors(400, 401, 411, 413, 415, 422, 503),
    }


def _batch(decision: Decision) -> dict[str, Any]:
    text = {"type": "string", "description": "a JSON object a line; `row_id` is echoed"}
    return {
        "summary": f"Decide up to 1,000 lines of {decision.name}",
        "parameters": _parameters(decision),
        "requestBody": {"required": True, "content": {JSON_LINES: {"schema": text}}},
        "responses": {"200": _content("A decision or a problem a line", JSON_LINES, {"type": "string"})}
        | _errors(400, 401, 411, 413, 415),
    }


def _get(summary: str, *, free: bool = False, media: str = JSON) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": summary, "responses": {"200": _content(summary, media, {})}}
    if free:
        return {**operation, "security": []}
    operation["responses"] |= _errors(401)
    return operation


def _parameters(decision: Decision) -> list[dict[str, Any]]:
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Fixes the decision's id, so that a retry can be told from a second decision.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
        },
        {
            "name": "Scoregate-Completed",
            "in": "header",
            "description": f"Steps that the user has passed, with commas: {', '.join(decision.spec.ladder)}.",
            "schema": {"type": "string"},
        },
    ]


def _outcome(decision: Decision) -> dict[str, Any]:
    needed = (
        "decision_id",
        "action",
        "score",
        "band",
        "reasons",
        "policy",
        "policy_version",
        "model_version",
    )
    return {
        "type": "object",
        "required": list(needed),
        "properties": {
            "decision_id": {"type": "string", "format": "uuid"},
            "action": {"enum": list(decision.spec.ladder)},
            "score": _NUMBER_OR_NULL,
            "band": {"type": ["object", "null"]},
            "rule": _TEXT_OR_NULL,
            "segment": _TEXT_OR_NULL,
            "without_rules": {"enum": list(decision.spec.ladder)},
            "arm": _TEXT_OR_NULL,
            "reasons": {"type": "array", "minItems": 1, "items": {"type": "object"}},
            "data": {"type": "object"},
            "degraded": {"type": "array", "items": {"type": "object"}},
            "ignored_facts": {"type": "array", "items": {"type": "string"}},
            "policy": {"const": decision.name},
            "policy_version": {"type": "string"},
            "model_version": _TEXT_OR_NULL,
        },
    }


def _content(description: str, media: str, shape: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {media: {"schema": shape}}}


def _errors(*statuses: int) -> dict[str, Any]:
    return {str(status): _content("A problem", MEDIA, _REFERENCE) for status in statuses}
