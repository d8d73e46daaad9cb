"""`python -m policy.cli`: the command `scoregate`."""

from __future__ import annotations

from policy.cli import main

main(prog_name="scoregate")
