"""`scoregate rank POLICY REQUEST.json`: one list of items, and why these."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from policy.cli.facts import read_json, refuse
from policy.cli.moment import time_of
from policy.cli.paint import coloured, painter
from policy.diagnostics import printable, render
from policy.engine.ranking.outcome import RankedItem, RankOutcome
from policy.engine.ranking.ranking import Ranking
from policy.errors import FactsError, LoadError
from policy.runtime import load_ranks

_WIDE = 140  # columns where the output is no terminal


@click.command("rank")
@click.argument("policy", type=click.Path(path_type=Path))
@click.argument("request", metavar="REQUEST.json", type=click.File("rb"))
@click.option("--user", help="Another user than the request names.")
@click.option("-n", "count", type=click.IntRange(0), help="How many items.")
@click.option(
    "--at", metavar="TIME", help="The time of the request, as 2026-01-31T12:00:00Z; by default now."
)
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
def command(
    *, policy: Path, request: Any, user: str | None, count: int | None, at: str | None, form: str
) -> None:
    """Rank items for the request in a JSON file (`-` for standard input) by a ranking policy.

    The request holds `user`, `n`, `history` (items, or {item, rating}), `exclude`, and the facts that the policy
    reads. A fact that the policy does not know is refused here. Nothing is recorded.
    """
    ranking = _load(policy)
    asked = read_json(request)
    if isinstance(asked, dict):
        asked |= {} if user is None else {"user": user}
        asked |= {} if count is None else {"n": count}
    try:
        outcome = ranking.row(asked, now=time_of(at), strict=True)
    except FactsError as error:
        refuse(error, form)
    if form == "json":
        click.echo(json.dumps(outcome.to_dict(), indent=2, ensure_ascii=False))
    else:
        _print(ranking, outcome)


def _load(path: Path) -> Ranking:
    try:
        return load_ranks(path)
    except LoadError as error:
        click.echo(render(error.diagnostics, painter(sys.stderr)), err=True)
        sys.exit(1)


def _print(ranking: Ranking, outcome: RankOutcome) -> None:
    terminal = sys.stdout.isatty()
    console = Console(no_color=not coloured(sys.stdout), highlight=False, width=None if terminal else _WIDE)
    if outcome.items:
        with console.capture() as capture:
            console.print(_table(outcome))
        click.echo("\n".join(line.rstrip() for line in capture.get().strip("\n").split("\n")))
    lines = [
        ("user", str(outcome.user)),
        ("asked", f"{outcome.n} items, {len(outcome.items)} given; plan: {outcome.plan}"),
    ]
    lines += [
        ("left" if not at else "", f"{left:,} after {name}") for at, (name, left) in enumerate(outcome.left)
    ]
    lines += [("reason", printable(_reason(reason))) for reason in outcome.reasons]
    lines += [("policy", f"{ranking.name} {outcome.policy_version}"), ("model", outcome.model_version)]
    click.echo("\n".join(f"{word:8} {text}" for word, text in lines))


def _table(outcome: RankOutcome) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("", "item", "score", "from", "why"):
        table.add_column(heading, justify="right" if heading in ("", "score") else "left")
    for place, item in enumerate(outcome.items, 1):
        table.add_row(
            str(place),
            Text(printable(str(item.id))),
            f"{item.score:.4f}",
            item.source,
            Text(printable(_why(item))),
        )
    return table


def _why(item: RankedItem) -> str:
    return "; ".join(_reason(reason) for reason in item.reasons)


def _reason(reason: dict[str, Any]) -> str:
    """A reason in words; one of a later kind as its members."""
    match reason["code"]:
        case "boost":
            return f"{', '.join(reason['boosts'])}: {reason['before']:.4f} before"
        case "history":
            return "as " + ", ".join(f"{one['item']} adds {one['adds']:.2f}" for one in reason["items"])
        case "cap":
            return f"the cap on `{reason['by']}` kept {reason['skipped']} out"
        case "unknown_user":
            return "the model does not know this user"
        case "fallback":
            return f"answered by the fallback `{reason['source']}`"
        case "store":
            return f"the store has no list: {reason['missing']}"
        case "seen":
            return f"what the user has seen is not known: {reason['missing']}"
        case "unknown_items":
            named = ", ".join(str(item) for item in reason["items"])
            return f"{reason['count']} items of the request are not in the table: {named}"
        case "fewer":
            less = f", {reason['without_score']} of them without a score" if "without_score" in reason else ""
            return f"{reason['eligible']} items were eligible{less}, {reason['asked']} asked for"
        case "most":
            return f"{reason['asked']} items were asked for; the policy gives {reason['most']} at most"
    return json.dumps(reason, ensure_ascii=False)
