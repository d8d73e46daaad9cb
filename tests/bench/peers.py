"""The census pipelines beside their peers, one row from a dict and a batch of raw values, on one core.

scikit-learn's equivalent of the linear model (ColumnTransformer, OneHotEncoder, LogisticRegression), with the same
weights, and ONNX Runtime's form of it; Spark local for the linear model, the GBT and the forest. Engines on the same
trees are in `trees.py`. Answers are asserted equal first. Install scikit-learn, pandas, skl2onnx, onnxruntime and
pyspark 4.3 beside the lock; who is missing is named.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import linear_peers
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import spark_local
from clock import Work, processor, table

import scorer
from scorer.fast import Fused, fused

GOLDEN = Path(__file__).parent.parent / "golden"
ROWS = 200  # single rows a round
OURS = "scoregate"
MODELS = {name: f"census_{name}-4.3" for name in ("lr", "gbt", "forest")}


def compare(
    title: str,
    model: scorer.Model,
    rows: pa.Table,
    peers: dict[str, Callable[[], tuple[linear_peers.One, linear_peers.Many]]],
) -> tuple[float, float]:
    """Measure a model beside the peers that can be built; return our seconds of a row, and of a row of a batch."""
    facts = rows.slice(0, ROWS).to_pylist()
    answers = np.array(model.batch(rows)["probability"].to_pylist())[:, 1]
    one: dict[str, tuple[Work, int]] = {OURS: (lambda: [model.row(row) for row in facts], ROWS)}
    many: dict[str, tuple[Work, int]] = {OURS: (lambda: model.batch(rows), rows.num_rows)}
    for name, build in peers.items():
        try:
            row, batch = build()
            given = batch(rows)
        except Exception as e:  # noqa: BLE001  a converter has errors of its own
            print(f"  NOT MEASURED: {name}: {type(e).__name__}: {str(e)[:100]}")
            continue
        if not np.allclose(given, answers, rtol=1e-4, atol=1e-4) or abs(row(facts[0]) - answers[0]) > 1e-4:
            print(f"  NOT MEASURED: {name} gives other answers, by {np.abs(given - answers).max():.1e}")
            continue
        print(f"  {name}: same answers, largest difference {np.abs(given - answers).max():.1e}")
        few = facts[:20]
        one[name] = (lambda row=row, few=few: [row(each) for each in few], len(few))
        many[name] = (lambda batch=batch: batch(rows), rows.num_rows)
    rows_of, batches = processor(one), processor(many, 5)
    table(f"{title}: one row from a dict", rows_of, OURS)
    table(f"{title}: a batch of raw values", batches, OURS)
    return rows_of[OURS], batches[OURS]


def linear(model: scorer.Model, rows: pa.Table) -> dict[str, Any]:
    """Return what builds the peers of the linear model."""
    found = fused(model._selection)
    assert isinstance(found, Fused)
    names = {raw.value: raw.name for raw in model._selection.plan.raws.values()}

    def pipeline() -> Any:
        return linear_peers.census(found, names, rows)

    return {
        "scikit-learn, from data frames": lambda: linear_peers.sklearn_census(pipeline()),
        "ONNX Runtime, converted from it": lambda: linear_peers.onnx(pipeline(), rows.schema),
    }


def main() -> int:
    """Measure."""
    rows = pq.read_table(GOLDEN / "data" / "adult.parquet").drop_columns(["_row", "Salary"]).combine_chunks()
    ours, paths = {}, {}
    for name, folder in MODELS.items():
        paths[name] = (GOLDEN / "spark" / folder / "model", rows)
        model = scorer.load(paths[name][0]).select(["probability"])
        wanted = rows.select(model.inputs.names)
        ours[name] = compare(f"census {name}", model, wanted, linear(model, wanted) if name == "lr" else {})
    print("\nSpark itself, the same saves")
    spark_local.report(paths, ours)
    return 0


if __name__ == "__main__":
    sys.exit(main())
