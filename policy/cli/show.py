"""`scoregate show MODEL`: what a model is made of; one of its trees as text or as a drawing."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

import scorer
from policy.cli.paint import coloured
from policy.cli.words import many

_HELP = """Print what MODEL is made of: its stages, the columns that they read and make, and their sizes.

\b
  scoregate show models/login
  scoregate show models/fraud --tree 3              the fourth tree, as text
  scoregate show models/fraud --tree 3 --svg t.svg  and as a drawing for a browser

A tree's node shows its question, the answer of its rows, and how many rows of the training data came to it (or their
weight). A boosted tree answers with what it adds to the sum, its weight included.
"""


@click.command("show", help=_HELP)
@click.argument("model", metavar="MODEL")
@click.option("--tree", "number", type=click.IntRange(min=0), help="Show this tree, counted from 0.")
@click.option(
    "--svg",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Draw the tree into this file; - for standard output.",
)
@click.option(
    "--depth", type=click.IntRange(1, 12), default=5, show_default=True, help="Levels below the root to show."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The form.",
)
def command(*, model: str, number: int | None, svg: Path | None, depth: int, form: str) -> None:
    """Print what MODEL is made of; with --tree, one of its trees."""
    if svg is not None and number is None:
        raise click.UsageError("--svg draws one tree; say which with --tree N, counted from 0")
    try:
        types = scorer.load(model).inputs  # a save carries none: sizes and names are those of these types
        loaded, shape = scorer.load(model, schema=types), scorer.outline(model, schema=types)
        view = None if number is None else scorer.tree_view(loaded, number, depth)
    except scorer.ScorerError as error:
        raise click.ClickException(str(error)) from error
    if view is None:
        if form == "json":
            click.echo(json.dumps({"model_version": loaded.version, **dataclasses.asdict(shape)}, indent=2))
        else:
            _print(_outline(shape), f"{loaded.version}\nreads {_inputs(loaded)}")
        return
    weight = _weight(shape, view)
    if svg is not None:
        _write(svg, _drawn(view, weight))
    elif form == "json":
        click.echo(json.dumps({**dataclasses.asdict(view), "weight": weight}, indent=2))
    else:
        _print(_tree(view, weight))


def _drawn(view: scorer.TreeView, weight: float | None) -> str:
    try:
        return scorer.draw_tree(view, weight)
    except scorer.ScorerError as error:  # it needs an extra
        raise click.ClickException(str(error)) from error


def _print(tree: Tree, *after: str) -> None:
    console = Console(
        file=sys.stdout, no_color=not coloured(sys.stdout), width=None if sys.stdout.isatty() else 10_000
    )
    console.print(tree, soft_wrap=not sys.stdout.isatty())
    for line in after:
        console.print(Text(line))


def _inputs(model: scorer.Model) -> str:
    return ", ".join(f"{_clean(one.name)}: {one.type}" for one in model.inputs)


# -- a pipeline ------------------------------------------------------------------------------------------------


def _outline(node: scorer.Outline) -> Tree:
    tree = Tree(_label(node))
    for below in node.stages:
        tree.add(_outline(below))
    return tree


def _label(node: scorer.Outline) -> Text:
    text = Text(node.spark.rpartition(".")[2], style="bold")
    text.append(f"  {_clean(node.uid)}", style="not bold dim")
    if node.stages:
        text.append(f"  {many(len(node.stages), 'stage')}, saved by Spark {node.version}", style="not bold")
    if node.inputs or node.outputs:
        inputs = _listed([_clean(name) for name in node.inputs])
        text.append(f"\n{inputs} → {_listed([_made(one) for one in node.outputs])}", style="not bold")
    facts = [f"{name} {_fact(value)}" for name, value in node.facts.items()]
    if facts:
        text.append(f"\n{', '.join(facts)}", style="not bold cyan")
    return text


def _made(one: Any) -> str:
    size = f"[{one.size}]" if one.size is not None else f" of {one.labels}" if one.labels is not None else ""
    return f"{_clean(one.name)}: {one.type}{size}"


def _listed(parts: list[str], most: int = 12) -> str:
    return ", ".join(parts[:most]) + (f", … {len(parts) - most} more" if len(parts) > most else "")


def _fact(value: Any) -> str:
    if isinstance(value, list):
        same = len(value) > 1 and len(set(map(repr, value[1:]))) == 1
        if len(value) > 4 and same:
            return f"{value[0]:.6g}, then {value[1]:.6g}"
        return f"[{_listed([str(item) for item in value], 4)}]"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else _clean(str(value))[:60]


# -- a tree ------------------------------------------------------------------------------------------------------


def _weight(node: scorer.Outline, view: scorer.TreeView) -> float | None:
    """The weight of the tree in its ensemble, where trees have one."""
    found = [one.facts["weights"] for one in _all(node) if one.uid == view.uid and "weights" in one.facts]
    return float(found[0][view.number]) if found else None


def _all(node: scorer.Outline) -> Iterator[scorer.Outline]:
    yield node
    for below in node.stages:
        yield from _all(below)


def _tree(view: scorer.TreeView, weight: float | None) -> Tree:
    head = Text(f"tree {view.number} of {view.trees} of {_clean(view.uid)}", style="bold")
    size = f": {many(view.nodes, 'node')}, {view.depth} deep" + (
        f", weight {weight:.6g}" if weight is not None else ""
    )
    tree = Tree(head.append(size, style="not bold"))
    _grow(tree, view.root, "")
    return tree


def _grow(tree: Tree, node: scorer.TreeNode, word: str) -> None:
    answer = _clean(node.answer) + ("" if node.share is None else f" {node.share:.1%}")
    text = Text(word, style="cyan")
    if node.question is not None:
        text.append(_clean(node.question), style="not dim default")
    else:
        text.append(answer, style="bold default")
    text.append(
        f"  ({'' if node.question is None else f'{answer}; '}{_rows(node.count)})", style="dim default"
    )
    if node.hidden:
        text.append(f"  … {many(node.hidden, 'more node')}", style="dim default")
    own = tree.add(text)
    for name, below in (("yes: ", node.yes), ("no: ", node.no)):
        if below is not None:
            _grow(own, below, name)


def _rows(count: float) -> str:
    return "1 row" if count == 1 else f"{count:,.10g} rows"


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _write(path: Path, content: str) -> None:
    if str(path) == "-":
        click.echo(content, nl=False)
        return
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from error
    click.echo(f"{path}: {len(content):,} bytes", err=True)
