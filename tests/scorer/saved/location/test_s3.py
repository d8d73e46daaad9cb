"""A model in S3 is the model."""

from __future__ import annotations

import os

import pytest
from locations import FACTS, MLMODEL, RUN, refused
from pyarrow import fs as pafs

import scorer


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
