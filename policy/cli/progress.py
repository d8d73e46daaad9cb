"""A progress bar on standard error, where that is a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from policy.cli.tables import Source

Show = Callable[[int], None]


@contextlib.contextmanager
def progress(source: Source, *, quiet: bool = False) -> Iterator[Show]:
    """Show how far the reading is: a bar where the size is known, rows and rows per second.

    The function takes the number of rows done. quiet: no bar, as when rows go to the same terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _rows: None
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[speed]:,.0f}/s"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(source.name, total=source.total, rows=0, speed=0.0)

        def show(rows: int) -> None:
            seconds = bar.tasks[0].elapsed or 0.0
            bar.update(task, completed=source.done(), rows=rows, speed=rows / seconds if seconds else 0.0)

        yield show
