"""Train the login bot detector with Spark (needs pyspark and Java).

THE TRAINING DATA IS SIMULATED unless `--data` names a file: `login_simulation.py` makes logins in the schema
of the public risk-based-authentication data set of Wiefling et al. (CC BY 4.0), with no row of it. With
`--data` the same facts are computed from the real file. The label is that file's `Is Attack IP`.

The first quarter of the rows only builds up history (known devices, known countries), the next half trains,
and the last quarter is held back for the report that stands at the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import login_simulation
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from login_facts import SCHEMA, facts
from login_pipeline import CATEGORIES, MAY_LACK, SWITCHES, probabilities, report, train
from login_rows import Login, Reputation, read, write
from pyspark.ml import PipelineModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col

HERE = Path(__file__).parent
CHUNK = 50_000
GOLDEN_ROWS = 500
NULLABLE = {*CATEGORIES, *MAY_LACK}


def main() -> None:
    """Train, save, report."""
    arguments = _arguments()
    builder = SparkSession.builder.master(arguments.master).appName("train_login")
    spark = builder.config("spark.ui.enabled", value=False).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        with tempfile.TemporaryDirectory() as scratch:
            rows = Path(scratch) / "facts.parquet"
            count = write_facts(rows, *_source(arguments))
            _train(spark, arguments, rows, count)
    except (OSError, ValueError) as error:
        sys.exit(f"train_login.py: {error}")
    finally:
        spark.stop()


def _train(spark: SparkSession, arguments: argparse.Namespace, rows: Path, count: int) -> None:
    table = spark.read.parquet(str(rows))
    train_on = table.where((col("_row") >= count // 4) & (col("_row") < count * 3 // 4)).drop("_row")
    held_back = table.where(col("_row") >= count * 3 // 4).drop("_row")
    model = train(train_on.coalesce(1).cache())
    save(model, arguments.out)
    if arguments.golden:
        write_golden(model, held_back, arguments.golden, arguments.seed)
    sys.stdout.write(report(probabilities(model, held_back)))


def write_facts(path: Path, logins: Iterable[Login], reputation: Reputation) -> int:
    """Write the facts of every attempt to one Parquet file, numbered by `_row`; return how many."""
    count = 0
    with pq.ParquetWriter(path, SCHEMA.append(pa.field("_row", pa.int64()))) as writer:
        for chunk in chunks(facts(logins, reputation)):
            numbers = pa.array(range(count, count + len(chunk)), pa.int64())
            writer.write_table(pa.Table.from_pylist(chunk, SCHEMA).append_column("_row", numbers))
            count += len(chunk)
    if not count:
        raise ValueError("no logins in the data")
    return count


def chunks(rows: Iterator[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    """Cut rows into lists of at most CHUNK."""
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def save(model: PipelineModel, path: Path) -> None:
    """Save as Spark does, over what was there, without Hadoop's hidden checksum files."""
    model.write().overwrite().save(str(path.absolute()))
    for hidden in path.rglob(".*.crc"):
        hidden.unlink()


def write_golden(model: PipelineModel, rows: DataFrame, folder: Path, seed: int) -> None:
    """Write GOLDEN_ROWS spoilt rows (input.parquet) and what Spark makes of them (expected.parquet)."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    picked = rows.toArrow().drop_columns(["bot"])
    picked = picked.take(np.sort(draw.choice(picked.num_rows, GOLDEN_ROWS, replace=False)))
    spoilt = [spoil(row, draw) for row in picked.to_pylist()]
    numbers = pa.array(range(len(spoilt)), pa.int64())
    table = pa.Table.from_pylist(spoilt, picked.schema).append_column("_row", numbers)
    pq.write_table(table, folder / "input.parquet")
    scored = model.transform(rows.sparkSession.read.parquet(str((folder / "input.parquet").absolute())))
    expected = scored.select("_row", vector_to_array(col("probability")).alias("probability")).toArrow()
    pq.write_table(expected.sort_by("_row"), folder / "expected.parquet")


def spoil(row: dict[str, object], draw: np.random.Generator) -> dict[str, object]:
    """Put nulls, unseen labels, empty strings, NaN and far numbers into about half of the rows."""
    spoilt = dict(row)
    for name, value in row.items():
        chance = draw.random()
        if chance < (0.03 if name in NULLABLE else 0.01):
            spoilt[name] = None
        elif chance < 0.06 and name in CATEGORIES:
            spoilt[name] = ("", "ZZ", "Ærøskøbing", "clean ")[draw.integers(4)]
        elif chance < 0.06 and name == "roundTrip":
            spoilt[name] = (float("nan"), float("inf"), -1.0, 0.0, 25.0)[draw.integers(5)]
        elif chance < 0.06 and isinstance(value, int) and name not in SWITCHES:
            spoilt[name] = (-1, 0, 10**12)[draw.integers(3)]
    return spoilt


def _source(arguments: argparse.Namespace) -> tuple[Iterable[Login], Reputation]:
    if arguments.data:
        listed = Reputation.read(arguments.reputation) if arguments.reputation else Reputation([])
        return islice(read(arguments.data), arguments.limit), listed
    logins = login_simulation.simulate(arguments.seed)
    if arguments.save_rows:
        write(arguments.save_rows, logins)
    return logins, login_simulation.REPUTATION


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("--data", type=Path, metavar="FILE", help="the real rba-dataset.csv (default: simulate)")
    add("--limit", type=int, metavar="N", help="of the real file, the first N rows")
    add("--reputation", type=Path, metavar="FILE", help="lines `network,proxy` or `network,tor`")
    add("--seed", type=int, default=20200203, help="of the simulation (default: %(default)s)")
    add("--save-rows", type=Path, metavar="FILE", help="write the simulated logins as CSV")
    add("--out", type=Path, default=HERE / "login", help="where the model goes (default: %(default)s)")
    add("--golden", type=Path, metavar="DIR", help="also write input and expected output for tests")
    add("--master", default="local[2]", help="of Spark (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
