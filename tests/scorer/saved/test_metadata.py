"""Metadata that are none, or of unknown classes, are refused with a ScorerError that says where."""

from __future__ import annotations

import gzip
import json

import pytest
from saves import FACTS, SCALER, edit, edit_params, part, refused

import scorer


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n",
        b"{",
        b"not json",
        b"[]",
        b"null",
        b"3",
        b'"x"',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"class": 3}',
        b"9" * 10_000,
        b'{"class":"org.apache.spark.ml.PipelineModel"}',
        b'{"class":"org.apache.spark.ml.PipelineModel","uid":"u","sparkVersion":"3.5.0","paramMap":[]}',
        b'{"class":"org.apache.spark.ml.PipelineModel","uid":"u","sparkVersion":"3.5.0","paramMap":{}}',
        b'{"class":"org.apache.spark.ml.PipelineModel","uid":"u","sparkVersion":"new","paramMap":{"stageUids":[]}}',
        b'{"class":"org.apache.spark.ml.PipelineModel","uid":"\\ud800","sparkVersion":"3.5.0","paramMap":{"stageUids":[]}}',
        b'{"class":"org.apache.spark.ml.PipelineModel","uid":"u","sparkVersion":"3.5.0","paramMap":{"stageUids":["\\ud800"]}}',
        b'{"class":"org.apache.spark.ml.PipelineModel","uid":"u","sparkVersion":"3.5.0","paramMap":{"stageUids":[1]}}',
        b'{"class":"org.apache.spark.ml.PipelineModel","uid":"u","sparkVersion":"3.5.0","paramMap":{"stageUids":"abc"}}',
    ],
    ids=range(22),
)
def test_metadata_that_is_none_is_refused(model, text):
    """Metadata that is no JSON, too deep, of the wrong shape or without a field is refused by its folder."""
    part(model / "metadata").write_bytes(text)
    refused(model, model)


def test_a_wrong_number_of_stages_is_refused(model):
    """A pipeline that lists a stage more than it has names the stage that is missing."""
    uids = json.loads(part(model / "metadata").read_text())["paramMap"]["stageUids"]
    edit_params(model, stageUids=[*uids, "LogisticRegression_9"])
    refused(model, "LogisticRegression_9", "stage 7 of 8")


def test_unknown_classes_name_their_relatives(model):
    """A class that has no stage is refused with its name, its stage and the nearest classes that have one."""
    edit(model / "stages" / SCALER, **{"class": "org.apache.spark.ml.feature.StandardScalarModel"})
    error = refused(
        model,
        "org.apache.spark.ml.feature.StandardScalarModel",
        "StandardScaler_000000000001",
        "StandardScalerModel",
        kind=scorer.UnsupportedError,
    )
    assert not isinstance(error, scorer.SavedError)


@pytest.mark.parametrize(
    "name", ["org.jpmml.sparkml.feature.VectorDisassembler", "mycompany.stages.Custom", "", "..", "x" * 9999]
)
def test_classes_of_others_are_refused_by_name(model, name):
    """A custom stage is refused by its name."""
    edit(model / "stages" / SCALER, **{"class": name})
    refused(model, name, "StandardScaler_000000000001", kind=scorer.UnsupportedError)


def test_names_of_pythons_writer_are_known(model, original):
    """A pipeline that Python's writer saved, under its own class names, is the same model."""
    edit(model, **{"class": "pyspark.ml.pipeline.PipelineModel"})
    edit_params(model, language="Python")
    assert scorer.load(model).row(FACTS) == scorer.load(original).row(FACTS)


def test_metadata_that_unfold_to_more_than_their_bytes_allow_are_refused(model):
    """A few kilobytes of compressed metadata that would become gigabytes of lists are refused before they are parsed."""
    folder = model / "metadata"
    part(folder).unlink()
    (folder / "part-00000.gz").write_bytes(
        gzip.compress(b'{"class": "x", "a": [' + b"[]," * 10_000_000 + b"[]]}")
    )
    assert (folder / "part-00000.gz").stat().st_size < 1 << 20
    refused(model, "part-00000.gz", "more than a model")
