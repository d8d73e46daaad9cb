"""Run every benchmark, one after the other; each prints ratios beside its targets.

    make bench                      all of them
    python tests/bench/run.py census trees

Machines are noisy: read the ratios inside one run. What a benchmark needs and does not find, it names and leaves out.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = (
    "startup",
    "load",
    "census",
    "trees",
    "text",
    "peers",
    "expr",
    "rules",
    "filters",
    "ranking",
    "precompute",
    "tables",
    "service",
    "memory",
)


def main(names: list[str]) -> int:
    """Run the named benchmarks; return how many failed."""
    failed = 0
    for name in names or NAMES:
        print(f"\n== {name}", flush=True)
        failed += (
            subprocess.run(
                [sys.executable, HERE / f"{name}.py"], cwd=HERE.parent.parent, check=False
            ).returncode
            != 0
        )
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
