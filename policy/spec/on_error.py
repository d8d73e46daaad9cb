"""`on_error:`, what to do when a score, a fact or the log fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policy.source import Node
from policy.spec.actions import REFUSE
from policy.spec.reader import Reader


@dataclass(frozen=True, slots=True)
class OnError:
    """score: the action without a usable score; facts, log: an action, or "refuse"."""

    score: str
    facts: str = REFUSE
    log: str = REFUSE


def read_on_error(node: Node, actions: Sequence[str], reader: Reader) -> OnError:
    """The block `on_error:`."""
    fields = reader.record(node, "`on_error`", ("score", "facts", "log"), ("score",))
    chosen = {
        word: reader.choice(value, f"`on_error.{word}`", _options(word, actions), code="E131")
        for word, (_, value) in fields.items()
    }
    return OnError(chosen.get("score") or "", chosen.get("facts") or REFUSE, chosen.get("log") or REFUSE)


def _options(word: str, actions: Sequence[str]) -> Sequence[str]:
    return actions if word == "score" else (*actions, REFUSE)
