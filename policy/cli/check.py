"""`scoregate check PATH…`: everything that is wrong with policies, at once, and their cases."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from policy.cli.moment import time_of
from policy.cli.paint import coloured, painter
from policy.diagnostics import Diagnostic, github, printable, render, to_json
from policy.engine.cases import CaseResult
from policy.runtime import Loaded, check_all

_WIDE = 160  # columns where there is no terminal


@click.command("check")
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option(
    "--format",
    "form",
    default="text",
    show_default=True,
    type=click.Choice(["text", "json", "github"]),
    help="For people, for scripts, or as annotations of a GitHub workflow.",
)
@click.option(
    "--at",
    "at",
    metavar="DATE",
    help="Name the list entries that will have expired then: 2027-01-31, or a time as RFC 3339. The default is now.",
)
def command(paths: tuple[Path, ...], form: str, at: str | None) -> None:
    """Check policies: files, or every policy file of a folder.

    Names every problem with its place, loads the models, proves what rules can never do, and runs the
    policies' own cases. Ends with exit code 1 if there is an error; warnings and notes do not count.
    """
    loaded, found = _checked(paths, time_of(at))
    failed = any(diagnostic.severity == "error" for diagnostic in found)
    if form == "json":
        click.echo(json.dumps(_members(loaded, found, failed), indent=2, ensure_ascii=False))
    elif form == "github":
        if found:
            click.echo(github(found))
        click.echo(_summary(loaded, found))
    else:
        _print(loaded, found, failed)
    sys.exit(1 if failed else 0)


def _checked(paths: Sequence[Path], at: datetime) -> tuple[list[Loaded], list[Diagnostic]]:
    loaded: list[Loaded] = []
    found: list[Diagnostic] = []
    for path in paths:
        some, problems = check_all(path, at=at)
        loaded += some
        found += problems
    return loaded, found


def _print(loaded: Sequence[Loaded], found: Sequence[Diagnostic], failed: bool) -> None:
    paint = painter(sys.stdout)
    if found:
        click.echo(render(found, paint) + "\n")
    console = Console(
        no_color=not coloured(sys.stdout), highlight=False, width=None if sys.stdout.isatty() else _WIDE
    )
    for one in loaded:
        if one.cases:
            click.echo(_drawn(console, _table(one)))
    click.echo(paint("error" if failed else "good", _summary(loaded, found)))
    if codes := sorted({diagnostic.code for diagnostic in found}):
        click.echo(f"`scoregate explain {codes[0]}` tells more about a code.")


def _drawn(console: Console, table: Table) -> str:
    """The table as text, without the blanks that fill its lines."""
    with console.capture() as drawn:
        console.print(table)
    return "\n".join(line.rstrip() for line in drawn.get().splitlines())


def _table(loaded: Loaded) -> Table:
    given = any(result.case.score is not None for result in loaded.cases)
    table = Table(
        box=box.SIMPLE_HEAD,
        title=Text(str(loaded.path)),
        title_justify="left",
        title_style="bold",
        caption="* given by the case, not computed" if given else None,
        caption_justify="left",
    )
    ruled = any(result.outcome is not None and result.outcome.rule for result in loaded.cases)
    for heading in ("", "case", "score", "expected", "came", *(["by the rule"] if ruled else [])):
        table.add_column(heading, justify="right" if heading == "score" else "left")
    for result in loaded.cases:
        style = "green" if result.passed else "bold red"
        rule = result.outcome.rule if result.outcome is not None else None
        table.add_row(
            Text("pass" if result.passed else "FAIL", style),
            Text(printable(result.case.name)),
            _score(result),
            _expected(result),
            Text(_came(result), "" if result.passed else style),
            *([Text(rule or "")] if ruled else []),
        )
    return table


def _score(result: CaseResult) -> str:
    """The score; a `*` marks one that the case gives itself."""
    if result.case.score is not None:
        return f"{result.case.score:g}*"
    score = result.outcome.score if result.outcome is not None else None
    return "" if score is None else f"{score:.4g} "


def _expected(result: CaseResult) -> str:
    expected = result.case.expected
    words = [expected.action] if expected.action else []
    words += [f"band {expected.band}"] if expected.band else []
    words += [f"rule {expected.rule or 'none'}"] if expected.rule is not None else []
    words += [f"segment {expected.segment or 'none'}"] if expected.segment is not None else []
    if expected.degraded is not None:
        words.append("degraded" if expected.degraded else "not degraded")
    return ", ".join(words)


def _came(result: CaseResult) -> str:
    """What came, of what was expected."""
    differences = {what: got for what, _, got in result.differences}
    words = [result.action]
    words += [f"{what} {differences[what]}" for what in ("band", "rule", "segment") if what in differences]
    if result.outcome is not None and result.outcome.degraded:
        words.append("degraded")
    return ", ".join(words)


def _summary(loaded: Sequence[Loaded], found: Sequence[Diagnostic]) -> str:
    ran = [result for one in loaded for result in one.cases]
    failing = sum(not result.passed for result in ran)
    cases = _count(len(ran), "case") + (f", {failing} of them failing" if failing else ", all as expected")
    counts = [
        _count(number, severity)
        for severity in ("error", "warning", "note")
        if (number := sum(diagnostic.severity == severity for diagnostic in found))
    ]
    policies = f"{len(loaded)} {'policy' if len(loaded) == 1 else 'policies'}"
    return "; ".join([policies, cases if ran else "no cases", *(counts or ["no problems"])])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _members(loaded: Sequence[Loaded], found: Sequence[Diagnostic], failed: bool) -> dict[str, Any]:
    return {
        "ok": not failed,
        "policies": [_policy(one) for one in loaded],
        "diagnostics": [to_json(diagnostic) for diagnostic in found],
    }


def _policy(one: Loaded) -> dict[str, Any]:
    decision, policy = one.decision, one.policy
    return {
        "file": str(one.path),
        "name": None if policy is None else policy.name,
        "policy_version": None if policy is None else policy.version,
        "model_version": None if policy is None else policy.model_version,
        "label": None if decision is None else decision.label,
        "cases": [
            {
                "name": result.case.name,
                "passed": result.passed,
                "score": None if result.outcome is None else result.outcome.score,
                "action": result.action,
                "rule": None if result.outcome is None else result.outcome.rule,
                "differences": [
                    {"what": what, "expected": expected, "got": got}
                    for what, expected, got in result.differences
                ],
            }
            for result in one.cases
        ],
    }
