"""Text as Hadoop's codecs compress it."""

from __future__ import annotations

import struct
import zlib

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scorer
from scorer.textcodecs import EXTENSIONS, unfolded

NAMES = {".snappy": "snappy", ".lz4": "lz4_raw"}
TEXTS = st.binary(max_size=2000) | st.builds(lambda x, n: x * n, st.binary(max_size=20), st.integers(1, 5000))


def folded(text, extension, block, piece):
    """Write blocks of pieces, as Hadoop's stream does; sizes in bytes of text."""
    if extension == ".deflate":
        return zlib.compress(text)
    out = b""
    for at in range(0, len(text), block):
        whole = text[at : at + block]
        out += struct.pack(">I", len(whole))
        for start in range(0, len(whole), piece):
            made = pa.compress(whole[start : start + piece], NAMES[extension], asbytes=True)
            out += struct.pack(">I", len(made)) + made
    return out


@settings(max_examples=300, deadline=None)
@given(
    text=TEXTS,
    extension=st.sampled_from(EXTENSIONS),
    block=st.integers(1, 3000) | st.just(1 << 20),
    piece=st.integers(1, 3000) | st.just(1 << 18),
)
def test_what_hadoop_folds_is_unfolded(text, extension, block, piece):
    """A text in blocks and pieces of any size comes back, and no more of it than is asked for."""
    block = max(block, len(text) // 100)
    piece = max(piece, block // 20)
    content = folded(text, extension, block, piece)
    assert unfolded(content, extension, 1 << 26) == text
    assert unfolded(content, extension, 5) == text[:5]


@settings(max_examples=500, deadline=None)
@given(text=TEXTS, extension=st.sampled_from(EXTENSIONS), data=st.data())
def test_changed_bytes_are_refused_or_unfolded(text, extension, data):
    """Whatever is cut out or changed, there are bytes within the bound, or an error."""
    content = bytearray(folded(text, extension, 1000, 300))
    at = data.draw(st.integers(0, len(content)))
    content[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    try:
        assert len(unfolded(bytes(content), extension, 10_000)) <= 10_000
    except (ValueError, OSError, pa.ArrowException) as e:
        assert str(e)


def test_little_that_would_become_much_is_not_unfolded():
    """Of a file that unfolds to a gigabyte no more is made than is asked for."""
    zeros = bytes(1 << 18)
    for extension, name in NAMES.items():
        piece = pa.compress(zeros, name, asbytes=True)
        many = struct.pack(">I", 1 << 30) + (struct.pack(">I", len(piece)) + piece) * 4096
        before = pa.total_allocated_bytes()
        assert unfolded(many, extension, 1 << 20) == bytes(1 << 20)
        assert pa.total_allocated_bytes() == before
    claims = struct.pack(">II", (1 << 32) - 1, 6) + b"\xff\xff\xff\xff\x0f\x00"
    with pytest.raises(ValueError, match="as long as they claim"):
        unfolded(claims, ".snappy", 1 << 20)


@pytest.mark.parametrize("spark", ["3.5", "4.3"])
@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "deflate"])
def test_a_save_whose_text_is_compressed_is_the_same_model(goldens, codec, spark):
    """Where Spark compressed the metadata, the model is the one that it saved without."""
    path = {g.folder.name: g.model_path for g in goldens}
    plain = scorer.load(path[f"legacy_lists-{spark}"])
    assert scorer.load(path[f"text_{codec}-{spark}"]).version == plain.version
