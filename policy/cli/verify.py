"""`scoregate verify MODEL SCORED`: a user's own proof that we score as their Spark does."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import click
import pyarrow as pa

import scorer
from policy.cli.paint import painter
from policy.cli.progress import progress
from policy.cli.score import column_types
from policy.cli.streaming import TYPE_HELP, named_types
from policy.cli.tables import FORMATS, Kinds, TableError, read
from policy.cli.words import many

_HELP = """Compare what your Spark wrote with what MODEL gives for the same rows.

SCORED is what `model.transform(rows).write.parquet(…)` leaves: the input columns beside those that Spark made. Its
rows are scored again here, and every column that MODEL makes and SCORED holds is compared: bit for bit, or within
1e-12 where a stage adds numbers up (relative to the larger number, or to 1). Keep the columns between, such as the
features, and the first stage that differs is found.

\b
  scoregate verify models/login scored/            a folder that Spark wrote
  scoregate verify models/login scored.parquet --tolerance 1e-9

Vectors may be Spark's own or lists of numbers. Rows that Spark dropped are not in SCORED; a row that Spark kept and
that is dropped or refused here is a difference. SCORED may be any table that `scoregate score --help` names.

\b
Exit codes: 0 all agrees; 1 something differs, or cannot be compared or read; 2 wrong usage.
"""


@click.command("verify", help=_HELP)
@click.argument("model", metavar="MODEL")
@click.argument("scored", metavar="SCORED")
@click.option("--in-format", type=click.Choice(FORMATS), help="The format of SCORED.")
@click.option("--type", "types", metavar="COLUMN=TYPE", multiple=True, callback=named_types, help=TYPE_HELP)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0.0),
    help="How far numbers may differ, in place of what each stage promises.",
)
@click.option(
    "--as-of", metavar="VERSION", help="Follow this Spark version, not the one that saved the model."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The answer's form.",
)
def command(
    *,
    model: str,
    scored: str,
    in_format: str | None,
    types: dict[str, pa.DataType],
    tolerance: float | None,
    as_of: str | None,
    form: str,
) -> None:
    """Compare what Spark wrote with what MODEL gives for the same rows."""
    check = Check(model, scored, as_of, tolerance)
    try:
        check.run(in_format, types)
    except (TableError, scorer.ScorerError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(check.to_dict(), indent=2) if form == "json" else check.text())
    if not check.verdict.equal or check.untold:
        raise SystemExit(1)


@dataclass(slots=True)
class Check:
    """Reads the rows that Spark scored, and compares them."""

    path: str
    source: str
    as_of: str | None
    tolerance: float | None
    place: str = ""
    untold: dict[str, str] = field(
        default_factory=dict
    )  # answers that SCORED holds, and why they say nothing
    model: scorer.Model = field(init=False)
    verdict: scorer.Verdict = field(init=False)

    def run(self, in_format: str | None, types: dict[str, pa.DataType]) -> None:
        """Compare every row. Raises TableError and ScorerError."""
        self.model = scorer.load(self.path, as_of=self.as_of)
        known = {**_text_types(self.model), **types}
        verifier: scorer.Verifier | None = None
        with read(self.source, in_format, known) as source, progress(source) as show:
            for chunk in source.chunks:
                if verifier is None:  # the first rows tell the types of the columns, which a save lacks
                    self.model = scorer.load(self.path, schema=chunk.table.schema, as_of=self.as_of)
                    verifier = scorer.Verifier(self.model, chunk.table.column_names, self.tolerance)
                verifier.update(chunk.table)
                first = verifier.verdict().first
                if first is not None and not self.place:
                    self.place = chunk.where(first.row - chunk.start)
                show(chunk.start + chunk.table.num_rows)
        assert verifier is not None  # every source has at least one chunk, perhaps an empty one
        self.verdict = verifier.verdict()
        if not self.verdict.rows:
            raise TableError(f"{self.source}: holds no rows, so nothing is compared")
        held = set(verifier.names) & set(self.model.outputs.names)
        self.untold = {name: why for name, why in self.verdict.missing.items() if name in held}

    def to_dict(self) -> dict[str, Any]:
        """The answer for a program."""
        verdict = self.verdict
        return {
            "equal": verdict.equal,
            "complete": not self.untold,
            "rows": verdict.rows,
            "dropped_here": verdict.dropped,
            "refused_here": verdict.refused,
            "first": _plain(asdict(verdict.first)) | {"place": self.place} if verdict.first else None,
            "columns": [_plain(asdict(column)) for column in verdict.columns],
            "not_compared": verdict.missing,
            "model_version": self.model.version,
        }

    def text(self) -> str:
        """The answer for a person."""
        return "\n".join([*self._answer(), "", *self._table(), *self._rest()])

    def _answer(self) -> Iterator[str]:
        verdict, paint = self.verdict, painter(sys.stdout)
        compared = f"{many(verdict.rows, 'row')}, {many(len(verdict.columns), 'column')} compared"
        if verdict.first is None:
            less = "".join(f"; but not `{name}`, {why}" for name, why in self.untold.items())
            word = paint("error", "partly") + " " if less else paint("good", "equal") + "  "
            yield f"{word}  {compared}{less}"
            return
        yield f"{paint('error', 'differs')}  {compared}; first at {self.place} (index {verdict.first.row})"
        one = verdict.first
        if one.column is None:
            yield f"         {one.reason}" + (f", by {one.stage}" if one.stage else "")
            return
        check = next(check for check in verdict.columns if check.column == one.column)
        name = one.column if one.slot is None else f"{one.column}[{one.slot}]"
        yield f"         `{name}` of stage {one.stage} ({_class(check.spark)})"
        yield f"         Spark {_shown(one.theirs)}"
        yield f"         here  {_shown(one.ours)}"
        if check.unchecked:
            columns = ", ".join(f"`{column}` ({stage})" for column, stage in check.unchecked[:4])
            more = len(check.unchecked) - 4
            yield f"         it comes of {columns}{f' and {more} more' if more > 0 else ''}, which SCORED does not hold"

    def _table(self) -> Iterator[str]:
        rows = [("column", "stage", "differing rows", "largest", "allowed")]
        for one in self.verdict.columns:
            numbers = f"{one.differing:,}", f"{one.largest:.1g}", f"{one.tolerance:.1g}"
            rows.append((one.column, _class(one.spark), *numbers))
        widths = [max(len(row[place]) for row in rows) for place in range(5)]
        for row in rows:
            left, right = row[:2], row[2:]
            cells = [f"{cell:{width}}" for cell, width in zip(left, widths[:2], strict=True)]
            cells += [f"{cell:>{width}}" for cell, width in zip(right, widths[2:], strict=True)]
            yield "  ".join(cells).rstrip()

    def _rest(self) -> Iterator[str]:
        verdict, ends = self.verdict, set(self.model.outputs.names)
        if verdict.dropped or verdict.refused:
            yield f"kept by Spark, but here dropped: {verdict.dropped:,}, refused: {verdict.refused:,}"
        inner = [
            name
            for name, why in verdict.missing.items()
            if name not in ends and why == scorer.Verifier.ABSENT
        ]
        for name, why in verdict.missing.items():
            if name not in inner and name not in self.untold:
                yield f"not compared: `{name}`, {why}"
        if inner:
            shown = ", ".join(f"`{name}`" for name in inner[:4]) + (" …" if len(inner) > 4 else "")
            yield f"not compared: {many(len(inner), 'column')} between, which SCORED does not hold: {shown}"
        yield f"model {self.model.version}"


def _text_types(model: scorer.Model) -> dict[str, Kinds]:
    """The types of the columns in text formats: the model's inputs and what it makes."""
    made = {one.name: one.type for one in model.outputs if not pa.types.is_null(one.type)}
    between = {
        name: kind for name, kind in scorer.Verifier.types(model).items() if not pa.types.is_nested(kind)
    }
    return {**between, **made, **column_types(model)}


def _class(spark: str) -> str:
    return spark.rpartition(".")[2]


def _shown(value: Any, limit: int = 80) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _plain(value: Any) -> Any:
    """Values as JSON can say them: NaN and infinities as text, all else that JSON does not know as its text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value - value != 0.0:
        return repr(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)
