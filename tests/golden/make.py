"""Make the golden cases with the Spark of the interpreter that runs this.

    python tests/golden/make.py [--only PATTERN]... [--adult adult.data] [--movielens ratings.txt]

It writes `spark/<case>-<version>/` beside itself for each case that names this version of Spark.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib
import pkgutil
import sys
import time
import traceback
from pathlib import Path

import cases
import census
import movielens
from case import CASES, Case
from session import Session, start
from write import write

GOLDEN = Path(__file__).resolve().parent


def main() -> int:
    """Make the chosen cases; the exit code is 1 if one of them could not be made."""
    options = _options()
    for module in pkgutil.iter_modules(cases.__path__):
        importlib.import_module(f"cases.{module.name}")
    if options.adult:
        census.convert(options.adult, GOLDEN / "data" / "adult.parquet")
    if options.movielens:
        movielens.convert(options.movielens, GOLDEN / "data" / "movielens.parquet")
    session = Session(start(), GOLDEN / "data")
    chosen = _chosen(options.only, session.version)
    failed = [case.name for case in chosen if not _made(case, session)]
    print(f"Spark {session.spark.version}: {len(chosen) - len(failed)} of {len(chosen)} cases", *failed)
    session.spark.stop()
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make golden cases with this interpreter's Spark.")
    parser.add_argument("--only", action="append", help="a shell pattern of case names; may be given again")
    parser.add_argument(
        "--adult", type=Path, help="UCI adult.data with a header line: read it again into data/"
    )
    parser.add_argument(
        "--movielens", type=Path, help="Spark's sample_movielens_ratings.txt: read it again into data/"
    )
    return parser.parse_args()


def _chosen(patterns: list[str] | None, version: str) -> list[Case]:
    wanted = patterns or ["*"]
    named = [c for c in CASES.values() if any(fnmatch.fnmatch(c.name, p) for p in wanted)]
    return [c for c in named if version in c.versions]


def _made(case: Case, session: Session) -> bool:
    begun = time.perf_counter()
    try:
        home = write(case, session, GOLDEN)
    except Exception:
        print(f"FAILED {case.name}", file=sys.stderr)
        traceback.print_exc()
        return False
    print(f"{home.name:48s} {time.perf_counter() - begun:6.1f} s", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
