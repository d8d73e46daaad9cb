"""The UCI Adult census rows (CC BY 4.0), read once into a Parquet file that the cases share.

Source: Becker, B. and Kohavi, R. (1996), Adult, UCI Machine Learning Repository, https://doi.org/10.24432/C5XW20.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = (
    "age:int workclass:string fnlwgt:int education:string education-num:int marital-status:string occupation:string "
    "relationship:string race:string sex:string capital-gain:int capital-loss:int hours-per-week:int "
    "native-country:string Salary:string"
)
LABEL = "Salary"
KINDS = dict(part.split(":") for part in SCHEMA.split())
NUMERIC = [name for name, kind in KINDS.items() if kind == "int"]
CATEGORICAL = [name for name, kind in KINDS.items() if kind == "string" and name != LABEL]


def convert(source: Path, target: Path) -> None:
    """Write `adult.data`, with a header line and blanks after its commas, as Parquet with a row number `_row`."""
    with source.open(newline="", encoding="utf-8") as text:
        header, *rows = [row for row in csv.reader(text, skipinitialspace=True) if row]
    if header != list(KINDS):
        raise ValueError(f"{source}: expected the columns {', '.join(KINDS)}, got {', '.join(header)}")
    columns = {"_row": pa.array(range(len(rows)), pa.int64())}
    for place, (name, kind) in enumerate(KINDS.items()):
        values = [row[place] for row in rows]
        columns[name] = pa.array([int(v) for v in values], pa.int32()) if kind == "int" else pa.array(values)
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), target, compression="zstd", compression_level=19, store_schema=False)
