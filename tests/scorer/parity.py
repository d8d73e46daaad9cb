"""The parity table: how far the scorer's answers are from Spark's, by class and Spark version, over all goldens.

    make parity

prints it and writes it into scorer/README.md. A difference is |a - b| / max(|a|, |b|, 1), the largest of every value of
every column that a stage of the class made; 0 means that every bit agrees. Where rows were kept, dropped or refused
otherwise, or a value is of another kind, the difference is infinite.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from conftest import Golden, golden_cases, unsupported

import scorer
from scorer.containers import flatten
from scorer.saved import open_saved
from scorer.stage import canonical
from scorer.wiring import wire

README = Path(scorer.__file__).parent / "README.md"
BEGIN, END = "<!-- parity: made by `make parity` -->\n", "<!-- parity ends -->\n"
ROWS = 1000  # a case with more rows is scored row by row at every 50th
Seen = dict[tuple[str, str], float]


def main() -> int:
    """Measure every case, print the table and write it; the exit code is 1 if rows are decided otherwise somewhere."""
    spark: Seen = defaultdict(float)
    twins: dict[str, float] = defaultdict(float)
    for case in golden_cases():
        if unsupported(case.model_path):
            continue
        version = case.folder.name.rpartition("-")[2]
        for name, from_spark, between in measured(case):
            spark[name, version] = max(spark[name, version], from_spark)
            twins[name] = max(twins[name], between)
            if from_spark == np.inf:
                print(f"{case.folder.name}: {name} differs", file=sys.stderr)
    text = table(spark, twins)
    print(text)
    whole = README.read_text("utf-8")
    head, _, rest = whole.partition(BEGIN)
    README.write_text(head + BEGIN + text + END + rest.partition(END)[2], "utf-8")
    return int(np.inf in spark.values())


def measured(case: Golden) -> Iterator[tuple[str, float, float]]:
    """Yield (class, difference from Spark, difference of row and batch) of one case."""
    stages = list(produced(case.model_path))
    makers = {column: name for name, columns in stages for column in columns}
    found = dict.fromkeys([*(name for name, _ in stages), *classes(case.model_path)], (0.0, 0.0))
    for column, from_spark, between in differences(case):
        for name in {makers.get(column, ""), *holders(case.model_path)} & found.keys():
            found[name] = (max(found[name][0], from_spark), max(found[name][1], between))
    for name, (from_spark, between) in found.items():
        yield name, from_spark, between


def produced(model: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the class of each stage that scores, and the columns that it makes."""
    for saved in flatten(open_saved(model)):
        try:
            wired = wire(saved)
        except scorer.ColumnError:  # refused at load, as every row is
            wired = []
        yield canonical(saved.class_name), [name for one in wired for name in one.outputs if name]


def classes(model: Path) -> list[str]:
    """Return the class of a save, and those of the containers in it."""
    stages = [*model.glob("stages/*"), *model.glob("bestModel")]
    own = canonical(open_saved(model).class_name)
    return [own, *(name for stage in stages for name in classes(stage) if name in HOLDERS)]


HOLDERS = frozenset(
    f"org.apache.spark.ml.{name}"
    for name in (
        "PipelineModel",
        "tuning.CrossValidatorModel",
        "tuning.TrainValidationSplitModel",
        "feature.RFormulaModel",
    )
)


def holders(model: Path) -> frozenset[str]:
    """Return the classes that answer for every column: those that hold other stages."""
    return HOLDERS.intersection(classes(model))


def differences(case: Golden) -> Iterator[tuple[str, float, float]]:
    """Yield (column, difference from Spark, difference of row and batch) of one case."""
    try:
        model = case.model
    except scorer.ColumnError:  # the types of the columns are refused at load, as Spark refuses every row
        yield "", 0.0 if set(case.status) == {"error"} else np.inf, 0.0
        return
    made, said = model.try_batch(case.input)
    status = [s if s in ("ok", "dropped") else "error" for s in said.to_pylist()]
    if status != case.status:
        yield from ((name, np.inf, 0.0) for name in case.columns or [""])
        return
    kept = made.filter(pa.array([s == "ok" for s in status]))
    rows = answered(model, case, status)
    for name in case.columns:
        of_spark, of_batch = (case.in_order(name, t.column(name)) for t in (case.expected, kept))
        spark, batch = plain(of_spark), plain(of_batch)
        by_row = [case.in_order(name, [row[name]])[0] for _, row in rows]
        of_rows = distance([batch[place] for place, _ in rows], by_row)
        yield (
            name,
            max(distance(spark, batch), distance([spark[place] for place, _ in rows], by_row)),
            of_rows,
        )


def plain(column: Any) -> list[Any]:
    return column.to_pylist() if isinstance(column, pa.ChunkedArray) else list(column)


def answered(model: scorer.Model, case: Golden, status: Sequence[str]) -> list[tuple[int, dict[str, Any]]]:
    """Return (place among the rows that are kept, the row and its answer)."""
    step = 50 if case.input.num_rows > ROWS else 1
    found, place = [], -1
    for number, (facts, said) in enumerate(zip(case.rows(), status, strict=True)):
        place += said == "ok"
        if said == "ok" and number % step == 0:
            found.append((place, facts | (model.row(facts) or {})))
    return found


def distance(a: Any, b: Any) -> float:
    """Return the largest distance of two values, or of two lists of them."""
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        pairs = zip(a, b, strict=False)
        return np.inf if len(a) != len(b) else max((distance(x, y) for x, y in pairs), default=0.0)
    if type(a) is float and type(b) is float:
        if a == b or (a != a and b != b):
            return 0.0
        found = abs(a - b) / max(abs(a), abs(b), 1.0)
        return found if found == found else np.inf
    return 0.0 if a == b else np.inf


def table(spark: Seen, twins: dict[str, float]) -> str:
    """Write the table."""
    versions = sorted({version for _, version in spark})
    lines = [
        f"| Spark class | {' | '.join(versions)} | row and batch |",
        "|---|" + "---|" * (len(versions) + 1),
    ]
    for name in scorer.supported():
        cells = [shown(spark[name, v]) if (name, v) in spark else "–" for v in versions]
        lines.append(f"| `{name}` | {' | '.join(cells)} | {shown(twins[name]) if name in twins else '–'} |")
    return "\n".join(lines) + "\n"


def shown(difference: float) -> str:
    """Write a difference: one digit, rounded up."""
    if difference in (0.0, np.inf):
        return "0" if difference == 0.0 else "∞"
    power = int(np.floor(np.log10(difference)))
    digit = int(np.ceil(difference / 10.0**power - 1e-9))
    return f"{digit}e{power}" if digit < 10 else f"1e{power + 1}"


if __name__ == "__main__":
    sys.exit(main())
