"""Of what Databricks leaves beside the parts, only what a transaction committed is read."""

from __future__ import annotations

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from locations import refused

import scorer

TID, OLD, FAILED = "4521551541471231", "1111", "2222"


def named(tid, number):
    return f"part-0000{number}-tid-{tid}-6f3f6f3e-0000-4000-8000-00000000000{number}-{number}-c000.snappy.parquet"


def commit(folder, tid, added=(), removed=()):
    (folder / f"_started_{tid}").write_text("")
    (folder / f"_committed_{tid}").write_text(json.dumps({"added": list(added), "removed": list(removed)}))


@pytest.fixture
def committed(model):
    """A data folder whose part one transaction committed, with garbage of others beside it."""
    folder = next(model.glob("stages/*LogisticRegression*/data"))
    part = next(folder.iterdir())
    right = folder / named(TID, 0)
    part.rename(right)
    commit(folder, TID, [right.name])
    (folder / "_SUCCESS").write_text("")
    (folder / f".{right.name}.crc").write_bytes(b"crc\0")
    return folder


def garble(folder, name):
    """Write a part whose values must not be read."""
    table = pq.read_table(next(folder.glob(f"part-*{TID}*")))
    pq.write_table(pa.concat_tables([table, table]), folder / name)


def test_parts_of_an_unfinished_write_are_not_read(committed, model, original):
    """A part of a transaction that started and never ended is left alone."""
    garble(committed, named(FAILED, 1))
    (committed / f"_started_{FAILED}").write_text("")
    assert scorer.load(model).version == scorer.load(original).version


def test_a_second_try_of_a_task_is_not_read(committed, model, original):
    """A part of a transaction that ended without naming it is left alone."""
    garble(committed, named(TID, 7))
    assert scorer.load(model).version == scorer.load(original).version


def test_removed_parts_are_not_read(committed, model, original):
    """A part that a later transaction removed is left alone, whether a transaction wrote it or not."""
    garble(committed, named(OLD, 2))
    garble(committed, "part-00000-plain.parquet")
    commit(committed, OLD, [named(OLD, 2)])
    commit(committed, TID, [named(TID, 0)], [named(OLD, 2), "part-00000-plain.parquet"])
    assert scorer.load(model).version == scorer.load(original).version
    (committed / named(OLD, 2)).unlink()
    assert scorer.load(model).version == scorer.load(original).version


def test_a_part_that_no_transaction_lists_is_not_read(committed, model, original):
    """Where a transaction lists what it added, a part that none lists is left alone, whatever its name."""
    garble(committed, "part-00003-plain.parquet")
    garble(committed, named("3333", 3))
    assert scorer.load(model).version == scorer.load(original).version


def test_a_transaction_that_only_removed_leaves_the_rest(committed, model, original):
    """Where transactions list only what they removed, every other part is read."""
    garble(committed, named(OLD, 2))
    commit(committed, TID, [], [named(OLD, 2)])
    assert scorer.load(model).version == scorer.load(original).version


def test_parts_without_marks_are_read(committed, model, original):
    """Parts whose transaction left no mark, as after a copy of the parts alone, are read."""
    for mark in committed.glob("_*"):
        mark.unlink()
    assert scorer.load(model).version == scorer.load(original).version


def test_a_vacuum_is_no_transaction(committed, model, original):
    """`_committed_vacuum…` tells of parts that are gone, and is not read."""
    (committed / f"_committed_vacuum{OLD}").write_text("{}")
    assert scorer.load(model).version == scorer.load(original).version


def test_a_committed_part_that_is_missing_is_named(committed, model):
    """A table of which a transaction committed more than is there is refused, and the part is named."""
    commit(committed, TID, [named(TID, 0), named(TID, 1)])
    refused(model, named(TID, 1), "missing", "LogisticRegression_000000000001")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"added": 3}', '{"added": [1]}', '{"removed": {}}', "[" * 99_999, "\udcff"]
)
def test_a_list_of_parts_that_is_none_is_refused(committed, model, text):
    """A damaged `_committed_` file is refused by its name."""
    (committed / f"_committed_{TID}").write_bytes(text.encode("utf-8", "surrogateescape"))
    refused(model, f"_committed_{TID}")


def test_a_list_of_parts_outside_is_refused(committed, model, tmp_path):
    """A `_committed_` file that is a link to one outside is refused."""
    mark = committed / f"_committed_{TID}"
    shutil.move(mark, tmp_path / "mark")
    mark.symlink_to(tmp_path / "mark")
    refused(model, "leaves the model's folder")


def test_metadata_has_transactions_too(model, original):
    """Metadata parts of an unfinished write are left alone as data are."""
    folder = model / "metadata"
    part = next(folder.iterdir())
    right = f"part-00001-tid-{TID}-6f3f6f3e-1-c000.txt"
    part.rename(folder / right)
    commit(folder, TID, [right])
    (folder / f"part-00000-tid-{FAILED}-6f3f6f3e-1-c000.txt").write_text('{"class": "stale"}')
    (folder / f"_started_{FAILED}").write_text("")
    assert scorer.load(model).version == scorer.load(original).version
