"""`scoregate decide POLICY FACTS.json`: one decision, and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from policy.cli.facts import read_json, refuse
from policy.cli.moment import time_of
from policy.cli.paint import painter
from policy.diagnostics import Style, did_you_mean, printable, render
from policy.engine.decision import Decision
from policy.engine.outcome import Outcome
from policy.engine.trace import Traced
from policy.engine.trace import trace as rules_of
from policy.engine.words import in_words
from policy.errors import FactsError, LoadError
from policy.runtime import load_decision


@click.command("decide")
@click.argument("policy", type=click.Path(path_type=Path))
@click.argument("facts", metavar="FACTS.json", type=click.File("rb"))
@click.option("--score", type=float, help="Decide as if the model had said this: what if?")
@click.option("--completed", default="", metavar="A,B", help="Actions that the user has already passed.")
@click.option(
    "--at", metavar="TIME", help="The time of the decision, as 2026-01-31T12:00:00Z; by default now."
)
@click.option(
    "--trace",
    is_flag=True,
    help="Show the facts as they were read, every band and every rule with its verdict.",
)
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
def command(
    *,
    policy: Path,
    facts: Any,
    score: float | None,
    completed: str,
    at: str | None,
    trace: bool,
    form: str,
) -> None:
    """Decide the facts of a JSON file (`-` for standard input) by a policy file.

    A fact that the policy does not know is refused here, whatever the policy says: it is most likely a
    mistyped name. Nothing is recorded.
    """
    decision = _load(policy)
    actions = _completed(completed, decision)
    values = read_json(facts)
    if isinstance(values, dict) and decision.inputs.unknown(values):
        refuse(FactsError(decision.inputs.read(values, strict=True).problems), form)
    now = time_of(at)
    try:
        outcome = decision.row(values, score=score, completed=actions, now=now)
    except FactsError as error:
        refuse(error, form)
    traced = rules_of(decision, outcome, now) if trace else ()
    if form == "json":
        click.echo(json.dumps(_members(outcome, traced, trace), indent=2, ensure_ascii=False))
    else:
        click.echo(_explained(decision, outcome, traced, given=score is not None, trace=trace))


def _load(path: Path) -> Decision:
    try:
        decision = load_decision(path)
    except LoadError as error:
        click.echo(render(error.diagnostics, painter(sys.stderr)), err=True)
        sys.exit(1)
    return decision


def _completed(text: str, decision: Decision) -> tuple[str, ...]:
    names = tuple(name for part in text.split(",") if (name := part.strip()))
    ladder = decision.spec.ladder
    for name in names:
        if name not in ladder:
            hint = "".join(did_you_mean(name, ladder)) or f"the actions are {', '.join(ladder)}"
            raise click.ClickException(f"--completed names `{printable(name)}`, which is no action: {hint}")
    return names


def _members(outcome: Outcome, traced: Sequence[Traced], trace: bool) -> dict[str, Any]:
    more = {"facts": outcome.facts, "rules": [one.to_dict() for one in traced]} if trace else {}
    return {**outcome.to_dict(), **more}


def _explained(
    decision: Decision, outcome: Outcome, traced: Sequence[Traced], *, given: bool, trace: bool
) -> str:
    paint = painter(sys.stdout)
    rows = [("action", paint("good", outcome.action)), ("score", _score(decision, outcome, given))]
    rows += [("band", line) for line in _band(outcome)]
    rows += [("reason", line) for line in _reasons(outcome)]
    if outcome.without_rules != outcome.action:
        rows.append(("without", f"{outcome.without_rules}, if the policy had no rules"))
    if outcome.data:
        rows.append(("data", json.dumps(dict(outcome.data), ensure_ascii=False)))
    rows.append(("policy", f"{outcome.policy} {outcome.policy_version}"))
    rows.append(("model", outcome.model_version or "none: the score is a fact"))
    if trace:
        rows += [
            ("bands" if not number else "", line)
            for number, line in enumerate(_ladder(decision, outcome, paint))
        ]
        rows += [("rules" if not number else "", line) for number, line in enumerate(_rules(traced, paint))]
        rows += [("facts" if not number else "", line) for number, line in enumerate(_facts(outcome))]
    return "\n".join(f"{word:8} {text}".rstrip() for word, text in rows)


def _score(decision: Decision, outcome: Outcome, given: bool) -> str:
    if outcome.score is None:
        return "none"
    source = decision.spec.score
    computed = f"the fact `{source.fact}`" if source.model is None else f"{source.output} of {source.model}"
    label = f", the class `{decision.label}`" if decision.label is not None else ""
    return f"{outcome.score:.6g} ({'given by --score' if given else computed + label})"


def _band(outcome: Outcome) -> list[str]:
    band = outcome.band
    if band is None:
        return []
    edges = f"[{band.lower:g}, {band.upper:g}{']' if band.closed else ')'}"
    distance = outcome.distance
    far = "" if distance is None else f"; {distance:.6g} from the next band"
    return [f"{band.action} {edges}{far}"]


def _reasons(outcome: Outcome) -> list[str]:
    return [printable(in_words(reason)) for reason in outcome.reasons]


def _rules(traced: Sequence[Traced], paint: Style) -> list[str]:
    """A line for every rule: what its condition is, what became of it, what it read."""
    width = max((len(one.name) for one in traced), default=0)
    lines = []
    for one in traced:
        values = ", ".join(
            f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in one.values.items()
        )
        line = f"{one.name:{width}}  {one.state:7}  {one.verdict}" + (f"; {values}" if values else "")
        lines.append(paint("good", printable(line)) if one.verdict == "decided" else printable(line))
    return lines


def _ladder(decision: Decision, outcome: Outcome, paint: Style) -> list[str]:
    lines = []
    for band in decision.bands.bands:
        here = band == outcome.band
        edges = f"[{band.lower:g}, {band.upper:g}{']' if band.closed else ')'}"
        lines.append(
            paint("good", f"{edges:12} {band.action} <- here") if here else f"{edges:12} {band.action}"
        )
    return lines


def _facts(outcome: Outcome) -> list[str]:
    return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in outcome.facts.items()]
