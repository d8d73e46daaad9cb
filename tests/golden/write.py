"""Writing a golden case: the saved model, its input, what Spark answered, and the description."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from case import Case
from pyspark.sql import DataFrame
from pyspark.sql.types import StructType
from record import ROW, answers, table
from session import Session, restart_uids, seeded, struct, type_name

TIME = b'"timestamp":1700000000000'


def write(case: Case, session: Session, golden: Path) -> Path:
    """Fit, save, load and score one case into `golden/spark/<name>-<version>/`."""
    name = f"{case.name}-{session.version}"
    home = golden / "spark" / f".{name}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    restart_uids()
    model = _model(case, session, golden, home)
    frame = _input(case, session, golden, home)
    every = case.every.get(session.version, 1)
    chosen = frame if every == 1 else frame.where(f"{ROW} % {every} = 0")
    schema, rows, errors = answers(model, chosen)
    _expected(case, frame, schema, rows, home)
    for file, made in (case.more(model) if case.more else {}).items():
        whole = table(made.schema, made.sort(made.columns[0]).collect(), made.columns)
        pq.write_table(whole, home / f"{file}.parquet", compression="zstd", store_schema=False)
    if errors:
        (home / "errors.json").write_text(json.dumps({str(k): v for k, v in errors.items()}, indent=1) + "\n")
    _describe(case, session, frame, schema, home, errors=errors, every=every)
    final = golden / "spark" / name
    shutil.rmtree(final, ignore_errors=True)
    return home.rename(final)


def _model(case: Case, session: Session, golden: Path, home: Path) -> Any:
    if case.model_of:
        path = golden / "spark" / f"{case.model_of}-{session.version}" / "model"
        return _load(path, session)
    assert case.build is not None
    fitted = case.build(session)
    path = home / "model"
    with session.set_up(case.settings):
        fitted.write().overwrite().save(str(path))
    tidy(path, case.name)
    return type(fitted).load(str(path))


def _load(path: Path, session: Session) -> Any:
    from pyspark.ml import PipelineModel

    return PipelineModel.load(str(path))


def tidy(path: Path, name: str) -> None:
    """Drop checksums and fix what changes from run to run: the time, and the UUIDs in the names of part files."""
    for file in sorted(path.rglob("*")):
        if file.name.startswith((".", "_SUCCESS")) and file.is_file():
            file.unlink()
        elif file.name.startswith("part-"):
            if file.parent.name == "metadata" or file.suffix == ".txt":
                file.write_bytes(re.sub(rb'"timestamp":\d+', TIME, file.read_bytes()))
            fixed = re.sub(
                r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                str(seeded(f"{name}/{file.parent.name}")),
                file.name,
            )
            file.rename(file.with_name(fixed))


def _input(case: Case, session: Session, golden: Path, home: Path) -> DataFrame:
    if case.data:
        return session.parquet(str(golden / "data" / case.data))
    fields = struct(f"{ROW}:bigint {case.schema}")
    rows = [(number, *row) for number, row in enumerate(case.rows)]
    spool = home / "spool"
    session.spark.createDataFrame(rows, fields).coalesce(1).write.parquet(str(spool))
    next(spool.glob("part-*")).rename(home / "input.parquet")
    shutil.rmtree(spool)
    return session.parquet(str(home / "input.parquet"))


def _expected(case: Case, frame: DataFrame, schema: StructType | None, rows: list[Any], home: Path) -> None:
    given = set(frame.columns)
    outputs = [] if schema is None else [c for c in schema.names if c not in given]
    columns = [ROW, *(case.keep or outputs)]
    found = table(schema or frame.schema, rows, columns if schema is not None else [ROW])
    doubles = [path for path in _leaves(found) if not path.startswith("leaf")] if len(rows) > 1000 else []
    pq.write_table(
        found,
        home / "expected.parquet",
        compression="zstd",
        compression_level=19,
        use_dictionary=[c for c in _leaves(found) if c not in doubles],
        column_encoding=dict.fromkeys(doubles, "BYTE_STREAM_SPLIT") or None,
        store_schema=False,
    )


def _leaves(found: pa.Table) -> list[str]:
    kinds = {field.name: field.type for field in found.schema}
    return [f"{name}.list.element" if pa.types.is_list(kind) else name for name, kind in kinds.items()]


def _describe(
    case: Case,
    session: Session,
    frame: DataFrame,
    schema: StructType | None,
    home: Path,
    *,
    errors: Any,
    every: int,
) -> None:
    given = {f.name: type_name(f.dataType) for f in frame.schema.fields if f.name != ROW}
    made = (
        []
        if schema is None
        else [f for f in schema.fields if f.name not in frame.columns or f.name in (case.keep or ())]
    )
    facts = {
        "spark": session.spark.version,
        "law": case.law,
        "tolerance": case.tolerance,
        "relative": case.relative,
        "unordered": list(case.unordered) or None,
        "inputs": given,
        "outputs": {f.name: type_name(f.dataType) for f in made if not case.keep or f.name in case.keep},
        "model": f"spark/{case.model_of}-{session.version}/model" if case.model_of else None,
        "input": f"data/{case.data}" if case.data else None,
        "every": every if every > 1 else None,
        "raises": sorted(errors) or None,
        "notes": case.notes,
    }
    text = json.dumps({k: v for k, v in facts.items() if v is not None}, indent=1, ensure_ascii=False)
    (home / "case.json").write_text(text + "\n")
