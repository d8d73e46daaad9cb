"""Scoregate policies: a score and the facts of a request to an action, by rules that people write in YAML.

load reads a policy file; Decision decides, a record or a table at a time; Outcome says what and why. Runtime
holds all policies of a folder. `policy.web` is the service, imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from policy.engine.decision import Decision
from policy.engine.outcome import Outcome
from policy.errors import FactsError, LoadError, PolicyError
from policy.runtime import Runtime, load

__all__ = ["Decision", "FactsError", "LoadError", "Outcome", "PolicyError", "Runtime", "load", "web"]


def __getattr__(name: str) -> Any:
    """The web, when it is first asked for: it brings Flask, which a batch does not need."""
    if name == "web":
        return import_module("policy.web")
    raise AttributeError(f"module `policy` has no attribute `{name}`")
