"""Mutated saves: each must load or be refused with a ScorerError, and score no worse, within seconds and gigabytes.

python tests/fuzz/saves.py [MUTATIONS] [SEED]

The saves are those of the golden cases, one of each set of classes, as folders and as bundles. Bytes are changed, files
cut, swapped, added and taken away; JSON and tables are changed where they still read: a value of another type, of
another size, of another sign. A mutation that fails is printed with its seed, and so is one that kills the process.
"""

from __future__ import annotations

import copy
import io
import json
import math
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import scorer
from scorer.saved import open_source
from scorer.textcodecs import EXTENSIONS

SPARK = Path(__file__).parents[1] / "golden" / "spark"
LARGEST = 100_000  # bytes of a save
SECONDS = 10.0  # of CPU, for one mutation
MEMORY = 12 << 30  # bytes of address space
BLOCK = 1000  # mutations of one process
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 7, 2**31 - 1, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63), 10**30),
    *(0.5, -0.0, 1e308, -1e308, 5e-324, math.nan, math.inf, -math.inf),
    *("", "x", "NaN", "Infinity", "..", "../../x", "/etc/passwd", "\0", "ærø", "\ud800", "x" * 5000, "keep", "skip"),
    *([], [None], [1], ["x"], [[]], [0.0] * 3, {}, {"x": 1}, {"type": 0, "size": 2**31 - 1, "indices": [], "values": []}),
)  # fmt: skip
Files = dict[str, bytes]


@dataclass(frozen=True)
class Victim:
    """A save: its files, and two rows that it scores."""

    name: str
    files: Files
    facts: list[dict[str, Any]]
    table: pa.Table


def victims() -> list[Victim]:
    """Return a small save of each set of classes that the golden cases have, and its bundle."""
    found: dict[tuple[str, ...], Victim] = {}
    for home in sorted(SPARK.iterdir()):
        model = home / "model"
        files = {str(p.relative_to(model)): p.read_bytes() for p in sorted(model.rglob("*")) if p.is_file()}
        if not files or sum(map(len, files.values())) > LARGEST or not (home / "input.parquet").exists():
            continue
        try:
            scorer.load(model)
        except scorer.ScorerError:
            continue
        folders = sorted({name.rpartition("/")[0] for name in files} - {"metadata"})
        key = (home.name[-3:] == "4.3", _class(model), _codec(files), *folders)
        table = pq.read_table(home / "input.parquet").slice(0, 5)
        victim = Victim(home.name, files, table.to_pylist()[:2], table)
        if found.setdefault((str(key[0]), *map(_shape, key[1:])), victim) is victim:
            bundle = {"model.json": scorer.export(model)}
            found["bundle", *map(_shape, key)] = Victim(
                f"{home.name} as a bundle", bundle, victim.facts, table
            )
    return list(found.values())


def _class(model: Path) -> str:
    """Return the class of a save, whose folders may be those of another."""
    return str(json.loads(open_source(model)[1].metadata())["class"])


def _codec(files: Files) -> str:
    """Return how the metadata are compressed, as the file's name ends."""
    name = next(name for name in files if name.startswith("metadata/"))
    return name.rpartition(".")[2] if name.endswith((".gz", *EXTENSIONS)) else ""


def _shape(name: Any) -> str:
    """Name a folder by its class, whatever its number."""
    return "".join(c for c in str(name) if not c.isdigit())


# -- mutations -----------------------------------------------------------------------------------------------------


def flipped(files: Files, name: str, chance: Random) -> None:
    """Change a few bytes."""
    content = bytearray(files[name])
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        if content:
            content[chance.randrange(len(content))] = chance.choice((0, 255, 127, 128, chance.randrange(256)))
    files[name] = bytes(content)


def cut(files: Files, name: str, chance: Random) -> None:
    """Cut a file, or take a piece out of it, or put one in twice."""
    content = files[name]
    a, b = sorted(chance.randint(0, len(content)) for _ in range(2))
    files[name] = chance.choice(
        (content[:a], content[a:], content[:a] + content[b:], content[:b] + content[a:])
    )


def moved(files: Files, name: str, chance: Random) -> None:
    """Take a file away, or give it another's content or name."""
    other = chance.choice(sorted(files))
    what = chance.randrange(4)
    if what == 0:
        del files[name]
    elif what == 1:
        files[name] = files[other]
    elif what == 2:
        files[name + chance.choice(("x", ".crc", "/part-00000"))] = files.pop(name)
    else:
        files[f"{name.rpartition('/')[0]}/part-00009{name[-8:]}"] = files[other]


def marked(files: Files, name: str, chance: Random) -> None:
    """Put what MLflow or Databricks leave beside a file."""
    folder, _, part = name.rpartition("/")
    tid = chance.choice(("1", "22"))
    added = chance.choice(([part], [], [part, "part-9"], 3, None, [1], [[]]))
    commit = json.dumps({"added": added, "removed": chance.choice(([], [part], {}))}).encode()
    files[f"{folder}/_committed_{tid}"] = chance.choice((commit, commit[:-1], b"", b"[" * 9999))
    if chance.random() < 0.5:
        files[f"{folder}/_started_{tid}"] = b""
    if chance.random() < 0.5:
        files[f"{folder}/part-0-tid-{tid}-x.parquet"] = files[name]
    if chance.random() < 0.3:
        inside = chance.choice((".", "sparkml", "..", "stages", "metadata", "a/b"))
        files["MLmodel"] = (
            f"flavors: {{spark: {{model_data: {inside}}}}}\nrun_id: {chance.choice(ODD)!r}".encode()
        )


def rejson(files: Files, name: str, chance: Random) -> None:
    """Change values of a JSON file where they stand."""
    try:
        root = json.loads(files[name].partition(b"\n")[0])
    except (ValueError, RecursionError):  # of a change before this one
        return flipped(files, name, chance)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        changed(root, chance)
    files[name] = json.dumps(root, ensure_ascii=chance.random() < 0.9).encode("utf-8", "surrogatepass")
    return None


def changed(root: Any, chance: Random) -> None:
    """Change one value below a list or an object."""
    at = root
    while isinstance(at, dict | list) and at:
        place = chance.choice(list(at)) if isinstance(at, dict) else chance.randrange(len(at))
        if not isinstance(at[place], dict | list) or not at[place] or chance.random() < 0.15:
            what = chance.randrange(8)
            if what == 0 and isinstance(at, dict):
                del at[place]
            elif what == 1 and isinstance(at, list):
                at.insert(place, copy.deepcopy(at[chance.randrange(len(at))]))
            elif what == 2 and isinstance(at, list):
                del at[place]
            elif what == 3 and isinstance(at[place], int | float):
                at[place] = chance.choice((-at[place], at[place] + 1, at[place] * 2, at[place] - 1))
            else:
                at[place] = copy.deepcopy(chance.choice(ODD))
            return
        at = at[place]


def retabled(files: Files, name: str, chance: Random) -> None:
    """Change values, rows or columns of a table where it still reads."""
    try:
        table = pq.read_table(io.BytesIO(files[name]))
        rows = table.to_pylist()
        what = chance.randrange(10)
        if what == 0:
            rows = rows * chance.choice((0, 2, 3))
        elif what == 1:
            chance.shuffle(rows)
        elif what == 2:
            gone = chance.choice(table.column_names)
            table = table.rename_columns([n + "x" if n == gone else n for n in table.column_names])
            rows = table.to_pylist()
        else:
            for _ in range(chance.choice((1, 1, 2, 4))):
                changed(rows, chance)
            _keep_pairs(rows, table.schema)
        try:
            made = pa.Table.from_pylist(rows, _loose(table.schema))
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            made = pa.Table.from_pylist(rows)  # the types that come of the values
        sink = io.BytesIO()
        pq.write_table(made, sink)
        files[name] = sink.getvalue()
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError, KeyError, AttributeError):
        flipped(files, name, chance)


def _keep_pairs(rows: list[Any], schema: pa.Schema) -> None:
    """Leave out of maps what is no pair: pyarrow aborts where it should write one, and reads none of its own."""
    for row in rows:
        for field in schema if isinstance(row, dict) else ():
            if pa.types.is_map(field.type) and isinstance(row.get(field.name), list):
                row[field.name] = [p for p in row[field.name] if isinstance(p, tuple) and p[0] is not None]


def _loose(kind: Any) -> Any:
    if isinstance(kind, pa.Schema):
        return pa.schema([pa.field(f.name, _loose(f.type)) for f in kind])
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _loose(f.type)) for f in kind])
    return pa.list_(_loose(kind.value_type)) if pa.types.is_list(kind) else kind


def mutated(victim: Victim, chance: Random) -> Files:
    """Return the files of a save after a mutation or two."""
    files = dict(victim.files)
    for _ in range(chance.choice((1, 1, 1, 2))):
        name = chance.choice(sorted(files))
        ways: list[Callable[[Files, str, Random], None]] = [flipped, cut, moved, marked]
        if name.endswith(".parquet"):
            ways += [retabled] * 6
        elif "metadata" in name or name.endswith(".json"):
            ways += [rejson] * 6
        chance.choice(ways)(files, name, chance)
        if not files:
            return dict(victim.files)
    return files


# -- one run -------------------------------------------------------------------------------------------------------


def tried(victim: Victim, chance: Random, place: Path) -> str:
    """Load and score one mutation; return what came of it. Any exception but ScorerError leaves as it is."""
    shutil.rmtree(place, ignore_errors=True)
    for name, content in mutated(victim, chance).items():
        path = place / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError:  # a file where a folder should be
            return "not written"
    location = place / "model.json" if (place / "model.json").exists() else place
    try:
        model = scorer.load(location)
    except scorer.ScorerError as e:
        assert str(e)
        return "refused"
    said = "scored"
    for score in (
        *(lambda f=facts: model.row(f) for facts in victim.facts),
        lambda: model.try_batch(victim.table),
    ):
        try:
            score()
        except scorer.ScorerError as e:
            assert str(e)
            said = "loaded"
    return said


def mutations(count: int, seed: int, found: list[Victim], place: Path) -> Iterator[tuple[int, Victim, str]]:
    """Try mutations, whose seeds count up; yield what came of each: a word, or the text of a failure."""
    for number in range(seed, seed + count):
        chance = Random(number)
        victim = chance.choice(found)
        start = time.process_time()
        try:
            came = tried(victim, chance, place / "save")
        except Exception:  # noqa: BLE001  whatever it is, it is what is looked for
            came = traceback.format_exc()
        spent = time.process_time() - start
        yield number, victim, came if spent < SECONDS else f"{spent:.1f} s of CPU\n"


def block(count: int, seed: int, place: str, answers: Any) -> None:
    """Run a block in a process of its own, and send what came of each mutation."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for number, victim, came in mutations(count, seed, victims(), Path(place)):
        answers.send((number, victim.name, came))
    answers.send(None)


def main(count: int, seed: int) -> int:
    """Try many mutations, in one process after the other; return how many failed."""
    counts: Counter[str] = Counter()
    failed = 0
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as place:
        at = seed
        while at < seed + count:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=block, args=(min(BLOCK, seed + count - at), at, place, theirs))
            process.start()
            theirs.close()
            at, finished = _listened(ours, at, counts)
            process.join()
            if not finished:
                print(f"seed {at}: the process ended with {process.exitcode}")
                counts["killed"] += 1
                at += 1
            failed = sum(n for came, n in counts.items() if came in ("failed", "killed"))
    print(f"{sum(counts.values()):,} mutations: {dict(counts)}")
    return min(failed, 100)


def _listened(ours: Any, at: int, counts: Counter[str]) -> tuple[int, bool]:
    """Count what a process sends; return the next seed, and whether the process came to its end."""
    while True:
        try:
            answer = ours.recv()
        except EOFError:
            return at, False
        if answer is None:
            return at, True
        number, name, came = answer
        at = number + 1
        counts[came if "\n" not in came else "failed"] += 1
        if "\n" in came:
            print(f"seed {number}, {name}:\n{came}", flush=True)


if __name__ == "__main__":
    numbers = [int(argument.replace("_", "").replace(",", "")) for argument in sys.argv[1:3]]
    sys.exit(main(*(numbers + [10_000, 0][len(numbers) :])))
