"""Loading ensembles of 100 trees: what the kernels' warm-up takes, the first load of a process, and every further one.

Each model is loaded in a process of its own, in seconds of processor time. Told apart, since a process pays for it once:
importing the package; the kernels (compiled once on a machine, then read from their cache); and pyarrow's first look
for pandas, which imports it where it is installed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

TARGET = 0.1  # seconds
LOADS = 9
GOLDEN = Path(__file__).parent.parent / "golden" / "spark"
MODELS = {"GBT 100 × 5": "census_gbt-4.3", "forest 100 × 8": "census_forest-4.3"}


def measure(path: str) -> dict[str, float]:
    """Return the seconds of each part, in this process."""
    marks = [time.process_time()]
    import pyarrow as pa  # noqa: PLC0415  measured

    import scorer  # noqa: PLC0415
    from scorer.kernels import warm  # noqa: PLC0415

    marks.append(time.process_time())
    warm()
    marks.append(time.process_time())
    pa.array([1]).to_numpy()
    marks.append(time.process_time())
    times = []
    for _ in range(LOADS):
        start = time.process_time()
        scorer.load(path)
        times.append(time.process_time() - start)
    parts = dict(
        zip(
            ("import", "kernels", "pandas"),
            (b - a for a, b in pairwise(marks)),
            strict=True,
        )
    )
    return {**parts, "first load": times[0], "further loads": statistics.median(times[1:])}


def main() -> None:
    """Measure each model in three processes, and print the median of each part."""
    for title, name in MODELS.items():
        runs = [
            json.loads(
                subprocess.run(
                    [sys.executable, __file__, str(GOLDEN / name / "model")],
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
            )
            for _ in range(3)
        ]
        print(f"{title} ({name})")
        for part in runs[0]:
            spent = statistics.median(run[part] for run in runs)
            beside = (
                f"target {TARGET * 1e3:.0f}   {spent / TARGET:.2f} of the target" if "load" in part else ""
            )
            print(f"  {part:<20} {spent * 1e3:>8.1f} ms   {beside}")


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1]))) if len(sys.argv) > 1 else main()
