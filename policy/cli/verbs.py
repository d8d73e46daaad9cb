"""The table of verbs, and the group that loads one of them: `--help` imports none."""

from __future__ import annotations

import difflib
from importlib import import_module, metadata
from typing import NamedTuple

import click


class Verb(NamedTuple):
    """Where a verb lives and what `scoregate --help` says about it."""

    section: str
    help: str
    module: str


VERBS: dict[str, Verb] = {
    "init": Verb("Start", "Write the example policies, models and facts as a folder.", "policy.cli.init"),
    "serve": Verb("Start", "Answer decisions over HTTP.", "policy.cli.serve"),
    "check": Verb("Policies", "Name all that is wrong with policies; run their cases.", "policy.cli.check"),
    "decide": Verb("Policies", "Decide one request, and say why.", "policy.cli.decide"),
    "rank": Verb("Policies", "Rank items for one user, and say why.", "policy.cli.rank"),
    "precompute": Verb("Policies", "Put many scores or lists into a store.", "policy.cli.precompute"),
    "explain": Verb("Policies", "Explain the code of a diagnostic.", "policy.cli.explain"),
    "schema": Verb("Policies", "Print the JSON Schema of a policy file, for editors.", "policy.cli.schema"),
    "batch": Verb("Policies", "Decide every row of a file or a stream.", "policy.cli.batch"),
    "export": Verb("Models", "Write a saved model as one JSON file.", "policy.cli.export"),
    "score": Verb("Models", "Score every row of a file or a stream.", "policy.cli.score"),
    "show": Verb("Models", "Print a model as a tree of stages; draw one of its trees.", "policy.cli.show"),
    "verify": Verb("Models", "Compare a model with what your own Spark wrote.", "policy.cli.verify"),
}

EPILOG = """\
\b
Try it:
  scoregate init demo                                     a folder to start from
  scoregate check demo                                    is it right?
  scoregate decide demo/login.yaml demo/examples/login.json
  scoregate rank demo/recommend.yaml demo/examples/recommend.json
  scoregate serve demo                                    POST /v1/decisions/login
  scoregate batch demo/login.yaml logins.csv decided.parquet
  scoregate score demo/models/login - - < facts.jsonl
  scoregate show demo/models/login                        what a model is made of

\b
Exit codes:
  0  done
  1  a problem in a policy, a model, the input or the output; it is named on standard error
  2  the command was not understood

`scoregate VERB --help` tells the rest. Answers go to standard output, everything else to standard error.
"""


class Verbs(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs in the order of the table."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module and take its `command`."""
        del ctx
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        command: click.Command = import_module(verb.module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; an unknown one is answered with its nearest relatives."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], VERBS, n=2)
            hint = f" Did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else ""
            ctx.fail(f"there is no verb `{args[0]}`.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs by section, from the table alone."""
        del ctx
        width = max(map(len, VERBS))
        for section in dict.fromkeys(verb.section for verb in VERBS.values()):
            with formatter.section(section):
                rows = [
                    (name.ljust(width), verb.help) for name, verb in VERBS.items() if verb.section == section
                ]
                formatter.write_dl(rows)


def print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    """Print the installed version and stop."""
    if value and not ctx.resilient_parsing:
        click.echo(f"scoregate {metadata.version('scoregate')}")
        ctx.exit()


@click.command(
    cls=Verbs,
    name="scoregate",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_version,
    help="Print the version and stop.",
)
def main() -> None:
    """Turn model scores into decisions.

    A model is a pipeline that Spark MLlib saved; it is scored here without a JVM. A policy is a YAML file
    that turns a score and the facts of a request into an action: allow, challenge, sms, agent, block.
    """
