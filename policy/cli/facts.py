"""Facts and requests in JSON files, and how the command refuses those that are wrong."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import click

from policy.cli.paint import painter
from policy.diagnostics import printable
from policy.errors import FactsError

_LARGEST = 1 << 20


def read_json(file: Any) -> Any:
    """The JSON value in a file. Raises click.ClickException."""
    name = getattr(file, "name", "the facts")
    data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise click.ClickException(f"{name} holds more than {_LARGEST:,} bytes, not the facts of one request")
    try:
        return json.loads(data, parse_constant=_no_constant)
    except RecursionError as error:
        raise click.ClickException(f"{name} cannot be read: it is nested too deeply") from error
    except ValueError as error:
        raise click.ClickException(f"{name} is not JSON: {error}") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def refuse(error: FactsError, form: str) -> NoReturn:
    """Name every problem, and leave with 1."""
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
