"""A model is read wherever it stands: by path or URI, in a folder of MLflow's, beside what Databricks leaves."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import fs as pafs

import scorer
from scorer import mlflow
from scorer.location import without_secrets

FACTS = {"town": "Oslo", "x": 1.0, "y": 3}
RUN = "0dfc4c0fefcc49c9823dace5895abbc9"
MLMODEL = """
artifact_path: model
flavors:
  python_function:
    data: sparkml
    loader_module: mlflow.spark
    python_version: 3.11.7
  spark:
    code: null
    model_class: pyspark.ml.pipeline.PipelineModel
    model_data: sparkml
    pyspark_version: 3.5.9
mlflow_version: 2.22.0
run_id: 0dfc4c0fefcc49c9823dace5895abbc9
signature:
  inputs: '[{"type": "string", "name": "town", "required": true}, {"type": "float", "name":
    "x", "required": false}, {"type": "integer", "name": "y", "required": true}]'
  outputs: '[{"type": "double", "required": true}]'
  params: null
utc_time_created: '2026-11-24 03:30:30.584091'
"""


@pytest.fixture(scope="module")
def original(goldens):
    """The save of a small pipeline."""
    return next(g.model_path for g in goldens if g.folder.name == "pipeline_skip-4.3")


@pytest.fixture
def model(original, tmp_path):
    """A copy of it that a test may change."""
    return Path(shutil.copytree(original, tmp_path / "model"))


@pytest.fixture
def logged(original, tmp_path):
    """The same model as MLflow logs it."""
    shutil.copytree(original, tmp_path / "logged" / "sparkml")
    (tmp_path / "logged" / "MLmodel").write_text(MLMODEL)
    return tmp_path / "logged"


def refused(path, *words):
    """Load, and check that the error names what it should."""
    with pytest.raises(scorer.ScorerError) as caught:
        scorer.load(path)
    for word in words:
        assert str(word) in str(caught.value)
    return str(caught.value)


# -- paths and URIs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}", "{}/", "file://{}", "file://{}/", "file:{}", "FILE://{}"])
def test_a_local_folder_has_several_names(original, form):
    """A path, with or without a slash, and a URI of the scheme `file`, Hadoop's short one too, name one model."""
    named = scorer.load(form.format(original))
    assert named.version == scorer.load(original).version
    assert named.source == form.format(original)


def test_a_linked_folder_is_a_model(original, tmp_path):
    """A link to a model may be given, as a path and as a URI: only links inside a model may not leave it."""
    (tmp_path / "link").symlink_to(original)
    for form in (tmp_path / "link", f"file://{tmp_path}/link"):
        assert scorer.load(form).version == scorer.load(original).version


@pytest.mark.parametrize(
    ("uri", "command"),
    [
        ("models:/login/3", "mlflow artifacts download --artifact-uri models:/login/3"),
        ("models:/login@champion", "mlflow artifacts download"),
        (f"runs:/{RUN}/model", f"mlflow artifacts download --artifact-uri runs:/{RUN}/model"),
        ("dbfs:/models/login", "databricks fs cp --recursive dbfs:/models/login"),
        ("DBFS:/models/my login", "databricks fs cp --recursive 'DBFS:/models/my login'"),
        ("https://example.org/model.json", "curl"),
    ],
)
def test_what_another_program_resolves_is_refused_with_its_command(uri, command):
    """A name that MLflow or Databricks resolves is refused, and the message says which command fetches it."""
    refused(uri, uri, command)


@given(user=st.text("abcdef", min_size=1), password=st.text("xyz0/+é", min_size=1))
def test_a_password_in_a_uri_is_not_shown(user, password):
    """What stands as a password in a URI never comes back in a message or as the model's source."""
    hidden = without_secrets(f"s3://{user}:{password.replace('/', '%2F')}@bucket/model")
    assert hidden == f"s3://{user}:…@bucket/model"


def test_a_refused_uri_keeps_its_password():
    """The message of a store that cannot be opened names the store and not the password."""
    assert "topsecret" not in refused("nope://me:topsecret@bucket/model", "nope://me:…@bucket/model")


# -- MLflow --------------------------------------------------------------------------------------------------------


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


# -- Databricks ----------------------------------------------------------------------------------------------------

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


# -- S3 ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bucket(original):
    """A server of S3's protocol on loopback, with the model in a bucket; the query that a URI needs."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  a second to import, for these tests alone

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    before = {name: os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    os.environ |= dict.fromkeys(before, "testing")
    host, port = server.get_host_and_port()
    store = pafs.S3FileSystem(endpoint_override=f"{host}:{port}", scheme="http", allow_bucket_creation=True)
    store.create_dir("models")
    for file in original.rglob("*"):
        if file.is_file():
            with store.open_output_stream(f"models/a b/login/{file.relative_to(original)}") as sink:
                sink.write(file.read_bytes())
    with store.open_output_stream("models/login.json") as sink:
        sink.write(scorer.export(original))
    for file in original.rglob("*"):
        if file.is_file():
            with store.open_output_stream(f"models/logged/sparkml/{file.relative_to(original)}") as sink:
                sink.write(file.read_bytes())
    with store.open_output_stream("models/logged/MLmodel") as sink:
        sink.write(MLMODEL.encode())
    yield f"?endpoint_override={host}%3A{port}&scheme=http&region=us-east-1"
    server.stop()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.mark.parametrize(
    "place", ["s3://models/a%20b/login", "s3a://models/a%20b/login", "s3://models/login.json"]
)
def test_a_model_in_s3_is_the_model(bucket, original, place):
    """A folder or a bundle in a bucket, by S3's or Hadoop's scheme, is the model that stands here."""
    model = scorer.load(place + bucket)
    assert model.version == scorer.load(original).version
    assert model.row(FACTS) == scorer.load(original).row(FACTS)


def test_a_logged_model_in_s3_is_the_model(bucket, original):
    """MLflow's folder in a bucket is read as one here."""
    model = scorer.load("s3://models/logged" + bucket)
    assert model.version == scorer.load(original).version
    assert model.source.run_id == RUN


def test_what_is_not_in_s3_is_refused(bucket):
    """A key or a bucket that is not there is an error that names the place."""
    refused("s3://models/nowhere" + bucket, "s3://models/nowhere", "no such file")
    refused("s3://absent/login" + bucket, "s3://absent/login")
