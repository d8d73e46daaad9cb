"""The census pipeline: one row, one decision, a batch. Prints what was measured beside the target.

Beside it, in the same run: a generated expression of the same sum (what one row costs at least), and Arrow's own
dictionary encoding of the text columns (what a batch of plain strings costs at least).
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from math import exp
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import policy
import scorer
from scorer.fast import Fused, fused
from scorer.fuse import Choice, weighted

GOLDEN = Path(__file__).parent.parent / "golden"
POLICY = Path(__file__).parent / "census.yaml"


def best(function: Callable[[], object], number: int, repeat: int = 7) -> float:
    """Return the least seconds a call over `repeat` runs of `number` calls."""
    return min(timeit.repeat(function, number=number, repeat=repeat)) / number


def floor(model: scorer.Model, row: dict[str, object]) -> Callable[[], float]:
    """Write the same sum by hand: what a row cannot be faster than in Python."""
    found = fused(model._selection)
    assert isinstance(found, Fused)
    names = {raw.value: raw.name for raw in model._selection.plan.raws.values()}
    held, terms = {"exp": exp, "row": row}, ["0.0"]
    for i, part in enumerate(found.layout.parts):
        key = repr(names[part.value])
        if isinstance(part, Choice):
            held[f"t{i}"] = dict(weighted(part, found.stage.weights.values, found.stage.weights.stored))
            terms.append(f"t{i}[row[{key}]]")
        else:
            terms.append(f"row[{key}] * {found.stage.weights.values[part.slot]!r}")
    return eval(f"lambda: 1.0 / (1.0 + exp(-({' + '.join(terms)} + {found.stage.intercept!r})))", held)


def line(name: str, measured: float, target: float, unit: str, *, more_is_better: bool = False) -> None:
    """Print one row of the table."""
    ratio = target / measured if more_is_better else measured / target
    print(f"{name:<58} {measured:>9.2f} {unit:<8} target {target:>6.1f}   {ratio:>5.2f} of the target")


def main() -> None:
    """Measure."""
    table = pq.read_table(GOLDEN / "data" / "adult.parquet").drop_columns(["_row", "Salary"])
    model = scorer.load(GOLDEN / "spark" / "census_lr-4.3" / "model").select(["probability"])
    row = table.slice(0, 1).to_pylist()[0]
    least = best(floor(model, row), 20_000) * 1e6
    print(f"{'a hand-written expression of the same sum':<58} {least:>9.2f} us")
    taken = best(lambda: model.row(row), 20_000) * 1e6
    line("model.row, 14 raw fields from a dict", taken, 2.0, "us")
    print(f"{'':<58} {taken / least:>9.2f} times the hand-written expression")
    decision = policy.load(POLICY)
    facts = {name.replace("-", "_"): value for name, value in row.items()}
    line(
        "decision.row, with validation, outcome and reasons",
        best(lambda: decision.row(facts), 10_000) * 1e6,
        6.0,
        "us",
    )
    big = pa.concat_tables([table] * 16).combine_chunks()
    texts = [name for name in big.column_names if pa.types.is_string(big.schema.field(name).type)]
    coded = big
    for name in texts:
        at = big.column_names.index(name)
        coded = coded.set_column(at, name, big[name].combine_chunks().dictionary_encode())
    encoding = best(lambda: [big[name].combine_chunks().dictionary_encode() for name in texts], 1, 5)
    print(
        f"{'Arrow dictionary encoding of the 8 text columns alone':<58} {len(big) / encoding / 1e6:>9.2f} M rows/s"
    )
    plain, fast = best(lambda: model.batch(big), 1, 7), best(lambda: model.batch(coded), 1, 7)
    line("model.batch from plain strings", len(big) / plain / 1e6, 3.0, "M rows/s", more_is_better=True)
    line("model.batch from dictionary columns", len(big) / fast / 1e6, 12.0, "M rows/s", more_is_better=True)


if __name__ == "__main__":
    main()
