"""Tables whose sizes, types or parameters do not agree are refused with a ScorerError that names the stage."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from saves import ENCODER, INDEXER, LINEAR, SCALER, edit_params, part, refused, rewrite

import scorer

MATRIX = {
    "numRows": 1,
    "numCols": 4,
    "values": [0.0] * 4,
    "type": 1,
    "isTransposed": True,
    "colPtrs": None,
    "rowIndices": None,
}
VECTOR = {"type": 1, "size": None, "indices": None, "values": [0.0]}


@pytest.mark.parametrize(
    "change",
    [
        {"coefficientMatrix": None},
        {"interceptVector": None},
        {"coefficientMatrix": MATRIX | {"numRows": 2**31 - 1, "numCols": 2**31 - 1}},
        {
            "coefficientMatrix": MATRIX
            | {"numRows": 2**31 - 1, "numCols": 2**31 - 1, "type": 0, "colPtrs": [], "rowIndices": []}
        },
        {"coefficientMatrix": MATRIX | {"numRows": -1}},
        {"coefficientMatrix": MATRIX | {"numRows": None}},
        {"coefficientMatrix": MATRIX | {"values": None}},
        {"coefficientMatrix": MATRIX | {"values": [0.0] * 5}},
        {"coefficientMatrix": MATRIX | {"type": 7}},
        {"coefficientMatrix": MATRIX | {"type": 0, "colPtrs": [0, 9], "rowIndices": [0]}},
        {"coefficientMatrix": MATRIX | {"type": 0, "colPtrs": [0, 4], "rowIndices": [0, 1, 2, 9]}},
        {"coefficientMatrix": MATRIX | {"type": 0, "colPtrs": [0, 4], "rowIndices": [0, 1, 2, -1]}},
        {"coefficientMatrix": MATRIX | {"type": 0, "colPtrs": [4, 0], "rowIndices": []}},
        {"coefficientMatrix": MATRIX | {"numRows": 0, "numCols": 0, "values": []}},
        {"interceptVector": VECTOR | {"values": []}},
        {"interceptVector": VECTOR | {"values": [0.0, 1.0]}},
        {"interceptVector": VECTOR | {"values": None}},
        {"interceptVector": VECTOR | {"type": 0, "size": 2**31 - 1, "indices": [0]}},
        {"interceptVector": VECTOR | {"type": 0, "size": -5, "indices": []}},
        {"interceptVector": VECTOR | {"type": 0, "size": 1, "indices": [4]}},
        {"interceptVector": VECTOR | {"type": 0, "size": 1, "indices": [-1]}},
        {"interceptVector": VECTOR | {"type": 0, "size": 3, "indices": [2, 1], "values": [1.0, 2.0]}},
        {"isMultinomial": None, "coefficientMatrix": MATRIX | {"numRows": 2, "numCols": 2}},
    ],
    ids=range(23),
)
def test_sizes_that_do_not_agree_name_the_stage(model, change):
    """Matrices and vectors that claim too much, too little or the impossible name the stage; no memory is spent."""
    rewrite(model / "stages" / LINEAR / "data", lambda rows: [rows[0] | change])
    refused(model, LINEAR, "LogisticRegression_000000000001")


@pytest.mark.parametrize("rows", [0, 2, 3])
def test_a_record_that_is_not_one_row_is_refused(model, rows):
    """A stage whose single record is missing or doubled is refused."""
    rewrite(model / "stages" / LINEAR / "data", lambda found: found * rows)
    refused(model, "LogisticRegression_000000000001", "one row")


@pytest.mark.parametrize("stage", [INDEXER, ENCODER, "3_Imputer_000000000001", SCALER, LINEAR])
@pytest.mark.parametrize(
    "value",
    [
        "text",
        3,
        None,
        [None],
        [1.5],
        {"a": 1},
        True,
        [["x", None]],
        [[1]],
        float("nan"),
        b"\xff",
        [-1],
        [2**62],
    ],
    ids=str,
)
def test_columns_of_wrong_types_are_refused(model, stage, value):
    """A data column of another type, or another column altogether, is a ScorerError that names the stage."""
    folder = model / "stages" / stage
    names = pq.read_table(part(folder / "data")).column_names
    rewrite(folder / "data", lambda _: pa.table({name: pa.array([value]) for name in names}))
    try:
        made = scorer.load(model)
    except scorer.ScorerError as e:
        assert stage.partition("_")[2] in str(e)
    else:
        assert isinstance(made, scorer.Model)
    rewrite(folder / "data", lambda _: pa.table({"other": pa.array([value])}))
    refused(model, stage)


@pytest.mark.parametrize("value", ["text", None, [], {}, [1], 1e308, -1, "NaN", True, "\0", 10**400], ids=str)
def test_parameters_of_wrong_types_are_refused(model, value):
    """A parameter of another type is a ScorerError, or one of the values that it may have."""
    for folder in sorted((model / "stages").iterdir()):
        path = part(folder / "metadata")
        whole = path.read_text()
        for name in json.loads(whole)["paramMap"] | json.loads(whole)["defaultParamMap"]:
            edit_params(folder, **{name: value})
            try:
                assert isinstance(scorer.load(model), scorer.Model)
            except scorer.ScorerError as e:
                assert str(e)
            path.write_text(whole)


def test_a_table_that_claims_more_than_its_bytes_can_hold_is_refused(model):
    """A small Parquet file that would unfold to billions of values is refused before it is read."""
    path = part(model / "stages" / LINEAR / "data")
    pq.write_table(pa.table({"x": np.zeros(30_000_000)}), path)
    assert path.stat().st_size < 2_000_000
    refused(model, path.name, "claims", "LogisticRegression_000000000001")
