"""Many labels in Arrow's memory: they answer as a tuple of texts and a dict of places do."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scorer
from scorer.columns import Rows
from scorer.errors import Dropped, Invalid
from scorer.fields import Attribute, number
from scorer.labels import MANY, Finder, Labels
from scorer.stages.index import IndexToString, StringIndexer

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=30)
ASKED = [None, "", "a", "unseen ☃", "\ud800", True, 1, 1.5, float("nan")]


@settings(deadline=None)
@given(TEXTS, st.integers(0, 3))
def test_labels_are_the_sequence_of_their_texts(texts, cut):
    """Labels count, iterate and give places and slices as the list of their texts does, in a slice of an array too."""
    for kind in (pa.string(), pa.large_string()):
        held = Labels(pa.array(texts, kind).slice(cut)).followed("__unknown")
        plain = [*texts[cut:], "__unknown"]
        assert list(held) == plain == held[:]
        assert len(held) == len(plain)
        assert [held[i] for i in range(-len(plain), len(plain))] == plain * 2
        assert held[1:3] == plain[1:3]
        assert held.column().to_pylist() == plain
        for outside in (len(plain), -len(plain) - 1):
            with pytest.raises(IndexError):
                held[outside]


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_a_label_stands_at_its_first_place(texts, others):
    """A text is found at the first place where it stands, and whatever is no label nowhere."""
    find = Finder(Labels.of(texts)).get
    places = {label: float(place) for place, label in reversed(list(enumerate(texts)))}
    for asked in [*texts, *others, *ASKED]:
        assert find(asked) == (places.get(asked) if isinstance(asked, str) else None)
    assert find("\0 none of them", -1.0) == -1.0


def outcome(function, value):
    try:
        return function(value)
    except Dropped:
        return "dropped"
    except Invalid as e:
        return str(e)


@pytest.mark.parametrize("invalid", ["error", "keep", "skip"])
@settings(deadline=None)
@given(texts=TEXTS, others=TEXTS)
def test_an_indexer_of_many_labels_is_one_of_few(invalid, texts, others):
    """Rows, batches and attributes are the same whether the labels are held in Arrow's memory or as Python's texts."""
    many, few = StringIndexer(Labels.of(texts), invalid), StringIndexer(tuple(texts), invalid)
    column = pa.array([*texts, *others, None], pa.string())
    for value in [*column.to_pylist(), *ASKED]:
        assert outcome(many.row(), value) == outcome(few.row(), value)
    books = Rows(len(column)), Rows(len(column))
    made = [stage.batch(book, column) for stage, book in zip((many, few), books, strict=True)]
    assert np.array_equal(made[0].values, made[1].values)
    assert books[0].faults == books[1].faults
    assert np.array_equal(books[0].dropped, books[1].dropped)
    described = [stage.fields((number(),))[0].attribute.labels for stage in (many, few)]
    assert list(described[0]) == list(described[1])


@settings(deadline=None)
@given(TEXTS.filter(bool))
def test_numbers_become_the_same_labels(texts):
    """The labels of numbers are the same, from the parameter or from the column."""
    many = IndexToString(()).resolve((number(Attribute("nominal", labels=Labels.of(texts))),))
    few = IndexToString(tuple(texts))
    asked = [0.0, 0.9, len(texts) - 1.0, float(len(texts)), -1.0, float("nan"), None]
    for value in asked:
        assert outcome(many.row(), value) == outcome(few.row(), value)
    numbers = scorer.columns.read(pa.array(asked))
    made = [stage.batch(Rows(len(asked)), numbers).to_pylist() for stage in (many, few)]
    assert made[0] == made[1]


def test_a_save_of_many_labels_is_held_in_arrows_memory(tmp_path):
    """A saved indexer of more labels than a dict is meant for holds no Python text of each, and finds them all."""
    texts = [f"label-{i}" for i in range(MANY + 1)]
    meta = {"class": "org.apache.spark.ml.feature.StringIndexerModel", "uid": "one", "sparkVersion": "3.5.0"}
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "part-00000").write_text(
        json.dumps({**meta, "paramMap": {"inputCol": "a", "outputCol": "i"}})
    )
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"labelsArray": [[texts]]}), tmp_path / "data" / "part-00000.snappy.parquet")
    model = scorer.load(tmp_path)
    assert isinstance(model.plan.steps[0].stage.labels, Labels)
    assert model.row({"a": texts[-1]}) == {"i": float(MANY)}
    assert model.batch(pa.table({"a": texts[:3]}))["i"].to_pylist() == [0.0, 1.0, 2.0]
