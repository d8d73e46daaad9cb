"""A save of which bytes are flipped by chance is an error or a model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from saves import FACTS

import scorer


def score_flipped(model, path, data):
    """Score a model of which a few bytes of a file are changed, and change them back."""
    whole = path.read_bytes()
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4), "flips")):
        content[data.draw(st.integers(0, len(content) - 1), "place")] = data.draw(st.integers(0, 255), "byte")
    path.write_bytes(content)
    try:
        scorer.load(model).row(FACTS)
    except scorer.ScorerError as e:
        assert str(e)
    finally:
        path.write_bytes(whole)


@pytest.fixture(scope="module")
def victim(original, tmp_path_factory):
    """A copy whose files a test may change, if it changes them back."""
    return Path(shutil.copytree(original, tmp_path_factory.mktemp("flips") / "model"))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_flipped_bytes_are_an_error_or_a_model(victim, data):
    """Whatever few bytes of a save are changed, loading gives a model or a ScorerError, and scoring does no worse."""
    path = data.draw(st.sampled_from(sorted(p for p in victim.rglob("*") if p.is_file())), "file")
    score_flipped(victim, path, data)


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
    score_flipped(bundle, bundle, data)
