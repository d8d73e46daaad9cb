"""`scoregate score MODEL IN OUT`: every row of a table, scored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import click
import pyarrow as pa
import pyarrow.compute as pc

import scorer
from policy.cli.streaming import TABLES_HELP, Streams, exit_on_table_error, table_options
from policy.cli.tables import Chunk, Kinds, TableError
from policy.cli.words import many

STATUS = "_status"

_HELP = f"""Score every row of IN by MODEL; write its columns and the model's to OUT.

MODEL is a pipeline that Spark MLlib saved: a folder, or an address such as s3://bucket/model.

Without --columns the model's columns are the prediction, the probability and the raw prediction, and every
column that no later stage reads. Rows that Spark would drop (handleInvalid="skip") are dropped; the first
row on which Spark would raise ends the command. With --keep-going every row is kept, and a column _status
says ok, dropped, or what was wrong. In JSON lines a member that is missing is null.

{TABLES_HELP}"""


@click.command("score", help=_HELP)
@click.argument("model", metavar="MODEL")
@table_options
@click.option("--columns", metavar="A,B,…", help="The model's columns to write; any that the pipeline makes.")
@click.option(
    "--keep-going", is_flag=True, help="Write nulls for a row that cannot be scored, and say why in _status."
)
@click.option(
    "--as-of", metavar="VERSION", help="Follow this Spark version, and not the one that saved the model."
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
    model: str,
    source: str,
    target: str,
    in_format: str | None,
    out_format: str | None,
    types: dict[str, pa.DataType],
    columns: str | None,
    keep_going: bool,
    as_of: str | None,
    summary: str,
) -> None:
    """Score every row of IN by MODEL."""
    wanted = [name.strip() for name in columns.split(",")] if columns else None
    try:
        loaded = scorer.load(model, as_of=as_of)
        if wanted is not None:
            loaded = loaded.select(wanted)
    except scorer.ScorerError as error:
        raise click.ClickException(str(error)) from error
    scoring = Scoring(loaded, source, keep_going=keep_going)
    streams = Streams(source, target, in_format, out_format, types)
    inputs = loaded.inputs.names  # in JSON lines a member that is missing is null, as for `model.row`
    exit_on_table_error(lambda: streams.run(column_types(loaded), scoring.score, wanted=inputs))
    click.echo(json.dumps(scoring.to_dict()) if summary == "json" else scoring.text(), err=True)


def column_types(model: scorer.Model) -> dict[str, Kinds]:
    """The types of the model's inputs in text formats; those that take any type are left to the data.

    To Spark's stages a bool is a number too: a column may hold either.
    """
    types = {one.name: one.type for one in model.inputs if not pa.types.is_null(one.type)}
    return {name: (kind, pa.bool_()) if pa.types.is_floating(kind) else kind for name, kind in types.items()}


@dataclass(slots=True)
class Scoring:
    """Scores chunks and counts rows."""

    model: scorer.Model
    source: str = ""
    keep_going: bool = False
    rows: int = 0
    dropped: int = 0
    failed: int = 0
    given: set[str] = field(default_factory=set)  # the inputs that had a value in some row

    def score(self, chunk: Chunk) -> pa.Table:
        """The chunk's rows with the model's columns. Raises TableError where the model cannot go on."""
        self._check(chunk.table.column_names)
        self.rows += chunk.table.num_rows
        self._note(chunk.table)
        try:
            return self._try(chunk.table) if self.keep_going else self._strict(chunk.table)
        except scorer.RowError as error:
            place = chunk.where(error.row or 0)
            raise TableError(
                f"{place}: stage {error.stage}, column `{error.column}`: {error.reason}; "
                "--keep-going writes nulls for such rows"
            ) from error
        except scorer.ScorerError as error:
            name = "standard input" if self.source == "-" else self.source
            raise TableError(f"{name}: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """The summary for a program."""
        scored = self.rows - self.dropped - self.failed
        return {
            "rows": self.rows,
            "scored": scored,
            "dropped": self.dropped,
            "failed": self.failed,
            "never_given": self._never(),
            "model_version": self.model.version,
        }

    def text(self) -> str:
        """The summary for a person."""
        lines = [f"{many(self.rows, 'row')} read, {self.rows - self.dropped - self.failed:,} scored"]
        if self.rows and (never := self._never()):
            lines.append(f"no row has a value for {', '.join(f'`{name}`' for name in never)}: taken as null")
        if self.dropped:
            lines.append(f'dropped: {self.dropped:,} rows, as Spark would (handleInvalid="skip")')
        if self.failed:
            lines.append(f"failed: {self.failed:,} rows; the column {STATUS} says why")
        return "\n".join(lines)

    def _note(self, table: pa.Table) -> None:
        for name in self.model.inputs.names:
            if name not in self.given and name in table.column_names:
                column = table.column(name)
                if column.null_count < len(column):
                    self.given.add(name)

    def _never(self) -> list[str]:
        return [name for name in self.model.inputs.names if name not in self.given]

    def _strict(self, table: pa.Table) -> pa.Table:
        scored = self.model.batch(table)
        self.dropped += table.num_rows - scored.num_rows
        return scored

    def _try(self, table: pa.Table) -> pa.Table:
        scored, status = self.model.try_batch(table)
        dropped = pc.sum(pc.equal(status, "dropped")).as_py() or 0
        self.dropped += dropped
        self.failed += table.num_rows - dropped - (pc.sum(pc.equal(status, "ok")).as_py() or 0)
        return scored.append_column(STATUS, status)

    def _check(self, names: Sequence[str]) -> None:
        if self.keep_going and STATUS in names:
            raise TableError(f"the input has a column `{STATUS}` already; --keep-going needs that name")
