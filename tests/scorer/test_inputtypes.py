"""What a bundle states of a model's inputs."""

from __future__ import annotations

import json

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scorer
from scorer import inputtypes
from scorer.mlflow import TYPES

PLAIN = st.sampled_from([*TYPES.values(), pa.int8(), pa.int16()])
KINDS = st.recursive(
    PLAIN,
    lambda items: st.builds(pa.list_, items) | st.builds(pa.list_, items, st.integers(1, 9)),
    max_leaves=4,
)


@given(st.dictionaries(st.text(), KINDS, max_size=5))
def test_types_come_back_as_they_were_written(kinds):
    """Every type that a signature may state is written as JSON and read as the same type, under the same name."""
    schema = pa.schema(list(kinds.items()))
    content = msgspec.json.encode(inputtypes.written(schema))
    assert inputtypes.read(msgspec.json.decode(content, type=list[inputtypes.Input])) == schema


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ({"run_id": "a b"}, "run"),
        ({"run_id": "x" * 101}, "run"),
        ({"run_id": 5}, "run_id"),
        ({"inputs": {}}, "inputs"),
        ({"inputs": [{"name": "x"}]}, "type"),
        ({"inputs": [{"name": "x", "type": "float64"}]}, "expected double, float"),
        ({"inputs": [{"name": "x", "type": 5}]}, "model.json"),
        ({"inputs": [{"name": "x", "type": {"list": "double", "size": 0}}]}, "size 0"),
        ({"inputs": [{"name": "x", "type": {"list": "double", "size": 1 << 40}}]}, "size"),
        ({"inputs": [{"name": "x", "type": "int8"}, {"name": "x", "type": "int8"}]}, "one name"),
        ({"inputs": [{"name": "x", "type": "double", "more": 1}]}, "more"),
    ],
    ids=range(11),
)
def test_what_is_no_type_is_refused(header, word, tmp_path, goldens):
    """A bundle whose run or inputs are not what a bundle may state is refused by its name, and says what is wrong."""
    path = next(g.model_path for g in goldens if g.folder.name == "pipeline_skip-4.3")
    file = tmp_path / "model.json"
    file.write_text(json.dumps(json.loads(scorer.export(path)) | header))
    with pytest.raises(scorer.SavedError, match=r"model\.json") as caught:
        scorer.load(file)
    assert word in str(caught.value)


def test_a_type_of_endless_lists_is_refused(tmp_path, goldens):
    """A type that is nested without end is refused, not followed."""
    path = next(g.model_path for g in goldens if g.folder.name == "pipeline_skip-4.3")
    kind = '{"list":' * 90_000 + '"double"' + "}" * 90_000
    text = scorer.export(path).decode().replace("{", f'{{"inputs":[{{"name":"x","type":{kind}}}],', 1)
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(scorer.SavedError, match=r"model\.json"):
        scorer.load(tmp_path / "model.json")
