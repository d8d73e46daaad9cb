"""What can be raised.

PolicyError                 every error of this package
├── LoadError               a policy does not load; `.diagnostics` holds every problem with its place
├── FactsError              a request's facts are refused; `.problems` holds every one with its JSON pointer
├── LogError                a decision cannot be recorded; the message says why
└── StoreError              a store of precomputed answers cannot be read or written; the message says why
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policy.diagnostics import Diagnostic, render


class PolicyError(Exception):
    """Anything that this package raises; `.diagnostics` is empty unless a file is to blame."""

    diagnostics: tuple[Diagnostic, ...] = ()


class LoadError(PolicyError):
    """A policy does not load. `str()` shows every diagnostic as text."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = tuple(diagnostics)

    def __str__(self) -> str:
        return "\n" + render(self.diagnostics)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the facts of a request.

    `pointer` is the fact's JSON pointer (RFC 6901), "" for the facts as a whole.
    """

    pointer: str
    message: str
    expected: str
    got: str


class FactsError(PolicyError):
    """The facts of a request are refused, for all the reasons in `.problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = list(problems)

    def __str__(self) -> str:
        return "; ".join(f"{one.pointer or '(facts)'}: {one.message}" for one in self.problems)


class LogError(PolicyError):
    """A decision cannot be recorded: a full disk, a folder that refuses, a key that cannot be read."""


class StoreError(PolicyError):
    """A store cannot be read or written: no such address, no answer in time, no such driver."""
