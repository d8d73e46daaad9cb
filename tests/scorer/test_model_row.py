"""The public contract of a model: one row goes in, and what is refused and how."""

from __future__ import annotations

from collections import ChainMap, UserDict
from decimal import Decimal
from types import MappingProxyType

import numpy as np
import pytest
from census_facts import FACTS, MAIN

import scorer


def test_a_row_is_a_dict_of_outputs(census):
    """`row` gives prediction, probability and rawPrediction, vectors as lists of floats."""
    row = census.row(FACTS)
    assert list(row) == MAIN
    assert [type(x) for x in row["probability"]] == [float, float]
    assert sum(row["probability"]) == pytest.approx(1.0)
    assert row["rawPrediction"][0] == -row["rawPrediction"][1]
    assert row["prediction"] in (0.0, 1.0)


@pytest.mark.parametrize("kind", [dict, UserDict, MappingProxyType, ChainMap])
def test_any_mapping_is_a_row(census, kind):
    """A row may be any mapping, and is left as it was."""
    facts = dict(FACTS)
    assert census.row(kind(facts)) == census.row(FACTS)
    assert facts == FACTS


@pytest.mark.parametrize("facts", [None, 3, "age", [("age", 39)], [39], object()])
def test_what_is_no_mapping_is_a_type_error(census, skipping, facts):
    """A row that is no mapping is a TypeError that says so, on fused and unfused models."""
    for model in (census, skipping):
        with pytest.raises(TypeError, match="mapping"):
            model.row(facts)


def test_a_missing_key_is_null(census, skipping):
    """A missing key is a null, whatever a stage then does with it."""
    for name in FACTS:
        without = {n: v for n, v in FACTS.items() if n != name}
        answers = []
        for facts in (without, without | {name: None}):
            with pytest.raises(scorer.RowError) as caught:
                census.row(facts)
            answers.append(str(caught.value))
        assert answers[0] == answers[1]
        assert f"`{name}`" in answers[0]
    assert skipping.row({"x": 1.0, "y": 3}) is None


def test_keys_that_nobody_reads_are_ignored(census):
    """A row may hold more than the model reads, of any type."""
    assert census.row({**FACTS, "other": object(), 3: 4}) == census.row(FACTS)


def test_a_dropped_row_is_none(skipping):
    """A row that `handleInvalid="skip"` drops is None."""
    assert skipping.row({"town": "nowhere", "x": 1.0, "y": 3}) is None
    assert skipping.row({"town": "Oslo", "x": 1.0, "y": 3}) is not None


def test_a_refused_row_says_where_and_why(census):
    """RowError holds stage, column, value and reason, is a ScorerError, and hides no traceback of ours behind it."""
    with pytest.raises(scorer.RowError) as caught:
        census.row(FACTS | {"workclass": "Astronaut"})
    error = caught.value
    assert isinstance(error, scorer.ScorerError)
    assert error.stage.startswith("StringIndexer")
    assert (error.column, error.value, error.row) == ("workclass", "Astronaut", None)
    assert "unseen" in error.reason
    assert "handleInvalid" in error.reason
    assert error.stage in str(error)
    assert error.__cause__ is None


@pytest.mark.parametrize(
    "number",
    [39, 39.0, np.int64(39), np.int8(39), np.uint16(39), np.float64(39), np.float32(39), Decimal(39)],
    ids=repr,
)
def test_numbers_of_any_type_are_numbers(census, number):
    """A number is a number: of Python, of NumPy, or decimal."""
    assert census.row(FACTS | {"age": number}) == census.row(FACTS)


def test_texts_of_numpy_are_texts(census):
    """A text may be NumPy's."""
    assert census.row(FACTS | {"workclass": np.str_("State-gov")}) == census.row(FACTS)


@pytest.mark.parametrize("value", ["39", {}, b"39", object(), 1 + 2j], ids=lambda v: type(v).__name__)
def test_a_value_of_another_type_is_a_row_error(census, value):
    """A value that is no number where one is needed is a RowError that names the column, never another exception."""
    with pytest.raises(scorer.RowError) as caught:
        census.row(FACTS | {"age": value})
    assert caught.value.column == "age" or caught.value.stage.startswith("LogisticRegression")


@pytest.mark.parametrize(
    "vector",
    [
        [1.0, -2.0, 0.5],
        (1, -2, 0.5),
        np.array([1.0, -2.0, 0.5]),
        np.array([1.0, -2.0, 0.5], dtype=np.float32),
        {"type": 1, "size": None, "indices": None, "values": [1.0, -2.0, 0.5]},
        {"type": 0, "size": 3, "indices": [0, 1, 2], "values": [1.0, -2.0, 0.5]},
    ],
    ids=["list", "tuple", "array", "single", "dense struct", "sparse struct"],
)
def test_a_vector_is_a_sequence_or_sparks_struct(scaler, vector):
    """A vector of a row is any sequence of numbers, or Spark's own struct as a dict."""
    assert scaler.row({"v": vector}) == scaler.row({"v": [1.0, -2.0, 0.5]})


@pytest.mark.parametrize(
    "value",
    [
        3,
        "abc",
        ["a"],
        [None],
        [[1.0]],
        {"type": 1},
        {"type": 0, "size": 3, "indices": [5], "values": [1.0]},
        {"type": 0, "size": 3, "indices": [1, 0], "values": [1.0, 2.0]},
        {"type": 0, "size": 2**40, "indices": [], "values": []},
        {"type": 0, "size": -1, "indices": [], "values": []},
        {"type": 0, "size": None, "indices": None, "values": [1.0]},
        {},
    ],
    ids=repr,
)
def test_what_is_no_vector_is_a_row_error(scaler, value):
    """A value that is no vector, or whose sizes do not agree, is a RowError that names the column."""
    with pytest.raises(scorer.RowError) as caught:
        scaler.row({"v": value})
    assert caught.value.column == "v"
