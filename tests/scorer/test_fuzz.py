"""Whatever is done to a save, it is a model or refused with a ScorerError; `make fuzz` tries many more."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "fuzz" / "saves.py"
COUNT = 250


@pytest.fixture(scope="module")
def fuzz():
    """The fuzzer's script as a module."""
    spec = importlib.util.spec_from_file_location("fuzz_saves", SCRIPT)
    module = sys.modules["fuzz_saves"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def victims(fuzz):
    """The saves to be mutated."""
    return fuzz.victims()


def test_most_classes_are_among_the_victims(victims):
    """The saves that are mutated hold nearly every class, as folders and as bundles."""
    assert len(victims) > 120
    assert sum("model.json" in victim.files for victim in victims) > 50


@pytest.mark.parametrize("start", range(0, 4 * COUNT, COUNT))
def test_a_mutated_save_is_a_model_or_refused(fuzz, victims, tmp_path, start):
    """No mutation raises anything but ScorerError or takes long, in loading, in a row or in a table."""
    came = {word for _, _, word in fuzz.mutations(COUNT, start, victims, tmp_path)}
    assert came <= {"refused", "scored", "loaded", "not written"}, came
    assert {"refused", "scored"} <= came
