"""The item table of a ranking: CSV or Parquet beside the policy, as typed columns, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from policy.diagnostics import Diagnostic, did_you_mean
from policy.files import UnreadableError, inside, read_sheet
from policy.sheets import Sheet
from policy.spec.rankings.items import ItemsSpec
from policy.spec.values import timestamp

MAX_ROWS = 20_000_000
_SHOWN = 20  # rows that are named
_SCALARS = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
}
_WORDS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def arrow_type(name: str) -> pa.DataType:
    """The Arrow type of a column's type."""
    return pa.list_(_SCALARS[name[5:-1]]) if name.startswith("list(") else _SCALARS[name]


def read_items(spec: ItemsSpec, folder: Path) -> tuple[pa.Table | None, list[Diagnostic]]:
    """The table with the key (int64) and the declared columns; None, or fewer rows, and what is wrong."""
    found: list[Diagnostic] = []
    try:
        parquet = inside(folder, spec.file).suffix.lower() == ".parquet"
        table = _parquet(spec, folder, found) if parquet else _csv(spec, folder, found)
    except (UnreadableError, pa.ArrowException, OSError, ValueError) as error:
        return None, [Diagnostic("E186", f"cannot read the items `{spec.file}`: {error}", spec.file_span)]
    if table is None:
        return None, found
    return table, [*found, *_repeated(spec, table)]


def _types(spec: ItemsSpec) -> dict[str, pa.DataType]:
    columns = {name: arrow_type(one) for name, one in spec.columns.items()}
    return {spec.key: pa.int64(), **columns}  # a key of texts is declared, and the model has labels for it


def _missing(spec: ItemsSpec, names: Sequence[str], found: list[Diagnostic]) -> bool:
    """Note columns that the file does not have."""
    lacking = [name for name in _types(spec) if name not in names]
    for name in lacking:
        message = f"the file `{spec.file}` has no column `{name}`"
        notes = (f"it has {', '.join(names[:50])}",)
        found.append(Diagnostic("E182", message, spec.span, notes, did_you_mean(name, names)))
    return bool(lacking)


def _parquet(spec: ItemsSpec, folder: Path, found: list[Diagnostic]) -> pa.Table | None:
    file = pq.ParquetFile(inside(folder, spec.file))
    if file.metadata.num_rows > MAX_ROWS:
        raise ValueError(f"it has more than {MAX_ROWS:,} rows")
    if _missing(spec, file.schema_arrow.names, found):
        return None
    table = file.read(list(_types(spec)))
    columns = {}
    for name, type_ in _types(spec).items():
        try:
            columns[name] = table.column(name).combine_chunks().cast(type_)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            message = f"the column `{name}` is {table.column(name).type}, not {spec.columns.get(name, 'int')}"
            found.append(Diagnostic("E187", message, spec.span, (str(error).partition("\n")[0],)))
    return None if len(columns) < len(_types(spec)) else pa.table(columns)


def _csv(spec: ItemsSpec, folder: Path, found: list[Diagnostic]) -> pa.Table | None:
    sheet = read_sheet(folder, spec.file)
    found += sheet.found
    if not sheet.rows:
        raise ValueError("it is empty; the first line names the columns")
    header, *rows = sheet.rows
    if _missing(spec, header.cells, found):
        return None
    columns = {
        name: pa.array(_column(sheet, header.cells.index(name), rows, type_, found), type_)
        for name, type_ in _types(spec).items()
    }
    return pa.table(columns)


def _column(
    sheet: Sheet, place: int, rows: Sequence[Any], type_: pa.DataType, found: list[Diagnostic]
) -> list[Any]:
    values = []
    for row in rows:
        text = row.cells[place] if place < len(row.cells) else ""
        value = _value(text, type_)
        if value is None and text and len(found) < _SHOWN:
            span = sheet.span(row, place)
            found.append(Diagnostic("E187", f"`{text[:40]}` is no {_name(type_)}", span))
        values.append(value)
    return values


def _value(text: str, type_: pa.DataType) -> Any:
    """The value that a cell means; None for an empty cell, or one that means nothing."""
    if text == "":
        return None
    if pa.types.is_list(type_):  # `a|b|c`
        items = [_value(part.strip(), type_.value_type) for part in text.split("|")]
        return None if None in items else items
    if pa.types.is_string(type_):
        return text
    if pa.types.is_boolean(type_):
        return _WORDS.get(text.lower())
    if pa.types.is_timestamp(type_):
        return timestamp(text if "T" in text else f"{text}T00:00:00Z")
    try:
        number = int(text) if pa.types.is_integer(type_) else float(text)
    except ValueError:
        return None
    return number if -(2**63) <= number < 2**63 else None


def _name(type_: pa.DataType) -> str:
    return next((f"list({n})" for n, t in _SCALARS.items() if pa.list_(t) == type_), None) or next(
        n for n, t in _SCALARS.items() if t == type_
    )


def _repeated(spec: ItemsSpec, table: pa.Table) -> list[Diagnostic]:
    """Rows without an id, and ids that stand twice: an item must be one row."""
    found = []
    for name in dict.fromkeys((spec.key, spec.id)):
        column = table.column(name)
        if column.null_count:
            rows = np.flatnonzero(column.is_null().to_numpy())[:_SHOWN].tolist()
            message = f"{column.null_count:,} rows of `{spec.file}` have no `{name}`"
            notes = (f"the first are the rows {', '.join(str(row + 1) for row in rows[:5])}",)
            found.append(Diagnostic("E187", message, spec.span, notes))
        counts = pc.value_counts(column.drop_null())
        twice = (
            [one["values"] for one in counts.to_pylist() if one["counts"] > 1]
            if len(counts) < len(column)
            else []
        )
        for value in twice[:_SHOWN]:
            rows = np.flatnonzero(pc.equal(column, value).to_numpy(zero_copy_only=False))[:5].tolist()
            message = f"the {name} {value} stands in several rows of `{spec.file}`"
            notes = (f"the rows {', '.join(str(row + 1) for row in rows)}",)
            found.append(Diagnostic("E187", message, spec.span, notes))
    return found
