"""Scoregate policies: a score and the facts of a request to an action, by rules that people write in YAML.

load reads a policy file; Decision decides, a record or a table at a time; Outcome says what and why; Ranking
ranks items. Runtime
holds all policies of a folder. `policy.web` is the service.

Every name is imported when it is first used: `scoregate --help` needs no model, a batch needs no Flask.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policy import web
    from policy.engine.decision import Decision
    from policy.engine.outcome import Outcome
    from policy.engine.ranking.ranking import Ranking
    from policy.errors import FactsError, LoadError, PolicyError
    from policy.runtime import Runtime, load

__all__ = [
    "Decision",
    "FactsError",
    "LoadError",
    "Outcome",
    "PolicyError",
    "Ranking",
    "Runtime",
    "load",
    "web",
]

_HOMES = {
    "Decision": "policy.engine.decision",
    "Outcome": "policy.engine.outcome",
    "FactsError": "policy.errors",
    "LoadError": "policy.errors",
    "PolicyError": "policy.errors",
    "Ranking": "policy.engine.ranking.ranking",
    "Runtime": "policy.runtime",
    "load": "policy.runtime",
}


def __getattr__(name: str) -> Any:
    """The lazy door: import what the name stands for, once."""
    if name == "web":
        return import_module("policy.web")
    if name not in _HOMES:
        raise AttributeError(f"module `policy` has no attribute `{name}`")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    """The names of the face, imported or not."""
    return sorted({*globals(), *__all__})
