"""Laws of `scoregate verify`, on what real Spark wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

GOLDEN = Path(__file__).parents[2] / "golden"
CENSUS = GOLDEN / "spark" / "census_lr-4.3"
SKIP = GOLDEN / "spark" / "string_indexer_skip-4.3"
NESTED = GOLDEN / "spark" / "pipeline_nested-4.3"
SCALER = GOLDEN / "spark" / "standard_scaler_mean_std-4.3"


def scored(folder, rows):
    """Return the rows that Spark kept, with the columns that Spark made."""
    expected = pq.read_table(folder / "expected.parquet")
    if "_row" in rows.column_names:
        kept = set(expected["_row"].to_pylist())
        rows = rows.filter(pa.array([number in kept for number in rows["_row"].to_pylist()]))
    for name in expected.column_names:
        if name not in rows.column_names:
            rows = rows.append_column(name, expected[name])
    return rows


@pytest.fixture
def census():
    return scored(CENSUS, pq.read_table(GOLDEN / "data" / "adult.parquet")).slice(0, 3000)


def with_value(table, name, row, value):
    values = table[name].to_pylist()
    values[row] = value
    place = table.column_names.index(name)
    return table.set_column(place, name, pa.array(values, table.schema.field(name).type))


@pytest.mark.parametrize("name", ["scored.parquet", "scored"])
def test_what_spark_wrote_agrees(scoregate, tmp_path, census, name):
    """A file of Spark's answers, or the folder of parts that Spark writes, is equal, and the exit code is 0."""
    if name == "scored":
        (tmp_path / name).mkdir()
        (tmp_path / name / "_SUCCESS").write_bytes(b"")
        pq.write_table(census.slice(0, 1000), tmp_path / name / "part-00000-a.snappy.parquet")
        pq.write_table(census.slice(1000), tmp_path / name / "part-00001-a.snappy.parquet")
    else:
        pq.write_table(census, tmp_path / name)
    done = scoregate("verify", CENSUS / "model", name, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["equal"], found["rows"], found["first"]) == (True, 3000, None)
    assert [one["column"] for one in found["columns"]] == ["rawPrediction", "probability", "prediction"]
    assert all(one["rows"] == 3000 and one["largest"] <= 1e-12 for one in found["columns"])
    assert found["not_compared"]["features"] == "not in the table"


def test_the_first_row_column_slot_and_stage_are_named(scoregate, tmp_path, census):
    """Of several differences the first row is named, with its place, slot, stage, and both values."""
    bad = with_value(census, "prediction", 2000, 7.0)
    before = bad["probability"][1500].as_py()
    bad = with_value(bad, "probability", 1500, [before[0], before[1] + 1e-9])
    pq.write_table(bad, tmp_path / "scored.parquet")
    done = scoregate("verify", CENSUS / "model", "scored.parquet")
    assert done.returncode == 1
    said = done.stdout.decode()
    assert "first at scored.parquet: row 1501" in said
    assert "`probability[1]` of stage LogisticRegression_" in said
    assert f"Spark {before[1] + 1e-9!r}" in said
    assert "`features` (VectorAssembler_" in said
    found = json.loads(scoregate("verify", CENSUS / "model", "scored.parquet", "--format", "json").stdout)
    counts = {one["column"]: one["differing"] for one in found["columns"]}
    assert counts == {"rawPrediction": 0, "probability": 1, "prediction": 1}
    assert (found["first"]["row"], found["first"]["slot"]) == (1500, 1)
    loose = scoregate("verify", CENSUS / "model", "scored.parquet", "--tolerance", "10")
    assert loose.returncode == 0, loose.stdout


def test_the_earliest_stage_is_found_by_the_columns_between(scoregate, tmp_path, census):
    """Where the columns between are there, the row's first differing one in the pipeline's order is named."""
    whole = tmp_path / "whole.parquet"
    wanted = "workclass_index,workclass_vec,rawPrediction,probability,prediction"
    pq.write_table(
        census.drop_columns(["rawPrediction", "probability", "prediction"]), tmp_path / "in.parquet"
    )
    assert scoregate("score", CENSUS / "model", "in.parquet", whole, "--columns", wanted).returncode == 0
    bad = with_value(pq.read_table(whole), "workclass_index", 5, 99.0)
    pq.write_table(with_value(bad, "prediction", 5, 9.0), whole)
    found = json.loads(scoregate("verify", CENSUS / "model", whole, "--format", "json").stdout)
    assert (found["first"]["column"], found["first"]["row"]) == ("workclass_index", 5)
    assert found["first"]["stage"].startswith("StringIndexer_")
    assert [one["column"] for one in found["columns"]][:2] == ["workclass_index", "workclass_vec"]


def test_rows_that_spark_dropped_are_no_difference_and_rows_that_it_kept_are(scoregate, tmp_path):
    """Spark's kept rows agree; a row that is dropped here alone is a difference, by the stage that drops."""
    rows = pq.read_table(SKIP / "input.parquet")
    table = scored(SKIP, rows)
    assert table.num_rows < rows.num_rows
    pq.write_table(table, tmp_path / "scored.parquet")
    assert scoregate("verify", SKIP / "model", "scored.parquet").returncode == 0
    pq.write_table(with_value(table, "town", 1, "nowhere at all"), tmp_path / "scored.parquet")
    done = scoregate("verify", SKIP / "model", "scored.parquet")
    assert done.returncode == 1
    assert b"dropped" in done.stdout
    assert b"StringIndexer_" in done.stdout


def test_vectors_may_be_of_spark_or_lists(scoregate, tmp_path):
    """Spark's struct of a vector, dense or sparse, is what a list of its numbers is."""
    table = scored(SCALER, pq.read_table(SCALER / "input.parquet"))
    (name,) = (n for n in pq.read_schema(SCALER / "expected.parquet").names if n != "_row")
    kind = pa.struct(
        [("type", pa.int8()), ("size", pa.int32()), ("indices", pa.list_(pa.int32())), ("values", pa.list_(pa.float64()))]
    )  # fmt: skip

    def struct(number, vector):
        if vector is None or number % 2:
            return vector and {"type": 1, "size": None, "indices": None, "values": vector}
        kept = [i for i, x in enumerate(vector) if x != 0.0]
        return {"type": 0, "size": len(vector), "indices": kept, "values": [vector[i] for i in kept]}

    structs = [struct(number, vector) for number, vector in enumerate(table[name].to_pylist())]
    table = table.set_column(table.column_names.index(name), name, pa.array(structs, kind))
    pq.write_table(table, tmp_path / "scored.parquet")
    done = scoregate("verify", SCALER / "model", "scored.parquet")
    assert done.returncode == 0, done.stdout + done.stderr


def test_missing_columns_are_said(scoregate, tmp_path, census):
    """A column that the model makes and the file lacks is named; with nothing to compare, the reason is given."""
    pq.write_table(census.drop_columns(["probability"]), tmp_path / "scored.parquet")
    done = scoregate("verify", CENSUS / "model", "scored.parquet")
    assert done.returncode == 0
    assert b"not compared: `probability`, not in the table" in done.stdout
    pq.write_table(census.drop_columns(["age"]), tmp_path / "scored.parquet")
    done = scoregate("verify", CENSUS / "model", "scored.parquet")
    assert done.returncode == 1
    assert b"made of `age`, which the table lacks" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_column_of_another_kind_differs_in_every_row(scoregate, tmp_path, census):
    """Texts in the place of numbers are infinitely far, and no stack trace."""
    texts = pa.array(np.full(census.num_rows, "x"))
    table = census.set_column(census.column_names.index("prediction"), "prediction", texts)
    pq.write_table(table, tmp_path / "scored.parquet")
    done = scoregate("verify", CENSUS / "model", "scored.parquet", "--format", "json")
    assert done.returncode == 1, done.stderr
    (column,) = (one for one in json.loads(done.stdout)["columns"] if one["column"] == "prediction")
    assert (column["differing"], column["largest"]) == (3000, "inf")


def test_an_answer_that_cannot_be_compared_is_no_proof(scoregate, tmp_path):
    """Where an input is missing, the columns made without it may agree: the exit code is 1, and the head says why."""
    rows = scored(NESTED, pq.read_table(NESTED / "input.parquet"))
    pq.write_table(rows.drop_columns(["x"]), tmp_path / "scored.parquet")
    done = scoregate("verify", NESTED / "model", "scored.parquet")
    assert done.returncode == 1, done.stderr
    said = done.stdout.decode()
    assert said.startswith("partly")
    assert "`prediction`, made of `x`, which the table lacks" in said.splitlines()[0]
    assert "not compared: `features`, made of `x`, which the table lacks" in said
    found = json.loads(scoregate("verify", NESTED / "model", "scored.parquet", "--format", "json").stdout)
    assert (found["equal"], found["complete"]) == (True, False)


def test_no_rows_prove_nothing(scoregate, tmp_path, census):
    """A table without rows is refused."""
    pq.write_table(census.slice(0, 0), tmp_path / "scored.parquet")
    done = scoregate("verify", CENSUS / "model", "scored.parquet")
    assert done.returncode == 1
    assert b"holds no rows" in done.stderr


def test_columns_between_are_numbers_in_text_too(scoregate, tmp_path):
    """In a table of text the columns between have the types that the model gives them."""
    rows = scored(NESTED, pq.read_table(NESTED / "input.parquet")).select(
        ["town", "x", "y", "ti", "yf", "prediction"]
    )
    whole = rows.set_column(
        3, "ti", rows["ti"].cast(pa.int32())
    )  # as some writers leave a double without fraction
    csv.write_csv(whole, tmp_path / "scored.csv")
    done = scoregate("verify", NESTED / "model", "scored.csv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(b"equal")
