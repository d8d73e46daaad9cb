"""The command `scoregate`: one verb per file, loaded when it is asked for.

To add a verb: write `policy/cli/<verb>.py` with a `command` (a `click.Command`) and name it in `verbs.VERBS`.
"""

from __future__ import annotations

from policy.cli.verbs import main

__all__ = ["main"]
