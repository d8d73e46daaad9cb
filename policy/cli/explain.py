"""`scoregate explain CODE`: what a diagnostic's code means."""

from __future__ import annotations

import click

from policy.catalog import PAGES, explain, near


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain the code of a diagnostic, such as E133; without a code, list them all."""
    if code is None:
        click.echo("\n".join(f"{name}  {page.title}" for name, page in sorted(PAGES.items())))
        return
    text = explain(code)
    if text is None:
        hint = "".join(near(code)) or "`scoregate explain` lists the codes"
        raise click.ClickException(f"there is no code `{code[:40]}`; {hint}")
    click.echo(text.rstrip())
