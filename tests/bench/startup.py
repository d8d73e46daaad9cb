"""Start-up: importing both packages, and `scoregate check configs/`, beside the dependencies alone."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def seconds(*command: str, repeat: int = 5) -> float:
    """Return the median wall seconds of a command, after one run that is not counted."""
    times = []
    for _ in range(repeat + 1):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> None:
    """Measure."""
    bare = seconds("-c", "pass")
    needed = seconds("-c", "import numpy, pyarrow, yaml, msgspec, pydantic, click, structlog")
    ours = seconds("-c", "import policy, scorer")
    whole = seconds("-c", "import policy, scorer; policy.load, policy.Decision")
    check = seconds("-m", "policy.cli", "check", "configs/")
    print(f"{'python alone':<58} {bare:>9.2f} s")
    print(f"{'numpy, pyarrow, yaml, msgspec, pydantic, click, structlog':<58} {needed:>9.2f} s")
    print(
        f"{'import policy, scorer':<58} {ours:>9.2f} s        target    0.5   {ours / 0.5:>5.2f} of the target"
    )
    print(f"{'  and what policy.load needs, imported when it is used':<58} {whole:>9.2f} s")
    print(
        f"{'scoregate check configs/':<58} {check:>9.2f} s        target    1.0   {check / 1.0:>5.2f} of the target"
    )


if __name__ == "__main__":
    main()
