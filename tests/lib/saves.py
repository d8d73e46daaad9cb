"""The parts of a small save, how a test changes them, and what a refusal says."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import scorer

INDEXER, ENCODER, SCALER, LINEAR = (
    "0_StringIndexer_000000000001",
    "2_OneHotEncoder_000000000001",
    "5_StandardScaler_000000000001",
    "6_LogisticRegression_000000000001",
)
FACTS = {"town": "Oslo", "x": 1.0, "y": 3}


def part(folder):
    return next(p for p in sorted(folder.iterdir()) if p.name.startswith("part-"))


def edit(folder, **changes):
    path = part(folder / "metadata")
    meta = json.loads(path.read_text())
    path.write_text(json.dumps(meta | changes))


def edit_params(folder, **params):
    edit(folder, paramMap=json.loads(part(folder / "metadata").read_text())["paramMap"] | params)


def rewrite(folder, change):
    """Change the record of a data folder."""
    path = part(folder)
    table = pq.read_table(path)
    rows = change(table.to_pylist())
    pq.write_table(
        rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows, loose(table.schema)), path
    )


def loose(kind):
    """Allow nulls everywhere in a schema or type, as Spark 2 writes it."""
    if isinstance(kind, pa.Schema):
        return pa.schema([pa.field(f.name, loose(f.type)) for f in kind])
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, loose(f.type)) for f in kind])
    return pa.list_(loose(kind.value_type)) if pa.types.is_list(kind) else kind


def refused(path, *words, kind=scorer.SavedError):
    """Load, and check that the error names what it should."""
    with pytest.raises(kind) as caught:
        scorer.load(path)
    for word in words:
        assert str(word) in str(caught.value)
    return caught.value
