"""`scoregate schema`: the JSON Schema of a policy file."""

from __future__ import annotations

import json

import click

from policy.spec.schema import FILE, schema


@click.command(
    "schema",
    help=f"""Print the JSON Schema of a policy file.

    An editor with a YAML language server completes and checks a policy whose first line names the schema:

    \b
      scoregate schema > {FILE}
      # yaml-language-server: $schema={FILE}
    """,
)
def command() -> None:
    """Print the schema."""
    click.echo(json.dumps(schema(), indent=2, ensure_ascii=False))
