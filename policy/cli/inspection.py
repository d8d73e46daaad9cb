"""A look at policies before they are served: are they sound, what are they called, what can one send them."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

from policy.cli.paint import painter
from policy.diagnostics import errors, render
from policy.runtime import Loaded, check_all


@dataclass(frozen=True, slots=True)
class Sample:
    """Facts of one record: a JSON file, or the facts themselves."""

    path: str | None
    facts: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """The names of the policies, and facts or requests to try them with; `report` shows what is wrong, as text."""

    sound: bool
    report: str
    names: tuple[str, ...]
    samples: dict[str, Sample]
    rankings: tuple[str, ...] = ()


def inspect(configs: str, context: BaseContext) -> Inspection:
    """Inspect in a process of its own, so that models and threads do not end up in whoever starts workers."""
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(there, configs))  # type: ignore[attr-defined]  # the base class names no Process
    process.start()
    there.close()
    try:
        inspection: Inspection = here.recv()
    except EOFError:
        inspection = Inspection(False, f"{configs}: the check of the policies ended unexpectedly", (), {})
    process.join()
    return inspection


def _send(connection: Connection, configs: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    connection.send(look(configs))


def look(configs: str) -> Inspection:
    """Inspect the policies of a file or folder here and now."""
    loaded, found = check_all(configs)
    named = [one for one in loaded if one.policy is not None]
    return Inspection(
        sound=not errors(found),
        report=render(found, painter(sys.stderr)),
        names=tuple(one.decision.name for one in loaded if one.decision is not None),
        samples=dict(sample for one in named for sample in _samples(one)),
        rankings=tuple(one.ranking.name for one in loaded if one.ranking is not None),
    )


def _samples(loaded: Loaded) -> Sequence[tuple[str, Sample]]:
    """The facts of the first case, a file if there is one; for a ranking the example of its name, if there is one."""
    decision, ranking = loaded.decision, loaded.ranking
    if ranking is not None:
        example = loaded.path.parent / "examples" / f"{loaded.path.stem}.json"
        return [(ranking.name, Sample(str(example), None))] if example.is_file() else []
    if decision is None:
        return []
    cases = [case for case in decision.spec.cases if case.facts is not None]
    for case in cases:
        if case.path is not None:
            return [(decision.name, Sample(str(loaded.path.parent / case.path), None))]
    return [(decision.name, Sample(None, dict(case.facts or {}))) for case in cases[:1]]
