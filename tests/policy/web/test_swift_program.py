"""The generated function over bytes decides what the policy decides over facts, for policies of every kind."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from random import Random

import msgspec
import pytest

from policy.engine.machine import moment
from policy.engine.outcome import Outcome
from policy.log import Form
from policy.web.swift.program import compile_bytes

SCRIPT = Path(__file__).parents[2] / "fuzz" / "evaluations.py"


@pytest.fixture(scope="module")
def fuzz():
    """The script that draws policies and values, as a module."""
    spec = importlib.util.spec_from_file_location("fuzz_evaluations_of_bytes", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", range(6))
def test_random_policies_decide_alike(fuzz, seed):
    """Over random policies and facts, an outcome is that of the row, and facts are logged as the log writes them."""
    random, plain, ruled = Random(seed), 0, 0
    for _ in range(5):
        decision = fuzz.policy(random)
        form = Form.of(decision.spec.inputs, b"key")
        decide = compile_bytes(decision, dict(form.changes))
        for _ in range(200):
            now = random.choice(fuzz.EDGES["timestamp"])
            facts = {
                name: fuzz.number(random, kind) for name, kind in fuzz.TYPES.items() if random.random() < 0.9
            }
            outcome = decision.row(facts, now=now)
            found = decide(msgspec.json.encode(facts), moment(now))
            if isinstance(found, Outcome):
                assert found == outcome
                ruled += 1
            elif found is not None:
                written, number, band = found
                assert (number, band) == (outcome.score, outcome.band)
                assert outcome.by_band_alone
                assert msgspec.json.decode(msgspec.json.encode(written)) == json.loads(
                    json.dumps(outcome.facts)
                )
                plain += 1
    assert plain + ruled > 50
    assert ruled
