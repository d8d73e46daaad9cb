"""`python -m policy.cli` is `scoregate`."""

from policy.cli import main

main()
