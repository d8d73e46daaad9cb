"""Random pipelines and statements, fitted and scored by real Spark: the scorer gives Spark's answers.

    python tests/fuzz/pipelines.py SPARK_PYTHON [COUNT] [SEED] [--sql] [--last MAKER] [--keep DIR]

SPARK_PYTHON is an interpreter that has pyspark, and Java. It fits, saves and scores; this one loads and compares every
column, dropped row and refused row, of `try_batch`, `batch` and `row`, as exactly as `scorer/README.md` promises of the
classes that a column went through. What differs is printed, and its folder, shaped as a golden case, is kept. Spark
runs for ever on some rows (topics that do not settle): it is then killed, and started again with the next number.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scorer"))

from conftest import Golden, classes, same

import scorer
from scorer import tiers
from scorer.pipeline import Plan

HERE = Path(__file__).resolve().parent
TILED = 300  # rows of the large table
PATIENCE = 120.0  # seconds that Spark may take for one pipeline
Found = list[str]


def main() -> int:
    """Ask Spark, compare, print what differs and the counts; the exit code is 1 if anything differs."""
    options = _options()
    home = Path(options.keep or tempfile.mkdtemp(prefix="scoregate-pipelines-"))
    home.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for said in kept(home) if options.again else asked(options, home):
        if "stuck" in said:
            counts["without end"] += 1
            print(f"{said['number']}: Spark comes to no end with {said['stuck']}", flush=True)
            continue
        if "refused" in said:
            counts["not fitted"] += 1
            if options.verbose:
                print(f"{said['number']}: Spark refuses {said['law']}: {said['refused'][:200]}")
            continue
        folder = Path(said["made"])
        counts["compared"] += 1
        seen.update({name.rpartition(".")[2] for name in classes(folder / "model")})
        found = differences(Golden(folder))
        counts["differ"] += bool(found)
        counts["rows"] += Golden(folder).input.num_rows
        if found:
            print(f"\n{folder.name} ({said['law']})", *found[:6], sep="\n    ", flush=True)
        else:
            shutil.rmtree(folder)
    print(f"\n{dict(counts)}; kept in {home}")
    print("classes:", ", ".join(f"{name} {count}" for name, count in sorted(seen.items())))
    missing = {name.rpartition(".")[2] for name in scorer.supported()} - set(seen)
    print("never drawn:", ", ".join(sorted(missing)) if not options.sql else "")
    return 1 if counts["differ"] else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare random pipelines with real Spark.")
    parser.add_argument("spark", help="an interpreter that has pyspark")
    parser.add_argument("count", type=int, nargs="?", default=100)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    parser.add_argument("--sql", action="store_true", help="statements of SQLTransformer instead")
    parser.add_argument("--last", help="the maker of every last stage; else each takes its turn")
    parser.add_argument("--again", action="store_true", help="compare what --keep holds, without Spark")
    parser.add_argument("--keep", help="the folder for what differs")
    parser.add_argument("--verbose", action="store_true", help="say what Spark refuses to fit")
    return parser.parse_args()


def kept(home: Path) -> Iterator[dict[str, Any]]:
    """Yield the cases that stand in a folder already."""
    for facts in sorted((home / "spark").glob("*/case.json")):
        yield {"made": str(facts.parent), "law": json.loads(facts.read_text("utf-8"))["law"]}


def asked(options: argparse.Namespace, home: Path) -> Iterator[dict[str, Any]]:
    """Yield what the other interpreter says of each pipeline; start it again behind one that has no end."""
    number, end = options.seed, options.seed + options.count
    while number < end:
        begun: dict[str, Any] = {"number": number}
        for said in _session(options, home, number, end - number):
            begun = said if "begun" in said else begun
            if said.get("done"):
                number = said["number"] + 1
            if "begun" not in said:
                yield said
        if number < end:
            yield {"number": begun["number"], "stuck": begun.get("begun", "its start")}
            number = begun["number"] + 1


def _session(options: argparse.Namespace, home: Path, number: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield what one process says, until it ends, or says nothing for too long and is killed."""
    command = [options.spark, str(HERE / "drawn" / "ask.py"), str(home), str(count), str(number)]
    command += ["--sql"] if options.sql else []
    command += ["--last", options.last] if options.last else []
    with (
        (home / "spark.log").open("a") as log,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONPATH": ""},
            start_new_session=True,
        ) as process,
        selectors.DefaultSelector() as ready,
    ):
        assert process.stdout is not None
        ready.register(process.stdout, selectors.EVENT_READ)
        rest = b""
        while ready.select(PATIENCE):
            if not (part := os.read(process.stdout.fileno(), 1 << 16)):
                return
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                if line.startswith(b"ASKED "):
                    yield json.loads(line.removeprefix(b"ASKED "))
        os.killpg(process.pid, signal.SIGKILL)


# -- one case ------------------------------------------------------------------------------------------------------


def differences(case: Golden) -> Found:
    """Say where the scorer's answers are not Spark's."""
    try:
        model = _whole(case)
    except scorer.ScorerError as error:
        return [] if _refused(case) else [f"refused at load: {type(error).__name__}: {error}"]
    except Exception as error:  # noqa: BLE001  any other error is a find
        return [f"load raises {type(error).__name__}: {error}"]
    promise = promises(model.plan)
    try:
        if _refused(case) and not set(model.inputs.names) <= set(case.input.column_names):
            return []  # a column is absent: here, too, nothing is scored
        return [
            *_columns(case, model),
            *_table(case, model, promise),
            *_batch(case, model, promise),
            *_rows(case, model, promise),
            *_tiled(case, model, promise),
            *_untyped(case, promise),
        ]
    except Exception as error:  # noqa: BLE001  any other error is a find
        return [f"raises {type(error).__name__}: {error}", traceback.format_exc()]


def _refused(case: Golden) -> bool:
    return set(case.status) == {"error"}


def _whole(case: Golden) -> scorer.Model:
    """Load the model with every column that it makes by default, and every one that Spark's answer holds."""
    model = case.model
    default = scorer.load(case.model_path, schema=case.input.schema).outputs.names
    lacks = [name for name in default if name not in model.outputs.names]
    return model.select([*case.columns, *lacks]) if lacks else model


def promises(plan: Plan) -> dict[str, tuple[float, bool]]:
    """Return of each column that a pipeline makes its relative tolerance, and whether it is unordered."""
    of: dict[int, tuple[float, bool]] = {}
    for step in plan.steps:
        before = [of.get(v, (0.0, False)) for v in step.inputs]
        here = (tiers.tolerance(step.spark), step.spark in tiers.UNORDERED)
        joined = tuple(max(each) for each in zip(here, *before, strict=True))
        of.update({v: joined for v in step.outputs if v is not None})
    return {name: of.get(value, (0.0, False)) for name, value in plan.produced.items()}


def _columns(case: Golden, model: scorer.Model) -> Found:
    made = {name for name, _ in model._selection.outputs}
    more = (
        made - set(case.columns) - set(case.input.column_names)
        if case.columns or len(case.expected)
        else set()
    )
    return [f"makes {sorted(more)}, which Spark does not"] if more else []


def _same(a: Any, b: Any, promise: tuple[float, bool]) -> bool:
    relative, unordered = promise
    if unordered:
        a, b = (sorted(v, key=repr) if isinstance(v, list) else v for v in (a, b))
    return same(a, b, relative, 1.0)


def _compare(where: str, numbers: Any, expected: Any, answered: Any, promise: tuple[float, bool]) -> Found:
    places = [i for i, (a, b) in enumerate(zip(expected, answered, strict=True)) if not _same(a, b, promise)]
    return [f"{where}, row {numbers[i]}: Spark {expected[i]!r}, here {answered[i]!r}" for i in places[:2]]


def _table(case: Golden, model: scorer.Model, promise: dict[str, Any]) -> Found:
    table, status = model.try_batch(case.input)
    plain = _plain(status)
    found = [
        f"row {i}: Spark {a} ({_why(case, i)}), here {status[i].as_py()}; {case.input.slice(i, 1).to_pylist()[0]}"
        for i, (a, b) in enumerate(zip(case.status, plain, strict=True))
        if a != b
    ]
    both = [i for i, (a, b) in enumerate(zip(case.status, plain, strict=True)) if a == b == "ok"]
    kept, wanted = (
        table.take(pa.array(both, pa.int64())),
        case.expected.filter(pa.array([n in set(both) for n in _numbers(case)], pa.bool_())),
    )
    for name in case.columns:
        if name not in kept.column_names:
            found.append(f"lacks the column {name}")
            continue
        types = kept.schema.field(name).type, wanted.schema.field(name).type
        if types[0] != types[1]:
            found.append(f"{name} is {types[0]}, in Spark {types[1]}")
        answered = kept.column(name).to_pylist()
        found += _compare(
            f"table, {name}",
            both,
            wanted.column(name).to_pylist(),
            answered,
            promise.get(name, (0.0, False)),
        )
    return found


def _plain(status: pa.Array) -> list[str]:
    return [s if s in ("ok", "dropped") else "error" for s in status.to_pylist()]


def _tiled(case: Golden, model: scorer.Model, promise: dict[str, Any]) -> Found:
    """Compare a table of many rows, which goes other ways than a small one, with the small one."""
    small, status = model.try_batch(case.input)
    tiles = TILED // max(1, len(status)) + 1
    large, many = model.try_batch(pa.concat_tables([case.input] * tiles).combine_chunks())
    if _plain(many) != _plain(status) * tiles:
        return ["a table of many rows is refused or dropped otherwise"]
    kept = [i for i, said in enumerate(_plain(status)) if said == "ok"]
    found: Found = []
    for name in (n for n in small.column_names if n not in case.input.column_names):
        wanted = small.column(name).take(pa.array(kept, pa.int64())).to_pylist()
        for tile in (0, tiles - 1):
            places = pa.array([tile * len(status) + i for i in kept], pa.int64())
            answered = large.column(name).take(places).to_pylist()
            found += _compare(f"many rows, {name}", kept, wanted, answered, promise.get(name, (0.0, False)))
    return found


def _numbers(case: Golden) -> list[int]:
    return list(case.expected.column("_row").to_pylist())


def _why(case: Golden, row: int) -> str:
    path = case.folder / "errors.json"
    return json.loads(path.read_text("utf-8")).get(str(row), "") if path.exists() else ""


def _batch(case: Golden, model: scorer.Model, promise: dict[str, Any]) -> Found:
    first = case.status.index("error") if "error" in case.status else None
    found: Found = []
    if first is not None:
        try:
            model.batch(case.input)
            found.append("batch refuses no row")
        except scorer.RowError as error:
            if error.row != first:
                found.append(f"batch refuses row {error.row} first, Spark {first}")
    try:
        table = model.batch(case.input.filter(pa.array([s != "error" for s in case.status])))
    except scorer.RowError as error:
        return [*found, f"batch of the rows that Spark takes: {error}"]
    numbers = _numbers(case)
    if table.column("_row").to_pylist() != numbers:
        return [*found, f"batch keeps rows {table.column('_row').to_pylist()}, Spark {numbers}"]
    for name in case.columns:
        if name in table.column_names:
            wanted = case.expected.column(name).to_pylist()
            found += _compare(
                f"batch, {name}",
                numbers,
                wanted,
                table.column(name).to_pylist(),
                promise.get(name, (0.0, False)),
            )
    return found


def _rows(case: Golden, model: scorer.Model, promise: dict[str, Any]) -> Found:
    rows = enumerate(case.rows())
    return [found for number, facts in rows for found in _row(case, model, promise, number, facts, "row")]


def _row(
    case: Golden, model: scorer.Model, promise: dict[str, Any], number: int, facts: dict[str, Any], what: str
) -> Found:
    status = case.status[number]
    try:
        answer = model.row(facts)
        here = "dropped" if answer is None else "ok"
    except scorer.RowError as error:
        answer, here = None, f"error: {error}"
    if here[:5] != status[:5]:
        return [f"as {what}, {number}: Spark {status}, here {here}"]
    if answer is None:
        return []
    (expected,) = case.expected.filter(pc.equal(case.expected["_row"], number)).to_pylist()
    found: Found = []
    for name in case.columns:
        given = [(facts | answer).get(name)]
        promised = promise.get(name, (0.0, False))
        found += _compare(f"{what}, {name}", [number], [expected[name]], given, promised)
    return found


PLAIN = {"bigint", "double", "string", "boolean", "vector", "array<string>", "date", "timestamp"}


def _untyped(case: Golden, promise: dict[str, Any]) -> Found:
    """Compare rows of a model that is not told the types, where a row's values tell them; a null does not."""
    if not set(case.facts["inputs"].values()) <= PLAIN or not set(case.columns).isdisjoint(
        case.input.column_names
    ):
        return []
    try:
        model = scorer.load(case.model_path).select(case.columns)
    except scorer.ColumnError:
        return []  # it says so, and asks for the types
    found: Found = []
    for number, facts in enumerate(case.rows()):
        if case.status[number] != "error" and None not in facts.values():
            found += _row(case, model, promise, number, facts, "an untyped row")
    return found


if __name__ == "__main__":
    sys.exit(main())
