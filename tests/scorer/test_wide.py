"""Vectors of very many slots: scored in parts that fit, told apart from what cannot fit."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

import scorer
from scorer import tables, vectors


def saved(path, class_name, **params):
    """Write the save of a stage without data."""
    meta = {
        "class": f"org.apache.spark.ml.{class_name}",
        "uid": "one",
        "sparkVersion": "3.5.0",
        "paramMap": params,
    }
    (path / "metadata").mkdir(parents=True)
    (path / "metadata" / "part-00000").write_text(json.dumps(meta))
    return path


@pytest.fixture
def hashing(tmp_path):
    """Hashed words, in Spark's default number of slots."""
    return scorer.load(
        saved(tmp_path / "model", "feature.HashingTF", inputCol="words", outputCol="v", numFeatures=1 << 18)
    )


def words(rows):
    return pa.table({"words": [[f"w{i}", "x"] if i % 7 else None for i in range(rows)]})


def test_wide_vectors_are_scored_in_parts(hashing):
    """A table whose vectors are too wide for one matrix is scored in parts, with the numbers of its own rows."""
    table, status = hashing.try_batch(words(300))
    assert vectors.MAX_BATCH < 300 << 18
    assert [i for i, said in enumerate(status.to_pylist()) if said != "ok"] == list(range(0, 300, 7))
    assert "row 294" in status[294].as_py()
    for row in (1, 150, 299):
        assert table["v"][row].values.to_numpy().tolist() == hashing.row({"words": [f"w{row}", "x"]})["v"]


def test_parts_do_not_show(hashing, monkeypatch):
    """Scored in parts or at once, a table has one answer, and the first row that is refused has its number."""
    whole = hashing.try_batch(words(20))
    monkeypatch.setattr(vectors, "MAX_BATCH", 3 << 18)
    assert hashing.try_batch(words(20))[1].equals(whole[1])
    assert hashing.try_batch(words(20))[0].equals(whole[0])
    with pytest.raises(scorer.RowError) as caught:
        hashing.batch(words(20).slice(1))
    assert caught.value.row == 6


def test_more_than_fits_is_refused_in_words(hashing, monkeypatch):
    """A column of lists that would take gigabytes is refused with a way out, not with a MemoryError."""
    monkeypatch.setattr(tables, "MAX_DENSE", 30 << 18)
    assert hashing.batch(words(29).slice(1, 6)).num_rows == 6
    with pytest.raises(scorer.ColumnError, match="fewer rows"):
        hashing.batch(pa.table({"words": [["x"]] * 31}))
