"""`scoregate decide POLICY FACTS.json`: one decision, and why."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from policy.cli.paint import painter
from policy.diagnostics import Style, did_you_mean, printable, render
from policy.engine.decision import Decision
from policy.engine.outcome import Outcome
from policy.errors import FactsError, LoadError
from policy.runtime import load

_LARGEST = 1 << 20


@click.command("decide")
@click.argument("policy", type=click.Path(path_type=Path))
@click.argument("facts", metavar="FACTS.json", type=click.File("rb"))
@click.option("--score", type=float, help="Decide as if the model had said this: what if?")
@click.option("--completed", default="", metavar="A,B", help="Actions that the user has already passed.")
@click.option(
    "--trace", is_flag=True, help="Show the facts as they were read, and each band against the score."
)
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
def command(*, policy: Path, facts: Any, score: float | None, completed: str, trace: bool, form: str) -> None:
    """Decide the facts of a JSON file (`-` for standard input) by a policy file.

    A fact that the policy does not know is refused here, whatever the policy says: it is most likely a
    mistyped name. Nothing is recorded.
    """
    decision = _load(policy)
    actions = _completed(completed, decision)
    values = _read(facts)
    if isinstance(values, dict) and decision.inputs.unknown(values):
        _refuse(FactsError(decision.inputs.read(values, strict=True).problems), form)
    try:
        outcome = decision.row(values, score=score, completed=actions)
    except FactsError as error:
        _refuse(error, form)
    if form == "json":
        click.echo(json.dumps(_members(outcome, trace), indent=2, ensure_ascii=False))
    else:
        click.echo(_explained(decision, outcome, given=score is not None, trace=trace))


def _load(path: Path) -> Decision:
    try:
        decision = load(path)
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


def _read(file: Any) -> Any:
    name = getattr(file, "name", "the facts")
    data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise click.ClickException(f"{name} holds more than {_LARGEST:,} bytes, not the facts of one request")
    try:
        return json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{name} is not JSON: {error or 'it is nested too deeply'}") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _refuse(error: FactsError, form: str) -> None:
    problems = error.problems
    if form == "json":
        listed = [
            {"pointer": one.pointer, "message": one.message, "expected": one.expected, "got": one.got}
            for one in problems
        ]
        click.echo(json.dumps({"problems": listed}, indent=2, ensure_ascii=False))
    paint = painter(sys.stderr)
    click.echo(paint("error", "refused: the facts are not what the policy asks for"), err=True)
    for one in problems:
        click.echo(f"  {one.pointer or '(facts)'}: {printable(one.message)}", err=True)
    sys.exit(1)


def _members(outcome: Outcome, trace: bool) -> dict[str, Any]:
    return {**outcome.to_dict(), **({"facts": outcome.facts} if trace else {})}


def _explained(decision: Decision, outcome: Outcome, *, given: bool, trace: bool) -> str:
    paint = painter(sys.stdout)
    rows = [("action", paint("good", outcome.action)), ("score", _score(decision, outcome, given))]
    rows += [("band", line) for line in _band(outcome)]
    rows += [("reason", line) for line in _reasons(outcome)]
    if outcome.data:
        rows.append(("data", json.dumps(dict(outcome.data), ensure_ascii=False)))
    rows.append(("policy", f"{outcome.policy} {outcome.policy_version}"))
    rows.append(("model", outcome.model_version or "none: the score is a fact"))
    if trace:
        rows += [
            ("bands" if not number else "", line)
            for number, line in enumerate(_ladder(decision, outcome, paint))
        ]
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
    return [printable(_reason(reason)) for reason in outcome.reasons]


def _reason(reason: dict[str, Any]) -> str:
    """One reason in words; one of a later kind as its members."""
    if reason["code"] == "band":
        return f"the score lies in the band `{reason['band']}`"
    if reason["code"] == "on_error":
        place = f" ({reason['pointer']})" if reason.get("pointer") else ""
        return f"degraded: {reason['cause']}{place}"
    if reason["code"] == "completed":
        return f"`{reason['action']}` is completed, and counts as allow"
    return json.dumps(reason, ensure_ascii=False)


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
