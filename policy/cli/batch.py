"""`scoregate batch POLICY IN OUT`: every row of a table, decided."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click
import pyarrow as pa
import pyarrow.compute as pc

from policy.cli.moment import time_of
from policy.cli.paint import painter
from policy.cli.streaming import TABLES_HELP, Streams, exit_on_table_error, table_options
from policy.cli.tables import Chunk, Kinds, TableError
from policy.diagnostics import render
from policy.engine.columns import ARROW
from policy.engine.decision import Decision
from policy.errors import LoadError
from policy.runtime import load_decision

_HELP = f"""Decide every row of IN by POLICY; write its columns and the outcome's to OUT.

\b
The outcome's columns:
  action           what to do; null if the facts are refused
  score, band      the score, and the action of the band that it lies in
  reason           why, in a word: band, segment, rule, needs, completed, on_error …
  rule, segment    the rule that decided, the segment whose bands counted
  without_rules    the action if the policy had no rules
  degraded         what went wrong and was answered by the policy's on_error
  problem          why the facts are refused
  policy_version, model_version
A name that IN has too gets the suffix _decided.

A summary goes to standard error.

{TABLES_HELP}"""


@click.command("batch", help=_HELP)
@click.argument("policy", metavar="POLICY", type=click.Path(exists=True, dir_okay=False))
@table_options
@click.option(
    "--score", metavar="COLUMN", help="Take scores from this column; where it is null, ask the model."
)
@click.option(
    "--at",
    metavar="COLUMN|TIME",
    help="The time of the decisions, for a policy that reads it; by default now.",
)
@click.option(
    "--strict", is_flag=True, help="Exit with 1 if any row was refused or degraded (OUT is written)."
)
@click.option(
    "--format",
    "summary",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The form of the summary.",
)
def command(
    *,
    policy: str,
    source: str,
    target: str,
    in_format: str | None,
    out_format: str | None,
    types: dict[str, pa.DataType],
    score: str | None,
    at: str | None,
    strict: bool,
    summary: str,
) -> None:
    """Decide every row of IN by POLICY; write its columns and the outcome's to OUT."""
    decision = _load(policy)
    tally = Tally(decision, score, at, _now(at))
    streams = Streams(source, target, in_format, out_format, types)
    known = column_types(decision, score)
    exit_on_table_error(lambda: streams.run(known, tally.decide, wanted=decision.origin.facts))
    click.echo(json.dumps(tally.to_dict()) if summary == "json" else tally.text(), err=True)
    if strict and (tally.refused or tally.degraded):
        raise SystemExit(1)


def _now(at: str | None) -> datetime | None:
    """The time for all rows; None for what can only be the name of a column."""
    try:
        return time_of(at)
    except click.ClickException:
        return None


def _load(path: str) -> Decision:
    try:
        return load_decision(path)
    except LoadError as error:
        click.echo(render(error.diagnostics, painter(sys.stderr)), err=True)
        raise SystemExit(1) from error


def column_types(decision: Decision, score: str | None) -> dict[str, Kinds]:
    """The types of the policy's inputs in text formats; what text stands for, the decision reads itself."""
    own = {"bool", "int", "double"}
    types: dict[str, Kinds] = {
        one.name: ARROW[one.type] if one.type in own else pa.string() for one in decision.spec.inputs
    }
    return types if score is None else {**types, score: pa.float64()}


@dataclass(slots=True)
class Tally:
    """Decides chunks and counts what came of it."""

    decision: Decision
    score: str | None = None
    at: str | None = None
    now: datetime | None = None
    rows: int = 0
    refused: int = 0
    degraded: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    first_problem: str = ""
    began: float = field(default_factory=time.perf_counter)

    def decide(self, chunk: Chunk) -> pa.Table:
        """The chunk's rows with their outcomes."""
        if self.score is not None and self.score not in chunk.table.column_names:
            raise TableError(f"{chunk.where(0)}: there is no column `{self.score}` to take scores from")
        now = self._times(chunk) if self.decision.reads_now else None
        try:
            decided = self.decision.batch(chunk.table, score=self.score, now=now)
        except ValueError as error:  # of the times alone: everything else is a column of the outcome
            raise TableError(f"{chunk.where(0)}: {error}") from error
        self._count(chunk, decided)
        return decided

    def _times(self, chunk: Chunk) -> Any:
        """One time for all rows, or the name of the column that holds them."""
        if self.at in chunk.table.column_names:
            return self.at
        if self.now is None:
            raise TableError(
                f"{chunk.where(0)}: `{self.at}` is no column, and no time such as 2026-01-31T12:00:00Z"
            )
        return self.now

    def _count(self, chunk: Chunk, decided: pa.Table) -> None:
        added = decided.column_names[chunk.table.num_columns :]
        action, degraded, problem = (
            decided.column(next(name for name in added if name.startswith(word)))
            for word in ("action", "degraded", "problem")
        )
        self.rows += decided.num_rows
        self.degraded += decided.num_rows - degraded.null_count
        self.refused += action.null_count
        for pair in pc.value_counts(action).to_pylist():
            if pair["values"] is not None:
                self.actions[pair["values"]] += pair["counts"]
        if action.null_count and not self.first_problem:
            row = pc.index(pc.is_null(action), True).as_py()
            self.first_problem = f"{chunk.where(row)}: {problem[row].as_py()}"

    def to_dict(self) -> dict[str, Any]:
        """The summary for a program."""
        return {
            "rows": self.rows,
            "actions": {name: self.actions[name] for name in self.decision.spec.ladder},
            "refused": self.refused,
            "degraded": self.degraded,
            "first_problem": self.first_problem or None,
            "seconds": round(time.perf_counter() - self.began, 3),
            "policy": self.decision.name,
            "policy_version": self.decision.version,
            "model_version": self.decision.model_version,
        }

    def text(self) -> str:
        """The summary for a person."""
        seconds = time.perf_counter() - self.began
        lines = [f"{self.rows:,} rows decided by {self.decision.name} in {seconds:.1f} s"]
        width = max(map(len, self.decision.spec.ladder))
        for name in self.decision.spec.ladder:
            count = self.actions[name]
            lines.append(f"  {name:{width}}  {count:>12,}  {_share(count, self.rows)}")
        if self.refused:
            lines.append(f"refused: {self.refused:,} rows without an action; the column `problem` says why")
            lines.append(f"  {self.first_problem}")
        if self.degraded:
            lines.append(
                f"degraded: {self.degraded:,} rows answered by on_error; the column `degraded` says why"
            )
        return "\n".join(lines)


def _share(count: int, rows: int) -> str:
    return f"{count / rows:6.1%}" if rows else ""
