"""A folder that MLflow logged is a model, with its signature and its run."""

from __future__ import annotations

import json
import shutil

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from locations import FACTS, MLMODEL, RUN, refused

import scorer
from scorer import mlflow


def test_a_folder_of_mlflow_is_a_model(logged, original):
    """The folder that holds `MLmodel` is the model in its `sparkml/`; its run stands in `model.source`."""
    model, plain = scorer.load(logged), scorer.load(original)
    assert model.version == plain.version
    assert RUN in model.source
    assert model.source.run_id == RUN
    assert str(logged) in model.source
    assert model.row(FACTS) == plain.row(FACTS)


def test_the_signature_is_the_schema(logged):
    """The types of MLflow's signature are those of the inputs, unless a schema is given."""
    assert scorer.load(logged).inputs.field("x").type == pa.float32()
    assert scorer.load(logged).inputs.field("y").type == pa.int32()
    given = pa.schema([("x", pa.float64())])
    assert scorer.load(logged, schema=given).inputs.field("x").type == pa.float64()


def test_a_bundle_keeps_what_mlflow_said(logged, original, tmp_path):
    """A bundle has the version, types, run, rows and batches of MLflow's folder, and so has a bundle of the bundle."""
    folder, file = scorer.load(logged), tmp_path / "model.json"
    table = pa.table({"town": ["Oslo", None, "?"], "x": [1.1, 2.0, None], "y": [3, 4, 5]})
    content = scorer.export(logged)
    file.write_bytes(content)
    bundle = scorer.load(file)
    assert scorer.export(file) == content
    assert bundle.inputs == folder.inputs
    assert bundle.inputs != scorer.load(original).inputs
    assert bundle.version == folder.version == scorer.load(original).version
    assert (bundle.source.run_id, bundle.source) == (RUN, f"{file} (MLflow run {RUN})")
    assert bundle.row(FACTS | {"x": 1.1}) == folder.row(FACTS | {"x": 1.1})
    assert all(a.equals(b) for a, b in zip(bundle.try_batch(table), folder.try_batch(table), strict=True))
    assert json.loads(content)["model"] == json.loads(scorer.export(original))["model"]


def test_a_signature_that_does_not_fit_says_so(logged, tmp_path):
    """A signature whose types the stages cannot take is refused with a way out: a schema of one's own."""
    (logged / "MLmodel").write_text(MLMODEL.replace('"float"', '"datetime"'))
    refused(logged, "`x`", "signature", "schema")
    (tmp_path / "model.json").write_bytes(scorer.export(logged))
    refused(tmp_path / "model.json", "`x`", "signature", "schema")
    for place in (logged, tmp_path / "model.json"):
        model = scorer.load(place, schema=pa.schema([("x", pa.float64())]))
        assert model.inputs.field("x").type == pa.float64()


SIGNATURES = {
    '[{"type": "sparkml_vector", "name": "v", "required": true}]': {"v": pa.list_(pa.float64())},
    '[{"type": "array", "items": {"type": "string"}, "name": "t"}]': {"t": pa.list_(pa.string())},
    '[{"type": "long", "name": "n"}, {"type": "boolean", "name": "b"}]': {"n": pa.int64(), "b": pa.bool_()},
    '[{"name": "v", "type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}]': {
        "v": pa.list_(pa.float64(), 3)
    },
    '[{"name": "s", "type": "tensor", "tensor-spec": {"dtype": "str", "shape": [-1]}}]': {"s": pa.string()},
    '[{"name": "s", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2, 2]}}]': {},
    '[{"type": "map", "values": {"type": "long"}, "name": "m"}, {"type": "any"}]': {},
    "[]": {},
}


@pytest.mark.parametrize(("inputs", "types"), SIGNATURES.items())
def test_types_of_a_signature_are_arrows(inputs, types):
    """Each type of a signature is an Arrow type, or left open where it has none."""
    text = f"flavors: {{spark: {{}}}}\nsignature: {{inputs: '{inputs}'}}"
    found = mlflow.describe(text.encode())
    assert found.schema is not None
    assert dict(zip(found.schema.names, found.schema.types, strict=True)) == types
    assert found.folder == ("sparkml",)
    assert found.run_id is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "MLflow"),
        ("[]", "MLflow"),
        ("flavors: 3", "flavors"),
        ("flavors: {sklearn: {}, python_function: {}}", "sklearn"),
        ("flavors: {spark: 3}", "MLmodel"),
        ("flavors: {spark: {model_data: ../..}}", "leave"),
        ("flavors: {spark: {model_data: /etc}}", "leave"),
        ("flavors: {spark: {model_data: [x]}}", "MLmodel"),
        ("flavors: {spark: {}}\nsignature: {inputs: '{'}", "signature"),
        ("flavors: {spark: {}}\nsignature: {inputs: '[1]'}", "signature"),
        ("flavors: {spark: {}}\nsignature: {inputs: '" + "[" * 5000 + "'}", "signature"),
        ("flavors: &a {spark: *a}", "alias"),
        ("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]", "alias"),
        ("flavors: {spark: !!python/object/apply:os.system [ls]}", "MLmodel"),
        ("- " * 5000 + "x", "nested"),
        ("[" * 5000, "nested"),
        ("x: [" + "1," * 50_000 + "]", "nodes"),
        ("a: b: c: {", "YAML"),
        ("\0", "YAML"),
        ("flavors: {spark: {}}\n---\nx: 1", "YAML"),
        ("x" * (1 << 21), "larger"),
    ],
    ids=range(21),
)
def test_a_description_that_is_none_is_refused(logged, text, word):
    """An `MLmodel` that is no YAML, too large, too deep, of another flavour or hostile is refused by its name."""
    (logged / "MLmodel").write_text(text)
    refused(logged, logged / "MLmodel", word)


def test_bytes_that_are_no_text_are_refused(logged):
    """An `MLmodel` that is not UTF-8 is refused by its name."""
    (logged / "MLmodel").write_bytes(b"flavors: \xff")
    refused(logged, logged / "MLmodel")


def test_no_link_leaves_a_folder_of_mlflow(logged, tmp_path):
    """Neither `MLmodel` nor `sparkml` may be a link to what stands outside."""
    shutil.move(logged / "sparkml", tmp_path / "outside")
    (logged / "sparkml").symlink_to(tmp_path / "outside")
    refused(logged, "leaves the model's folder")
    shutil.move(logged / "MLmodel", tmp_path / "MLmodel")
    (logged / "MLmodel").symlink_to(tmp_path / "MLmodel")
    refused(logged, "leaves the model's folder")


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_changed_description_is_an_error_or_a_description(data):
    """Whatever is cut out of an `MLmodel` or put into it, it is described, or refused in a sentence."""
    content = bytearray(MLMODEL.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at, piece = data.draw(st.integers(0, len(content))), data.draw(st.binary(max_size=6))
        content[at : at + data.draw(st.integers(0, 12))] = piece
    try:
        assert isinstance(mlflow.describe(bytes(content)), mlflow.Description)
    except ValueError as e:
        assert str(e)
