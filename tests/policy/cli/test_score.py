"""Laws of `scoregate score`, on models that real Spark saved."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

import scorer
from policy.cli.tables import write

GOLDEN = Path(__file__).parents[2] / "golden"
CENSUS = GOLDEN / "spark" / "census_lr-4.3"
INDEXER = GOLDEN / "spark" / "string_indexer_error-4.3"
SKIP = GOLDEN / "spark" / "string_indexer_skip-4.3"


def parsed(out):
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("name", ["in.parquet", "in.csv", "in.jsonl", "in.arrow"])
def test_scores_are_those_of_spark(scoregate, tmp_path, name):
    """All census rows through a file of any format give Spark's probabilities, in order."""
    table = pq.read_table(GOLDEN / "data" / "adult.parquet")
    with write(str(tmp_path / name), None) as sink:
        sink.write(table)
    done = scoregate("score", CENSUS / "model", name, "out.parquet", "--columns", "probability")
    assert done.returncode == 0, done.stderr
    assert b"32,561 rows read, 32,561 scored" in done.stderr
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column_names == [*table.column_names, "probability"]
    assert found["age"].cast("int64").equals(table["age"].cast("int64"))
    expected = np.array(pq.read_table(CENSUS / "expected.parquet")["probability"].to_pylist())
    np.testing.assert_allclose(np.array(found["probability"].to_pylist()), expected, rtol=1e-12)


def test_json_lines_in_and_out(scoregate):
    """Between - and - go JSON lines, with the input's members before the model's."""
    rows = [{"id": 1, "town": "Oslo"}, {"id": 2, "town": "Rome"}]
    towns = pq.read_table(INDEXER / "input.parquet")["town"].to_pylist()
    rows = [{"id": number, "town": town} for number, town in enumerate(towns[:5])]
    done = scoregate(
        "score", INDEXER / "model", "-", "-", stdin="".join(json.dumps(row) + "\n" for row in rows).encode()
    )
    assert done.returncode == 0, done.stderr
    expected = pq.read_table(INDEXER / "expected.parquet")["town_i"].to_pylist()[:5]
    assert parsed(done.stdout) == [
        {**row, "town_i": index} for row, index in zip(rows, expected, strict=True)
    ]


def test_the_first_bad_row_ends_it(scoregate, tmp_path):
    """Where Spark would raise, the place of the row, the stage and the column are named, and nothing is written."""
    (tmp_path / "in.csv").write_text("id,town\n1,Oslo\n\n2,Nowhere-at-all\n")
    done = scoregate("score", INDEXER / "model", "in.csv", "out.csv")
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: in.csv:")
    assert b"column `town`" in done.stderr
    assert b"Traceback" not in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_keep_going_says_why(scoregate, tmp_path):
    """With --keep-going every row is written, a bad one with nulls and the reason in _status."""
    table = pq.read_table(INDEXER / "input.parquet")
    bad = json.loads((INDEXER / "case.json").read_text())["raises"]
    done = scoregate(
        "score",
        INDEXER / "model",
        INDEXER / "input.parquet",
        "out.parquet",
        "--keep-going",
        "--format",
        "json",
    )
    assert done.returncode == 0, done.stderr
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.num_rows == table.num_rows
    assert [row for row, status in enumerate(found["_status"].to_pylist()) if status != "ok"] == bad
    assert [row for row, index in enumerate(found["town_i"].to_pylist()) if index is None] == bad
    summary = json.loads(done.stderr)
    assert (summary["rows"], summary["failed"], summary["dropped"]) == (table.num_rows, len(bad), 0)


def test_dropped_rows_are_counted(scoregate, tmp_path):
    """Rows that Spark drops are dropped and counted; with --keep-going they stay, marked."""
    expected = pq.read_table(SKIP / "expected.parquet").num_rows
    rows = pq.read_table(SKIP / "input.parquet").num_rows
    done = scoregate("score", SKIP / "model", SKIP / "input.parquet", "out.parquet", "--format", "json")
    assert pq.read_table(tmp_path / "out.parquet").num_rows == expected < rows
    assert json.loads(done.stderr)["dropped"] == rows - expected
    assert (
        scoregate("score", SKIP / "model", SKIP / "input.parquet", "kept.parquet", "--keep-going").returncode
        == 0
    )
    assert pq.read_table(tmp_path / "kept.parquet")["_status"].to_pylist().count("dropped") == rows - expected


def test_vectors_are_json_in_csv(scoregate, tmp_path):
    """A model's vectors stand in CSV as JSON lists."""
    table = pq.read_table(GOLDEN / "data" / "adult.parquet").slice(0, 3)
    pq.write_table(table, tmp_path / "in.parquet")
    assert scoregate("score", CENSUS / "model", "in.parquet", "out.csv").returncode == 0
    cells = arrow_csv.read_csv(tmp_path / "out.csv")["probability"].to_pylist()
    expected = pq.read_table(CENSUS / "expected.parquet")["probability"].to_pylist()[:3]
    np.testing.assert_allclose([json.loads(cell) for cell in cells], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "in.csv", "-"], "nowhere"),
        ([str(CENSUS / "model"), "in.csv", "-"], "no column"),
        ([str(INDEXER / "model"), "in.csv", "-", "--columns", "foo"], "foo"),
        ([str(INDEXER / "model"), "status.csv", "-", "--keep-going"], "_status"),
    ],
)
def test_what_is_missing_is_named(scoregate, tmp_path, arguments, message):
    """A missing model, a column that the model needs or does not make: exit code 1, and its name."""
    (tmp_path / "in.csv").write_text("id,town\n1,Oslo\n")
    (tmp_path / "status.csv").write_text("_status,town\n1,Oslo\n")
    done = scoregate("score", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: ")
    assert message in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_member_that_is_missing_is_null(scoregate):
    """In JSON lines a row may leave a column out, as for `model.row`, and no rows are no error; both are said."""
    model = GOLDEN / "spark" / "pipeline_nested-4.3" / "model"
    done = scoregate(
        "score", model, "-", "-", "--format", "json", "--keep-going", stdin=b'{"town":"Oslo","x":1.0}\n'
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stderr)["never_given"] == ["y"]
    facts = {"town": "Oslo", "x": 1.0}
    _, status = scorer.load(model).try_batch(pa.Table.from_pylist([facts | {"y": None}]))
    assert json.loads(done.stdout)["_status"].partition("stage")[2] == status[0].as_py().partition("stage")[2]
    empty = scoregate("score", model, "-", "-", stdin=b"")
    assert (empty.returncode, empty.stdout) == (0, b"")
