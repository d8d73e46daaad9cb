"""Laws of `scoregate batch`, with real files, pipes and processes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from pyarrow import ipc

from policy.cli import main
from policy.cli.tables import read, write
from policy.runtime import load

ROOT = Path(__file__).parents[3]
LOGIN = ROOT / "configs" / "login.yaml"
EXAMPLE = json.loads((ROOT / "configs" / "examples" / "login.json").read_text())
POLICY = """\
decision: risk
inputs:
  who:  {type: string}
  age:  {type: int, min: 0}
  seen: {type: timestamp, optional: true}
  risk: {type: double, optional: true}
score: {input: risk}
actions: {allow: , challenge: , block: }
bands: {allow: 0, challenge: 0.4, block: 0.9}
on_error: {score: challenge, facts: refuse}
"""
FACTS = [
    {"who": "ann", "age": 39, "seen": "2026-01-31T12:00:00Z", "risk": 0.1},
    {"who": "bob", "age": 40, "seen": None, "risk": 0.5},
    {"who": "", "age": 0, "seen": None, "risk": 1.0},
    {"who": "dan", "age": 41, "seen": None, "risk": None},
    {"who": "eve", "age": -1, "seen": None, "risk": 0.5},
]
ACTIONS = ["allow", "challenge", "block", "challenge", None]


def json_lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def parsed(out):
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "risk.yaml"
    path.write_text(POLICY)
    return path


@pytest.fixture
def table():
    """The facts as a table of the policy's own types."""
    types = [("who", pa.string()), ("age", pa.int64()), ("seen", pa.string()), ("risk", pa.float64())]
    return pa.Table.from_pylist(FACTS, pa.schema(types))


def save(table, path):
    with write(str(path), None) as sink:
        sink.write(table)


@pytest.mark.parametrize(
    "name", ["in.parquet", "in.csv", "in.tsv", "in.arrow", "in.arrows", "in.jsonl", "in.csv.gz"]
)
@pytest.mark.parametrize("out", ["out.parquet", "out.csv", "out.arrow", "out.jsonl.zst"])
def test_every_format_gives_the_same_decisions(policy, table, tmp_path, name, out):
    """Rows come out in their order with the same outcome, whatever the formats of input and output."""
    save(table, tmp_path / name)
    arguments = ["batch", str(policy), str(tmp_path / name), str(tmp_path / out)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    types = {"age": pa.int64(), "risk": pa.float64(), "score": pa.float64()}
    with read(str(tmp_path / out), None, types) as source:
        rows = pa.concat_tables([chunk.table for chunk in source.chunks])
    assert rows.select(table.column_names).equals(table)
    assert rows["action"].to_pylist() == ACTIONS
    assert rows["score"].to_pylist() == [0.1, 0.5, 1.0, None, None]
    assert rows["problem"].to_pylist()[-1] == "/age: expected int of at least 0, got -1"


def test_batch_is_row_on_the_real_model(scoregate):
    """Each line that batch writes has the outcome that `Decision.row` gives for its facts."""
    decision = load(LOGIN)
    rows = [
        {**EXAMPLE, "failed_logins_1h": number % 30, "ip_reputation": word, "round_trip_ms": milliseconds}
        for number in range(60)
        for word in ("clean", "proxy", "tor")
        for milliseconds in (None, 48.0, 700.5)
    ]
    done = scoregate("batch", LOGIN, "-", "-", stdin=json_lines(rows))
    assert done.returncode == 0, done.stderr
    for facts, found in zip(rows, parsed(done.stdout), strict=True):
        outcome = decision.row(facts)
        assert (found["action"], found["band"]) == (outcome.action, outcome.band.action)
        assert found["score"] == pytest.approx(outcome.score, rel=1e-12)
        assert found["policy_version"] == outcome.policy_version


def test_a_stream_of_arrow_goes_through(scoregate, policy, table):
    """Arrow streams are read from standard input and written to standard output."""
    sink = io.BytesIO()
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    done = scoregate(
        "batch", policy, "-", "-", "--in-format", "arrows", "--out-format", "arrows", stdin=sink.getvalue()
    )
    assert done.returncode == 0, done.stderr
    assert ipc.open_stream(done.stdout).read_all()["action"].to_pylist() == ACTIONS


def test_the_summary_counts(scoregate, policy):
    """The summary, as JSON for programs, counts rows, actions, refusals and degraded rows, and places the first problem."""
    done = scoregate("batch", policy, "-", "-", "--format", "json", stdin=b"\n" + json_lines(FACTS))
    summary = json.loads(done.stderr)
    assert summary["rows"] == 5
    assert summary["actions"] == {"allow": 1, "challenge": 2, "block": 1}
    assert (summary["refused"], summary["degraded"]) == (1, 1)
    assert summary["first_problem"].startswith("standard input:6: /age: expected int of at least 0")
    text = scoregate("batch", policy, "-", "-", stdin=json_lines(FACTS)).stderr.decode()
    assert "5 rows decided by risk" in text
    assert "refused: 1 rows" in text
    assert "degraded: 1 rows" in text


def test_strict_makes_problems_an_exit_code(scoregate, policy, tmp_path):
    """With --strict a refused or degraded row gives exit code 1, and the output is whole."""
    (tmp_path / "in.jsonl").write_bytes(json_lines(FACTS))
    assert scoregate("batch", policy, "in.jsonl", "out.csv").returncode == 0
    (tmp_path / "out.csv").unlink()
    assert scoregate("batch", policy, "in.jsonl", "out.csv", "--strict").returncode == 1
    assert (tmp_path / "out.csv").exists()
    assert scoregate("batch", policy, "-", "-", "--strict", stdin=json_lines(FACTS[:3])).returncode == 0


def test_scores_from_a_column(scoregate):
    """With --score a column replaces the model, and where it is null the model is asked."""
    rows = [{**EXAMPLE, "given": 0.95}, {**EXAMPLE, "given": None}]
    found = parsed(scoregate("batch", LOGIN, "-", "-", "--score", "given", stdin=json_lines(rows)).stdout)
    assert [row["action"] for row in found] == ["block", "allow"]
    done = scoregate("batch", LOGIN, "-", "-", "--score", "nowhere", stdin=json_lines(rows))
    assert done.returncode == 1
    assert b"there is no column `nowhere`" in done.stderr


def test_no_rows_make_an_output_with_columns(scoregate, policy, tmp_path):
    """An input without rows gives an output without rows, with all of its columns."""
    (tmp_path / "in.csv").write_text("who,age,risk\n")
    done = scoregate("batch", policy, "in.csv", "out.parquet")
    assert done.returncode == 0, done.stderr
    names = pq.read_table(tmp_path / "out.parquet").column_names
    assert names[:5] == ["who", "age", "risk", "action", "score"]
    assert scoregate("batch", policy, "-", "-").stdout == b""


def test_a_wrong_cell_ends_with_its_place(scoregate, policy, tmp_path):
    """A cell that is of no use ends with exit code 1, file, line and column; there is no output and no stack trace."""
    (tmp_path / "in.csv").write_text("who,age\nann,39\nbob,old\n")
    done = scoregate("batch", policy, "in.csv", "out.csv")
    assert done.returncode == 1
    assert done.stderr.decode() == 'Error: in.csv:3: column `age`: expected int, got "old"\n'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "risk.yaml"]


def test_a_policy_that_does_not_load_is_shown(scoregate, tmp_path):
    """A policy with mistakes ends with exit code 1 and every one of them with its place."""
    (tmp_path / "p.yaml").write_text(POLICY.replace("block: 0.9", "blok: 0.9").replace("int,", "integer,"))
    done = scoregate("batch", "p.yaml", "-", "-")
    assert done.returncode == 1
    assert done.stderr.count(b"p.yaml:") >= 2
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["batch"],
        ["batch", "nowhere.yaml", "-", "-"],
        ["batch", "risk.yaml", "-", "-", "--type", "age"],
        ["batch", "risk.yaml", "-"],
    ],
)
def test_wrong_usage_is_exit_code_2(scoregate, policy, arguments):
    """A command that is not understood ends with exit code 2."""
    assert policy.exists()
    assert scoregate(*arguments).returncode == 2


def test_a_reader_that_leaves_ends_it_quietly(policy, tmp_path):
    """Where the reader of standard output leaves early, nothing is said about it."""
    (tmp_path / "in.jsonl").write_bytes(json_lines(FACTS[:1]) * 100_000)
    done = subprocess.run(
        f"{sys.executable} -m policy.cli batch {policy} in.jsonl - 2>err | head -1",
        shell=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["action"] == "allow"
    assert (tmp_path / "err").read_text() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_leaves_no_half_file(policy, tmp_path, number):
    """After SIGTERM or Ctrl-C in the middle, the former output stands and no draft is left."""
    out = tmp_path / "out.csv"
    out.write_text("former")
    process = subprocess.Popen(
        [sys.executable, "-m", "policy.cli", "batch", str(policy), "-", str(out)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    process.stdin.write(json_lines(FACTS[:1]) * 100_000)
    process.stdin.flush()
    while not (drafts := list(tmp_path.glob(".out.csv.*.part"))) or not drafts[0].stat().st_size:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    errors = process.communicate()[1]
    assert process.returncode != 0
    assert b"Traceback" not in errors
    assert out.read_text() == "former"
    assert not list(tmp_path.glob(".out.csv.*"))


MEASURE = """
import sys
from policy.cli import main
main(sys.argv[1:], standalone_mode=False)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "out"), [("in.jsonl", "out.parquet"), ("in.csv", "out.jsonl"), ("in.parquet", "out.csv")]
)
def test_memory_does_not_grow_with_the_input(policy, table, tmp_path, name, out):
    """Three times the rows take no more memory, but for the noise of allocators."""
    peaks = []
    for rows in (600_000, 1_800_000):
        save(table.slice(0, 1).take([0] * rows).combine_chunks(), tmp_path / name)
        arguments = ["batch", str(policy), str(tmp_path / name), str(tmp_path / out)]
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, *arguments], capture_output=True, text=True, check=True, cwd=ROOT
        )
        peaks.append(int(done.stdout) / 1024)
    assert peaks[1] - peaks[0] < 60
