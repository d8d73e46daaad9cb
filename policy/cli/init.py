"""`scoregate init DIR`: the example policies, models and facts, as a folder to start from."""

from __future__ import annotations

import shlex
import shutil
from importlib import resources
from pathlib import Path

import click


@click.command("init")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
def command(directory: Path) -> None:
    """Write the example policies, models and facts into DIR, which must be empty or not exist yet."""
    source = defaults()
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise click.ClickException(f"{directory} exists and is not an empty directory; name another")
        directory.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, directory, ignore=_skipped, dirs_exist_ok=True, copy_function=shutil.copyfile)
    except (OSError, shutil.Error) as error:
        raise click.ClickException(f"{directory} cannot be written: {error}") from error
    _print_next(directory)


def defaults() -> Path:
    """The embedded default: beside this package in an installed wheel, `configs/` in a checkout."""
    package = Path(str(resources.files("policy")))
    embedded, checkout = package / "defaults", package.parent / "configs"
    for folder in (embedded, checkout):
        if folder.is_dir():
            return folder
    raise click.ClickException(f"the example policies are missing from this installation ({embedded})")


def _skipped(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "__pycache__" or name.endswith(".pyc")]


def _print_next(directory: Path) -> None:
    written = sorted(path.relative_to(directory) for path in directory.rglob("*") if path.is_file())
    policies = [path for path in written if path.suffix in {".yaml", ".yml"} and len(path.parts) == 1]
    examples = [path for path in written if path.parts[0] == "examples" and path.suffix == ".json"]
    click.echo(f"{directory}: {len(written)} files written")
    for path in (*policies, *examples):
        click.echo(f"  {path}")
    click.echo("\nNext:")
    click.echo(f"  scoregate check {_quoted(directory)}")
    for policy in policies:
        for example in examples:
            if example.stem == policy.stem:
                verb = _verb(directory / policy)
                click.echo(f"  scoregate {verb} {_quoted(directory / policy)} {_quoted(directory / example)}")
    click.echo(f"  scoregate serve {_quoted(directory)}")


def _verb(policy: Path) -> str:
    """What one does with a policy: its file says whether it ranks."""
    lines = policy.read_text("utf-8").splitlines()
    return "rank" if any(line.startswith("ranking:") for line in lines) else "decide"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
