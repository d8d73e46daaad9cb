"""A table through a function, chunk by chunk: what `batch` and `score` share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import click
import pyarrow as pa

from policy.cli.progress import progress
from policy.cli.tables import FORMATS, Chunk, Kinds, TableError, read, write

TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int": pa.int64(),
    "double": pa.float64(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
}


@dataclass(slots=True)
class Streams:
    """Where rows come from and go to. types: of columns, as the user names them."""

    source: str
    target: str
    in_format: str | None
    out_format: str | None
    types: dict[str, pa.DataType] = field(default_factory=dict)

    def run(
        self,
        types: Mapping[str, Kinds],
        transform: Callable[[Chunk], pa.Table],
        wanted: Collection[str] = (),
    ) -> None:
        """Read, transform and write. Raises TableError.

        types: of columns, where the user names none; wanted: columns that JSON lines may leave out.
        """
        to_terminal = self.target == "-" and sys.stdout.isatty()
        with (
            read(self.source, self.in_format, {**types, **self.types}, [*self.types, *wanted]) as source,
            write(self.target, self.out_format) as sink,
            progress(source, quiet=to_terminal) as show,
        ):
            for chunk in source.chunks:
                sink.write(transform(chunk))
                show(chunk.start + chunk.table.num_rows)


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the arguments IN and OUT and the options of formats and types to a verb."""
    for add in (
        click.option(
            "--type", "types", metavar="COLUMN=TYPE", multiple=True, callback=named_types, help=TYPE_HELP
        ),
        click.option("--out-format", type=click.Choice(FORMATS), help="The format of OUT."),
        click.option("--in-format", type=click.Choice(FORMATS), help="The format of IN."),
        click.argument("target", metavar="OUT"),
        click.argument("source", metavar="IN"),
    ):
        command = add(command)
    return command


TYPE_HELP = (
    f"The type of a column of text formats that is not known otherwise: {', '.join(TYPES)}. May be repeated."
)

TABLES_HELP = """\
\b
IN and OUT are files, or - for standard input and output:
  .parquet         also a folder of Parquet files, as Spark writes them (IN)
  .arrow .feather  the Arrow IPC file format; .arrows the Arrow IPC stream
  .csv .tsv        UTF-8 with a header; an empty cell is null; lists and structs are JSON
  .jsonl .ndjson   one JSON object a line, the format of -; NaN and infinities are written as null
Text formats may end in .gz, .zst or .bz2.

Rows keep their order. Memory is bounded, whatever the size of IN. OUT appears only when it is whole: after an
error, what was there before is still there.

\b
Exit codes: 0 done; 1 a problem, named on standard error with file, line and column; 2 wrong usage.
"""


def named_types(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> dict[str, pa.DataType]:
    """Read COLUMN=TYPE, as often as it is given."""
    types = {}
    for value in values:
        name, _, kind = value.rpartition("=")
        if not name or kind not in TYPES:
            raise click.BadParameter(
                f"expected COLUMN=TYPE with a type of {', '.join(TYPES)}, found `{value}`"
            )
        types[name] = TYPES[kind]
    return types


def exit_on_table_error(run: Callable[[], None]) -> None:
    """Run; a TableError ends the command with its message and exit code 1."""
    try:
        run()
    except TableError as error:
        raise click.ClickException(str(error)) from error
