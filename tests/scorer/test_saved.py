"""A saved model that is damaged or hostile is refused with a ScorerError that says where; nothing else happens."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scorer
from scorer import saved

INDEXER, ENCODER, SCALER, LINEAR = (
    "0_StringIndexer_000000000001",
    "2_OneHotEncoder_000000000001",
    "5_StandardScaler_000000000001",
    "6_LogisticRegression_000000000001",
)
FACTS = {"town": "Oslo", "x": 1.0, "y": 3}


@pytest.fixture(scope="module")
def original(goldens):
    """The save of a small pipeline: indexers, an encoder, an imputer, an assembler, a scaler, a linear model."""
    return next(g.model_path for g in goldens if g.folder.name == "pipeline_skip-4.3")


@pytest.fixture
def model(original, tmp_path):
    """A copy of it that a test may damage."""
    return Path(shutil.copytree(original, tmp_path / "model"))


def part(folder):
    return next(p for p in sorted(folder.iterdir()) if p.name.startswith("part-"))


def edit(folder, **changes):
    path = part(folder / "metadata")
    meta = json.loads(path.read_text())
    path.write_text(json.dumps(meta | changes))


def edit_params(folder, **params):
    edit(folder, paramMap=json.loads(part(folder / "metadata").read_text())["paramMap"] | params)


def rewrite(folder, change):
    """Change the record of a data folder."""
    path = part(folder)
    table = pq.read_table(path)
    rows = change(table.to_pylist())
    pq.write_table(
        rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows, loose(table.schema)), path
    )


def loose(kind):
    """Allow nulls everywhere in a schema or type, as Spark 2 writes it."""
    if isinstance(kind, pa.Schema):
        return pa.schema([pa.field(f.name, loose(f.type)) for f in kind])
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, loose(f.type)) for f in kind])
    return pa.list_(loose(kind.value_type)) if pa.types.is_list(kind) else kind


def refused(path, *words, kind=scorer.SavedError):
    """Load, and check that the error names what it should."""
    with pytest.raises(kind) as caught:
        scorer.load(path)
    for word in words:
        assert str(word) in str(caught.value)
    return caught.value


def test_the_copy_loads(model, original):
    """The undamaged copy is the model that the original is, so what follows fails for the damage alone."""
    assert scorer.load(model).version == scorer.load(original).version


# -- files ---------------------------------------------------------------------------------------------------------


def test_a_missing_model_is_named(tmp_path):
    """A path where nothing stands is refused by its name."""
    refused(tmp_path / "nowhere", tmp_path / "nowhere", "no such file")


def test_a_folder_that_is_no_model_is_named(tmp_path):
    """A folder without `metadata` is refused and told apart from a damaged model."""
    refused(tmp_path, tmp_path, "no `metadata` folder")


def test_a_file_is_not_a_model(tmp_path):
    """A file where a folder is expected is refused by its name."""
    path = tmp_path / "model"
    path.write_text("{}")
    refused(path, path, "is a file")


@pytest.mark.parametrize("location", ["\0", "nope://x/y", "s3:/", ""])
def test_an_odd_location_is_refused(location):
    """A location that names nothing is a ScorerError, whatever its form."""
    refused(location, kind=scorer.ScorerError)


@pytest.mark.parametrize("keep", [0, 1, 100, -9, -1])
def test_a_truncated_table_names_file_and_stage(model, keep):
    """A Parquet file that was cut names the file and the stage."""
    path = part(model / "stages" / LINEAR / "data")
    path.write_bytes(path.read_bytes()[:keep])
    error = refused(model, path.name, "LogisticRegression_000000000001")
    assert error.stage == "LogisticRegression_000000000001"


def test_a_missing_table_names_stage(model):
    """A stage whose data folder is gone names the folder and the stage."""
    shutil.rmtree(model / "stages" / LINEAR / "data")
    refused(model, model / "stages" / LINEAR / "data", "stage LogisticRegression_000000000001")


def test_an_empty_table_folder_names_stage(model):
    """A data folder without part files is refused."""
    part(model / "stages" / LINEAR / "data").unlink()
    refused(model, "no Parquet part files", "LogisticRegression_000000000001")


def test_a_missing_stage_is_named(model):
    """A stage that the pipeline lists and whose folder is gone is named with its number."""
    shutil.rmtree(model / "stages" / SCALER)
    refused(model, "stage 5 of 7", "StandardScaler_000000000001")


def test_stages_as_a_file_is_refused(model):
    """A file where the folder of stages should be is refused."""
    shutil.rmtree(model / "stages")
    (model / "stages").write_text("")
    refused(model, model / "stages", kind=scorer.ScorerError)


@pytest.mark.parametrize("name", ["data", "metadata"])
def test_a_file_in_a_folders_place_is_told(model, name):
    """Spark Connect's local format, one file where a folder is expected, is named for what it is."""
    folder = model / "stages" / LINEAR / name
    shutil.rmtree(folder)
    folder.write_bytes(b"\0\0\0\1?\xf0\0\0\0\0\0\0")
    refused(model, folder, "local format", "model.save")


def test_a_folder_in_a_files_place_is_refused(model):
    """A folder named as a part file is an error, not a crash."""
    path = part(model / "stages" / LINEAR / "data")
    path.unlink()
    path.mkdir()
    refused(model, path, kind=scorer.ScorerError)


def test_a_pipe_is_not_opened(model):
    """A named pipe among the part files does not make the loader wait."""
    path = part(model / "stages" / LINEAR / "data")
    path.unlink()
    os.mkfifo(path)
    refused(model, "no Parquet part files")


# -- no path leaves the model --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "uid", ["../../x", "..", "/etc", "a/../../../b", "C:\\x", "x\0y", "", ".", "a" * 5000]
)
def test_a_uid_never_leaves_the_model(model, uid):
    """A uid that is a path, absolute or upwards, is refused."""
    uids = json.loads(part(model / "metadata").read_text())["paramMap"]["stageUids"]
    (model.parent / "x").mkdir()
    edit_params(model, stageUids=[uid, *uids[1:]])
    refused(model, kind=scorer.ScorerError)


@pytest.mark.parametrize(
    "place", ["metadata", "stages", f"stages/{LINEAR}", f"stages/{LINEAR}/data", f"stages/{LINEAR}/metadata"]
)
def test_a_linked_folder_that_leaves_the_model_is_refused(model, place):
    """A symbolic link from a folder of the model to one outside is refused, whatever stands there."""
    outside = model.parent / "outside"
    shutil.move(model / place, outside)
    (model / place).symlink_to(outside)
    refused(model, "leaves the model's folder")


@pytest.mark.parametrize("below", ["data", "metadata"])
def test_a_linked_file_that_leaves_the_model_is_refused(model, below):
    """A symbolic link from a part file to a file outside is refused, for data and metadata."""
    path = part(model / "stages" / LINEAR / below)
    shutil.move(path, model.parent / path.name)
    path.symlink_to(model.parent / path.name)
    refused(model, path.name, "leaves the model's folder")


def test_a_link_to_a_device_is_refused(model):
    """A metadata file that is a link to an endless device is refused, not read."""
    path = part(model / "metadata")
    path.unlink()
    path.symlink_to("/dev/zero")
    refused(model, kind=scorer.ScorerError)


def test_a_pipeline_inside_itself_ends(model):
    """A pipeline whose stage is a link to itself is refused at a depth."""
    edit_params(model, stageUids=["loop"])
    (model / "stages" / "0_loop").symlink_to(model)
    refused(model, "nested more than")


def test_a_pipeline_twice_inside_itself_ends(model, monkeypatch):
    """Links that double at each level are refused at a count, not followed for ever."""
    monkeypatch.setattr(saved, "MAX_STAGES", 200)
    edit_params(model, stageUids=["one", "two"])
    (model / "stages" / "0_one").symlink_to(model)
    (model / "stages" / "1_two").symlink_to(model)
    refused(model, kind=scorer.SavedError)


# -- metadata ------------------------------------------------------------------------------------------------------


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


# -- tables --------------------------------------------------------------------------------------------------------

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
        assert stage in str(e)
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


# -- what Spark writes in other clusters ---------------------------------------------------------------------------


def test_what_hadoop_hides_is_not_read(model, original):
    """Hidden files, checksums and empty part files change nothing."""
    for folder in [
        model / "metadata",
        model / "stages" / INDEXER / "data",
        model / "stages" / LINEAR / "data",
    ]:
        (folder / "_SUCCESS").write_text("")
        (folder / "._SUCCESS.crc").write_bytes(b"crc")
        (folder / ".part-00000.crc").write_bytes(b"crc\0")
        (folder / "_temporary").mkdir()
    (model / "metadata" / "part-00000").write_text("")
    data = part(model / "stages" / INDEXER / "data")
    pq.write_table(pq.read_table(data).slice(0, 0), data.with_name("part-00001-empty.parquet"))
    (model / "stages" / ".hidden").mkdir()
    assert scorer.load(model).version == scorer.load(original).version


@pytest.mark.parametrize("codec", ["none", "gzip", "zstd", "brotli", "lz4"])
def test_any_codec_is_read(model, original, codec):
    """Parquet of any codec, and metadata of any that Hadoop and Arrow share, are the same model."""
    for path in model.rglob("*.parquet"):
        pq.write_table(pq.read_table(path), path.with_name("part-0.parquet"), compression=codec)
        path.unlink()
    for path in model.rglob("*.txt"):
        extension, arrows = {"zstd": ("zst", "zstd"), "brotli": ("bz2", "bz2")}.get(codec, ("gz", "gzip"))
        with pa.CompressedOutputStream(path.with_name(f"part-00000.{extension}"), arrows) as out:
            out.write(path.read_bytes())
        path.unlink()
    assert scorer.load(model).version == scorer.load(original).version


def test_names_of_stage_folders_may_be_of_another_width(model, original):
    """A stage folder whose number is written with another width is found by its uid."""
    for folder in sorted((model / "stages").iterdir()):
        folder.rename(folder.with_name("00" + folder.name))
    assert scorer.load(model).version == scorer.load(original).version


def test_many_part_files_are_one_table(goldens, tmp_path):
    """The rows of a table may stand in many part files, in any order, of slightly different schemas."""
    source = next(g.model_path for g in goldens if g.folder.name == "string_indexer_many_keep-4.3")
    model = Path(shutil.copytree(source, tmp_path / "model"))
    data = part(model / "data")
    table = pq.read_table(data)
    pq.write_table(table.slice(0, 0).cast(loose(table.schema)), model / "data" / "part-00000-a.parquet")
    pq.write_table(table, model / "data" / "part-00007-b.parquet")
    data.unlink()
    assert scorer.load(model).version == scorer.load(source).version


# -- chance --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def victim(original, tmp_path_factory):
    """A copy whose files a test may change, if it changes them back."""
    return Path(shutil.copytree(original, tmp_path_factory.mktemp("flips") / "model"))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_flipped_bytes_are_an_error_or_a_model(victim, data):
    """Whatever few bytes of a save are changed, loading gives a model or a ScorerError, and scoring does no worse."""
    path = data.draw(st.sampled_from(sorted(p for p in victim.rglob("*") if p.is_file())), "file")
    whole = path.read_bytes()
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4), "flips")):
        content[data.draw(st.integers(0, len(content) - 1), "place")] = data.draw(st.integers(0, 255), "byte")
    path.write_bytes(content)
    try:
        scorer.load(victim).row(FACTS)
    except scorer.ScorerError as e:
        assert str(e)
    finally:
        path.write_bytes(whole)


@pytest.fixture(scope="module")
def bundle(original, tmp_path_factory):
    """The same model as one file."""
    path = tmp_path_factory.mktemp("bundle") / "model.json"
    path.write_bytes(scorer.export(original))
    return path


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_flipped_bytes_of_a_bundle_are_an_error_or_a_model(bundle, data):
    """Whatever few bytes of a bundle are changed, loading gives a model or a ScorerError."""
    whole = bundle.read_bytes()
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4), "flips")):
        content[data.draw(st.integers(0, len(content) - 1), "place")] = data.draw(st.integers(0, 255), "byte")
    bundle.write_bytes(content)
    try:
        scorer.load(bundle).row(FACTS)
    except scorer.ScorerError as e:
        assert str(e)
    finally:
        bundle.write_bytes(whole)
