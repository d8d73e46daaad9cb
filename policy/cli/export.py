"""`scoregate export MODEL OUT.json`: a saved model as one file."""

from __future__ import annotations

from pathlib import Path

import click

import scorer


@click.command("export")
@click.argument("model")
@click.argument("out", metavar="OUT.json", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
def command(model: str, out: Path) -> None:
    """Write MODEL, a pipeline that Spark saved, as one JSON file that loads anywhere.

    The file has the same version hash as the directory and gives the same scores. - writes it to standard output.
    """
    if str(out) == "-":
        click.echo(_exported(model)[1], nl=False)
        return
    if out.suffix != ".json":
        raise click.ClickException(
            f"{out} should end in .json: that is how a bundle is told from a directory"
        )
    draft = out.with_name(out.name + ".part")
    try:
        version, content = _exported(model)
        draft.write_bytes(content)
        draft.replace(out)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error
    click.echo(f"{out}: {len(content):,} bytes, {version}", err=True)


def _exported(model: str) -> tuple[str, bytes]:
    try:
        return scorer.load(model).version, scorer.export(model)
    except scorer.ScorerError as error:
        raise click.ClickException(str(error)) from error
