"""`scoregate serve CONFIGS`: the service with its workers."""

from __future__ import annotations

import json
import shlex
import tempfile
from functools import partial
from pathlib import Path

import click

from policy.cli.inspection import Inspection, inspect
from policy.errors import LogError
from policy.log import Sync, load_key
from policy.log.writable import fault
from policy.telemetry import configure
from policy.web.address import Address, AddressError, resolve
from policy.web.supervisor import Supervisor, context
from policy.web.tokens import TokenError, Tokens
from policy.web.worker import Settings, load


@click.command("serve")
@click.argument("configs", type=click.Path(exists=True))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The port; 0 finds a free one.",
)
@click.option(
    "--workers",
    default=2,
    show_default=True,
    type=click.IntRange(1, 256),
    help="How many processes answer; as many as cores is best.",
)
@click.option(
    "--log",
    "log_dir",
    default=Path("log"),
    show_default=True,
    type=click.Path(path_type=Path),
    help="The folder of the decision log.",
)
@click.option(
    "--log-sync",
    default="none",
    show_default=True,
    type=click.Choice(["none", "each"]),
    help="`each` waits for the disk before every answer: a power cut loses none.",
)
@click.option(
    "--log-key-file",
    type=click.Path(path_type=Path),
    help="The key of hashed facts; by default one that is made beside the log.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="Bearer tokens, one a line: every request must bring one of them.",
)
@click.option("--insecure", is_flag=True, help="Listen on an address other than loopback without tokens.")
def command(
    *,
    configs: str,
    host: str,
    port: int,
    workers: int,
    log_dir: Path,
    log_sync: Sync,
    log_key_file: Path | None,
    token_file: Path | None,
    insecure: bool,
) -> None:
    r"""Serve the policies of CONFIGS, a file or a folder, over HTTP.

    \b
    POST /v1/decisions/<name>          facts in, a decision out
    POST /v1/decisions/<name>/batch    the same for up to 1,000 JSON lines
    POST /v1/rankings/<name>           a user and a context in, a list of items out
    GET  /v1/policies/<name>           what the policy expects and does
    GET  /healthz, /readyz, /metrics, /openapi.json

    Policies are checked first, and their cases run. Every decision is in the log before its answer leaves.
    A changed file takes effect within seconds, in all policies at once, if everything is sound and all cases pass;
    else the last good policies stay, and /readyz and the process log say so. SIGHUP loads everything anew.
    SIGTERM finishes what is under way and stops.
    """
    configure()
    tokens = _tokens(token_file)
    address = _address(host, port, guarded=bool(tokens.digests) or insecure)
    _check_log(log_dir, log_key_file)
    inspection = _inspected(configs)
    if not inspection.sound:
        raise SystemExit(1)
    supervisor = Supervisor(
        address,
        workers=workers,
        announce=lambda: click.echo(greeting(address.url, inspection, log_dir, guarded=bool(tokens.digests))),
    )
    with tempfile.TemporaryDirectory(prefix="scoregate-counts-", ignore_cleanup_errors=True) as counts:
        settings = Settings(configs, address.port, log_dir, log_sync, log_key_file, tokens, Path(counts))
        supervisor.run(partial(load, settings))
    if supervisor.failed:
        raise click.ClickException("the workers could not start; the reason stands above")


def _tokens(path: Path | None) -> Tokens:
    try:
        return Tokens() if path is None else Tokens.read(path)
    except TokenError as error:
        raise click.ClickException(str(error)) from error


def _address(host: str, port: int, *, guarded: bool) -> Address:
    try:
        address = resolve(host, port)
    except AddressError as error:
        raise click.ClickException(str(error)) from error
    if not address.loopback and not guarded:
        raise click.ClickException(
            f"{host} can be reached from other machines: name a file of bearer tokens with --token-file "
            "(openssl rand -hex 32 > token; chmod 600 token), or say --insecure"
        )
    return address


def _check_log(directory: Path, key_file: Path | None) -> None:
    if reason := fault(directory):
        raise click.ClickException(
            f"the folder of the decision log, {directory}, cannot be written ({reason}); "
            "name another with --log"
        )
    try:
        load_key(directory, key_file)
    except LogError as error:
        raise click.ClickException(str(error)) from error


def _inspected(configs: str) -> Inspection:
    inspection = inspect(configs, context())
    if inspection.report:
        click.echo(inspection.report, err=True)
    return inspection


def greeting(url: str, inspection: Inspection, log_dir: Path, *, guarded: bool) -> str:
    """Where the service listens, and two commands that work as they stand."""
    lines = [
        f"Scoregate {_does(inspection)} at {url}; the decision log is in {log_dir}. Ctrl-C stops it.",
        "",
        "Try:",
    ]
    if guarded:
        lines.append("  TOKEN=...   # a line of the token file")
    token = ' -H "Authorization: Bearer $TOKEN"' if guarded else ""
    return "\n".join([*lines, *(f"  {line}" for line in _curls(url, inspection, token)), ""])


def _does(inspection: Inspection) -> str:
    """What the service does, with the names of its policies."""
    kinds = (("decides", inspection.names), ("ranks", inspection.rankings))
    return " and ".join(
        f"{verb} {', '.join(f'`{name}`' for name in names)}" for verb, names in kinds if names
    )


def _curls(url: str, inspection: Inspection, token: str) -> list[str]:
    name = (*inspection.names, *inspection.rankings)[0]
    look = f"curl -s{token} {url}/v1/policies/{name}"
    sample = inspection.samples.get(name)
    if sample is None:
        return [look, f"curl -s{token} {url}/openapi.json"]
    facts = json.dumps(sample.facts) if sample.path is None else f"@{sample.path}"
    json_type = "-H 'Content-Type: application/json'"
    kind = "decisions" if name in inspection.names else "rankings"
    return [f"curl -s{token} {url}/v1/{kind}/{name} {json_type} -d {shlex.quote(facts)}", look]
