"""`log:`, how the decision log holds what every request has besides the facts: the user, their history, `exclude`."""

from __future__ import annotations

from dataclasses import dataclass

from policy.source import Node
from policy.spec.inputs import LOG
from policy.spec.reader import Reader
from policy.spec.shapes import Schema, record, word

KEYS = ("user", "history", "exclude")


@dataclass(frozen=True, slots=True)
class LoggedSpec:
    """For each member "clear", "hash" (of the user, of each item) or "drop", as the `log` of an input."""

    user: str = "clear"
    history: str = "clear"
    exclude: str = "clear"


def read_logged(node: Node, reader: Reader) -> LoggedSpec:
    """The block `log:`."""
    fields = reader.record(node, "`log`", KEYS)
    chosen = {name: reader.choice(value, f"`log.{name}`", LOG) for name, (_, value) in fields.items()}
    return LoggedSpec(**{name: one or "drop" for name, one in chosen.items()})


def shape() -> Schema:
    """The JSON Schema of the block."""
    return record(
        "How the decision log holds what a request has besides its facts.",
        {
            "user": word("The user.", LOG, default="clear"),
            "history": word("The items of the history.", LOG, default="clear"),
            "exclude": word("The items that the request leaves out.", LOG, default="clear"),
        },
    )
