"""Spark itself on this machine, asked through pyspark: one row of a plan that is built, and a file of rows.

Its time is that of the JVM's processor, as the others' is that of this process, and of the wall clock beside it.
Without pyspark or Java, `report` says so.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROW_CALLS, BATCH_CALLS = 9, 3
COPIES = 200_000  # rows of a batch, at least
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def session(cores: int) -> Iterator[Any]:
    """Start Spark on so many cores, and stop it."""
    spark = (
        import_module("pyspark.sql")
        .SparkSession.builder.master(f"local[{cores}]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "3g")
        .config("spark.log.level", "OFF")
        .getOrCreate()
    )
    try:
        yield spark
    finally:
        spark.stop()


def _spent(pid: int) -> float:
    """Return the seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _least(pid: int, calls: int, function: Any) -> tuple[float, float]:
    """Return the least seconds of processor and of wall clock a call, after two that are not counted."""
    function(), function()
    processor, wall = [], []
    for _ in range(calls):
        start, clock = _spent(pid), time.perf_counter()
        function()
        processor.append(_spent(pid) - start)
        wall.append(time.perf_counter() - clock)
    return sum(processor) / calls if min(processor) == 0 else min(processor), min(wall)


def _loaded(model: Path) -> Any:
    return import_module("pyspark.ml").PipelineModel.load(str(model))


def measure(
    spark: Any, model: Path, rows: pa.Table, column: str
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return (processor, wall) seconds of a row whose plan is built, and of each row of a file that is read."""
    pid = int(spark._jvm.java.lang.ProcessHandle.current().pid())
    loaded = _loaded(model)
    with TemporaryDirectory() as folder:
        # a file, since rows that stand in the plan itself would be scored once, when it is optimized
        pq.write_table(rows.slice(0, 1), f"{folder}/one.parquet")
        one = loaded.transform(spark.read.parquet(f"{folder}/one.parquet")).select(column)
        row = _least(pid, ROW_CALLS, one.collect)
    with TemporaryDirectory() as folder:
        many = pa.concat_tables([rows] * -(-COPIES // rows.num_rows))
        for part in range(2):  # as many files as cores, at most
            pq.write_table(many.slice(part * len(many) // 2, len(many) // 2), f"{folder}/{part}.parquet")
        frame = loaded.transform(spark.read.parquet(folder)).select(column)
        whole = _least(pid, BATCH_CALLS, lambda: frame.write.format("noop").mode("overwrite").save())
    return row, (whole[0] / len(many), whole[1] / len(many))


def report(models: dict[str, tuple[Path, pa.Table]], ours: dict[str, tuple[float, float]]) -> None:
    """Print what Spark takes for each model on one core and on two; `ours`: seconds of a row, of a row of a batch."""
    for cores in (1, 2):
        try:
            with session(cores) as spark:
                for name, (path, rows) in models.items():
                    (row, row_wall), (batch, batch_wall) = measure(spark, path, rows, "probability")
                    own_row, own_batch = ours[name]
                    print(
                        f"  {name:<20} Spark local[{cores}]: a row {row * 1e3:8.1f} ms of its processor ({row / own_row:9,.0f} of ours),"
                        f" {row_wall * 1e3:8.1f} ms by the clock;"
                        f" a batch {1 / batch_wall:10,.0f} rows/s by the clock, {1 / batch:10,.0f} a second of its processor"
                        f" (ours {1 / own_batch:12,.0f}: {batch / own_batch:6.1f} ×)"
                    )
        except Exception as e:  # noqa: BLE001  whatever a JVM, a port or a memory limit makes of it
            print(f"  NOT MEASURED: Spark local[{cores}]: {type(e).__name__}: {str(e)[:120]}")
            return
