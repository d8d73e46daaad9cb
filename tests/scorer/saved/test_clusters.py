"""What Spark and Hadoop write in other clusters is read as what they write here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from saves import INDEXER, LINEAR, loose, part

import scorer


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
